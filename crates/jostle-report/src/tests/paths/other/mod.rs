//! A file with the same name as others.

use crate::id::{ObjectId, TaskId};
use crate::op::OpKind::Send;
use crate::op::Site;
use crate::report::tests::run::Run;

pub(super) fn sends(run: &mut Run, task: TaskId, object: ObjectId, value: usize) {
    run.does(task, Send, object).value = u32::try_from(value).ok();
}

#[track_caller]
fn here() -> Site {
    std::panic::Location::caller()
}

pub(super) fn site() -> Site {
    here()
}
