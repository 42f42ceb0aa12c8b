//! Keeps the values of task-local keys and destroys them when their task ends.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::rt::current::{self, Current};
use crate::rt::panics;
use crate::sanitizer;

/// The running task's value of a task-local key, if it has one.
///
/// The inner `None` means that it is being made or destroyed.
pub(crate) fn with_local<R>(
    key: usize,
    f: impl FnOnce(Option<&mut Option<Box<dyn Any>>>) -> R,
) -> R {
    current::get("thread-local").with(|x| {
        let row = &mut x.mine().locals;
        f(row.iter_mut().find(|(k, _)| *k == key).map(|(_, v)| v))
    })
}

/// Adds a value of a task-local key to the running task.
pub(crate) fn add_local(key: usize, value: Option<Box<dyn Any>>) {
    current::get("thread-local").with(|x| x.mine().locals.push((key, value)));
}

/// The first error of the two, if there is one.
pub(super) fn first_of(
    first: std::thread::Result<()>,
    second: std::thread::Result<()>,
) -> std::thread::Result<()> {
    if first.is_ok() {
        return second;
    }
    if let Err(payload) = second {
        sanitizer::outside(|| panics::discard(payload));
    }
    first
}

/// Destroys the running task's locals, in the order of first use. A value that
/// is being destroyed or has been cannot be reached any more; destructors may
/// make others, which are then destroyed in turn.
#[inline]
pub(super) fn drop_locals(current: Current) -> std::thread::Result<()> {
    if current.with(|x| x.mine().locals.is_empty()) {
        return Ok(());
    }
    drop_present_locals(current)
}

#[cold]
fn drop_present_locals(current: Current) -> std::thread::Result<()> {
    let mut result = Ok(());
    let mut at = 0;
    loop {
        let value = current.with(|x| x.mine().locals.get_mut(at).map(|l| l.1.take()));
        let Some(value) = value else { break };
        at += 1;
        let dropped = sanitizer::outside(|| catch_unwind(AssertUnwindSafe(move || drop(value))));
        result = first_of(result, dropped);
    }
    current.with(|x| x.mine().locals.clear());
    result
}
