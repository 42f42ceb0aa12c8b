//! A file with the same name as others.

use crate::tests::run::Run;
use jostle_core::id::{ObjectId, TaskId};
use jostle_core::op::OpKind::Send;
use jostle_core::op::Site;

pub(super) fn sends(run: &mut Run, task: TaskId, object: ObjectId, value: usize) {
    run.does(task, Send, object).value = u32::try_from(value).ok();
}

#[track_caller]
fn here() -> Site {
    Site::caller()
}

pub(super) fn site() -> Site {
    here()
}
