//! Task queries, wake-ups and unwinding for primitives.

use jostle_core::id::TaskId;

use crate::rt::{current, panics, switch};
use crate::sanitizer::Edge;

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
pub(crate) fn unwind_or_wait() {
    let current = current::get("future");
    if switch::is_unwound(current) {
        switch::let_others_unwind(current);
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
        switch::let_others_unwind(current);
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
