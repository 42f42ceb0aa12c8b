//! What primitives record, choose, ask and tell about tasks.

use std::any::Any;

use jostle_core::decision::ChoiceKind;
use jostle_core::id::{ObjectId, TaskId};
use jostle_core::op::{Op, OpKind, Site};

use crate::rt::{current, panics, switch};
use crate::sanitizer::Edge;

/// Records something that the running task did and that is no scheduling point.
#[inline]
pub(crate) fn event(kind: OpKind, object: ObjectId, site: Site) {
    if let Some(current) = current::try_get() {
        current.with(|x| x.kernel.event(Op { kind, object, site }));
    }
}

/// Notes a detail of the running task's last step.
#[inline]
pub(crate) fn note(value: u32) {
    if let Some(current) = current::try_get() {
        current.with(|x| x.kernel.note(value));
    }
}

/// Notes that the running task's last step could have written and did not.
#[inline]
pub(crate) fn note_futile() {
    if let Some(current) = current::try_get() {
        current.with(|x| x.kernel.note_futile());
    }
}

/// A choice of the environment among `arity` alternatives; 0 in teardown.
pub(crate) fn choose(kind: ChoiceKind, arity: u32) -> u32 {
    current::get("choice").with(|x| x.choose(kind, arity))
}

/// The running task.
#[inline]
pub(crate) fn current_task() -> TaskId {
    current::get("task").with(|x| x.kernel.current())
}

/// Whether the running task is unwinding.
#[inline]
pub(crate) fn panicking() -> bool {
    std::thread::panicking() && current::try_get().is_none_or(panics::panicking)
}

/// Whether this OS thread runs an execution.
pub(crate) fn is_inside() -> bool {
    current::try_get().is_some()
}

/// Whether the execution is being torn down: its findings are made, what runs
/// now are destructors.
pub(crate) fn is_teardown() -> bool {
    current::try_get().is_none_or(|c| c.with(|x| x.kernel.is_teardown()))
}

/// Wakes the outermost poll loop of `task` as one of its wakers would.
pub(crate) fn notify(task: TaskId) {
    current::get("wake").with(|x| {
        Edge::wake(task.0).release();
        x.kernel.wake(task, 0);
    });
}

/// The future that is being polled asks that other tasks go first before the
/// next poll.
pub(crate) fn yield_between_polls() {
    current::get("yield").with(|x| x.kernel.yield_between_polls());
}

/// In teardown: unwinds the running task or, if it is unwinding already, lets
/// another one be unwound first.
pub(crate) fn stuck() {
    let current = current::get("future");
    if switch::is_unwound(current) {
        switch::stuck(current);
    }
}

/// Whether async tasks may be cancelled at any await.
pub(crate) fn may_cancel() -> bool {
    current::get("task").with(|x| x.cancel)
}

/// Whether `task` has finished.
pub(crate) fn is_finished(task: TaskId) -> bool {
    current::get("task").with(|x| x.kernel.has_finished(task))
}

/// Whether `task` waits in a `park`.
pub(crate) fn is_parked(task: TaskId) -> bool {
    current::get("unpark").with(|x| x.kernel.is_parked(task))
}

/// In teardown: waits until `task` has been unwound, for ever if its stack had to
/// be given up.
pub(crate) fn wait_unwound(task: TaskId) {
    let current = current::get("scope");
    while !current.with(|x| x.kernel.is_finished(task)) {
        switch::stuck(current);
    }
}

/// The name the user gave to `task`.
pub(crate) fn task_name(task: TaskId) -> Option<String> {
    current::get("task").with(|x| x.kernel.record(task).name.clone())
}

/// Takes the park token of `task` if it is there.
pub(crate) fn take_token(task: TaskId) -> bool {
    let taken = current::get("park").with(|x| x.kernel.take_token(task));
    if taken {
        Edge::token(task.0).acquire();
    }
    taken
}

/// Leaves a park token for `task`.
pub(crate) fn leave_token(task: TaskId) {
    Edge::token(task.0).release();
    current::get("unpark").with(|x| x.kernel.leave_token(task));
}

/// Panics with Go's or std's words for a misuse; the finding's kind is
/// [`Kind::Misuse`](jostle_core::finding::Kind::Misuse), shown at the caller's site.
#[track_caller]
pub(crate) fn misuse(message: impl Into<String>) -> ! {
    let message = message.into();
    if is_teardown() && panicking() {
        unreachable!("primitives do not misuse themselves while a task is torn down: {message}");
    }
    std::panic::panic_any(panics::Misuse(message))
}

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
