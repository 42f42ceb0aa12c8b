//! What primitives record, choose, ask and tell about tasks.

use std::any::Any;

use crate::decision::ChoiceKind;
use crate::id::{ObjectId, TaskId};
use crate::op::{OpKind, Site};
use crate::rt::record::Marks;
use crate::rt::{current, panics, switch, task};
use crate::sanitizer::Edge;

/// Records something that the running task did and that is no scheduling point.
#[inline]
pub(crate) fn event(kind: OpKind, object: ObjectId, site: Site) {
    if let Some(current) = current::try_get() {
        current.with(|x| x.event(kind, object, site));
    }
}

/// Notes a detail of the running task's last step.
#[inline]
pub(crate) fn note(value: u32) {
    mark(|marks| marks.note(value));
}

/// Notes that the running task's last step could have written and did not.
#[inline]
pub(crate) fn note_futile() {
    mark(Marks::note_futile);
}

#[inline]
fn mark(set: impl FnOnce(&mut Marks)) {
    if let Some(current) = current::try_get() {
        current.with(|x| x.mark(set));
    }
}

/// A choice of the environment among `arity` alternatives; 0 in teardown.
pub(crate) fn choose(kind: ChoiceKind, arity: u32) -> u32 {
    let current = current::get("choice");
    current.with(|x| match x.is_teardown() {
        false => x.choose(kind, arity),
        true => 0,
    })
}

/// The running task.
#[inline]
pub(crate) fn current_task() -> TaskId {
    current::get("task").with(|x| x.current)
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
    current::try_get().is_none_or(|c| c.with(|x| x.is_teardown()))
}

/// Wakes the outermost poll loop of `task` as one of its wakers would.
pub(crate) fn notify(task: TaskId) {
    current::get("wake").with(|x| x.notify(task, 0));
}

/// The future that is being polled asks that other tasks go first before the
/// next poll.
pub(crate) fn yield_between_polls() {
    current::get("yield").with(|x| {
        let me = x.current;
        x.tasks[me.index()].yielded = true;
    });
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
    current::get("task").with(|x| {
        x.touch_standing(task, false);
        x.tasks[task.index()].is_finished()
    })
}

/// Whether `task` waits in a `park`.
pub(crate) fn is_parked(task: TaskId) -> bool {
    current::get("unpark").with(|x| {
        x.touch_standing(task, false);
        matches!(x.tasks[task.index()].state, task::State::Queued { .. })
            && x.view.tasks[task.index()].op.kind == OpKind::Park
    })
}

/// In teardown: waits until `task` has been unwound, for ever if its stack had to
/// be given up.
pub(crate) fn wait_unwound(task: TaskId) {
    let current = current::get("scope");
    while !current.with(|x| x.tasks[task.index()].is_finished()) {
        switch::stuck(current);
    }
}

/// The name the user gave to `task`.
pub(crate) fn task_name(task: TaskId) -> Option<String> {
    current::get("task").with(|x| x.tasks[task.index()].name.clone())
}

/// Takes the park token of `task` if it is there.
pub(crate) fn take_token(task: TaskId) -> bool {
    let taken = current::get("park").with(|x| {
        x.touch_standing(task, true);
        std::mem::take(&mut x.tasks[task.index()].parked_token)
    });
    if taken {
        Edge::token(task.0).acquire();
    }
    taken
}

/// Leaves a park token for `task`.
pub(crate) fn leave_token(task: TaskId) {
    Edge::token(task.0).release();
    current::get("unpark").with(|x| {
        x.touch_standing(task, true);
        x.tasks[task.index()].parked_token = true;
    });
}

/// Panics with Go's or std's words for a misuse; the finding's kind is
/// [`Kind::Misuse`](crate::finding::Kind::Misuse), shown at the caller's site.
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
        let me = x.current;
        let row = &mut x.tasks[me.index()].locals;
        f(row.iter_mut().find(|(k, _)| *k == key).map(|(_, v)| v))
    })
}

/// Adds a value of a task-local key to the running task.
pub(crate) fn add_local(key: usize, value: Option<Box<dyn Any>>) {
    current::get("thread-local").with(|x| {
        let me = x.current;
        x.tasks[me.index()].locals.push((key, value));
    });
}
