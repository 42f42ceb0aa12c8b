//! Changes stacks from inside a task, and unwinds a task that is resumed during teardown.
//!
//! A task that leaves resumes the next one itself, as its *host*, and returns to its own host
//! only if the next task is beneath it:
//!
//! ```text
//!   run loop ─> t1 ─> t3 ─> t2      t2 leaves, and t1 is next:
//!   run loop ─> t1                  t2 goes back to t3, and t3 to t1
//!   run loop ─> t1 ─> t2            t1 leaves, and t2 is next
//! ```
//!
//! So two tasks that take turns cost one change of stacks each time, where the run loop would
//! cost two. With more tasks it is at most two on average, since no task returns more often than
//! it was resumed. Once the execution stops, all of them return, so that no task hosts during
//! teardown.

#![allow(unsafe_code)]

use jostle_core::id::TaskId;
use jostle_core::kernel::Next;

use crate::rt::coroutine::{Resumed, Worker};
use crate::rt::current::Current;
use crate::rt::execution::Execution;
use crate::rt::panics::{self, Teardown};
use crate::sanitizer;

/// With more runnable tasks than this, a task that leaves does not become a host: the next
/// task is hardly ever beneath it then, so that hosting saves few changes of stacks, and a
/// host has more to do than the run loop.
pub(super) const MAX_RUNNABLE_TO_HOST: u32 = 256;

/// Has `decide` choose the next task and runs it; returns when it is this task's turn.
#[inline(always)]
pub(crate) fn reschedule(current: Current, decide: impl FnOnce(&mut Execution)) {
    if give_way(current, decide) {
        returned(current);
    }
}

/// As [`reschedule`], but leaves it to the caller to see that the execution is
/// being torn down. Returns whether another task ran.
#[inline]
pub(crate) fn give_way(current: Current, decide: impl FnOnce(&mut Execution)) -> bool {
    let stay = current.with(|x| {
        decide(x);
        x.next() == Next::Run(x.kernel.current())
    });
    if !stay {
        suspend_any(current);
    }
    !stay
}

/// Runs the next task, which is another one; returns when it is this task's turn. This task
/// is not unwinding.
#[inline(never)]
pub(crate) fn leave(current: Current) {
    suspend_inline(current);
    returned(current);
}

/// As [`leave`], but leaves it to the caller to see that the execution is being
/// torn down.
#[inline(never)]
pub(crate) fn suspend(current: Current) {
    suspend_inline(current);
}

/// Runs the next task, also if this one is unwinding; returns when this one is resumed.
#[inline(never)]
pub(crate) fn suspend_any(current: Current) {
    if panics::panicking(current) {
        return suspend_unwinding(current);
    }
    suspend(current);
}

#[inline(always)]
fn suspend_inline(current: Current) {
    if current.with(|x| x.kernel.runnable_count() > MAX_RUNNABLE_TO_HOST) {
        return go_back(current);
    }
    let _inside = sanitizer::inside();
    let (me, link, label) = current.with(|x| (x.kernel.current(), x.link, x.status.label()));
    loop {
        let guest = match current.with(|x| x.next()) {
            Next::Run(task) if task == me => return,
            Next::Run(task) if !current.with(|x| x.tasks[task.index()].hosts) => task,
            Next::Run(_) | Next::Stop(_) | Next::Over => return go_back(current),
        };
        current.with(|x| x.tasks[me.index()].hosts = true);
        resume(current, guest);
        current.with(|x| {
            x.tasks[me.index()].hosts = false;
            x.kernel.set_current(me);
            x.link = link;
            x.status.set_label(label);
        });
    }
}

/// Runs `task` until it suspends or ends.
#[inline(always)]
pub(super) fn resume(current: Current, task: TaskId) {
    let worker: Option<*mut Worker> = current.with(|x| {
        let worker = x.tasks[task.index()].worker.as_deref_mut()?;
        x.kernel.set_current(task);
        x.link = worker.link();
        x.status.set_label(Some(worker.label()));
        Some(worker as *mut Worker)
    });
    let Some(worker) = worker else {
        return current.with(|x| x.start_clock(task));
    };
    // SAFETY: As below.
    unsafe { (*worker).serve(task) };
    // SAFETY: The worker is boxed and stays in its row until it is done, which
    // only this function notices. While it runs, or hosts another one, others read
    // its link through a shared pointer to another allocation; nobody touches the
    // worker itself, since a task that runs or hosts is not resumed.
    if unsafe { (*worker).resume() } == Resumed::Done {
        current.with(|x| x.retire(task));
    }
}

/// Goes back to whoever resumed this task, which runs the next one; returns when this one
/// is resumed.
#[inline(always)]
fn go_back(current: Current) {
    let _inside = sanitizer::inside();
    let link = current.with(|x| x.link);
    // SAFETY: `resume` set `link` when it resumed the running task, and `suspend_inline` set
    // it again after each guest, so that it belongs to the worker on whose stack this
    // code runs. The worker is not dropped while its job is suspended.
    unsafe { (*link).suspend() };
}

/// As [`suspend_any`] for a task that is unwinding, of which the others have to know;
/// see [`panics::panicking`]. It is no host: its stack may have to be given up.
#[cold]
fn suspend_unwinding(current: Current) {
    let me = current.with(|x| {
        x.mine().unwinding = true;
        x.kernel.current()
    });
    go_back(current);
    current.with(|x| x.tasks[me.index()].unwinding = false);
}

/// Whether this execution is being torn down and the running task is unwinding
/// already, so that it must neither wait for anybody nor panic.
///
/// Unwinds the task if the execution is being torn down and it is not.
#[inline]
pub(crate) fn is_unwound(current: Current) -> bool {
    if current.with(|x| x.kernel.is_undisturbed()) {
        return false;
    }
    current.with(|x| x.kernel.is_teardown()) && unwind_or_go_on(current)
}

#[inline]
fn returned(current: Current) {
    if current.with(|x| x.kernel.is_teardown()) {
        unwind_or_go_on(current);
    }
}

/// How often a task that catches the unwinding and goes on is unwound again; then its stack
/// is given up.
const MAX_UNWINDS: u32 = 100;

/// How many operations the destructors of a task may do without a pause, and how many of
/// those may be waits. Nothing makes a task wait in teardown, so more of them are taken for
/// a loop that waits for another task, which may have to be unwound first.
const DESTRUCTOR_LIMITS: (u32, u32) = (10_000, 10);

#[cold]
fn unwind_or_go_on(current: Current) -> bool {
    // Not `std::thread::panicking`: this OS thread is also panicking while some
    // other task is suspended in the middle of its unwinding.
    if panics::panicking(current) {
        let exceeded = current.with(|x| {
            x.destructor_ops.0 += 1;
            x.destructor_ops.0 > DESTRUCTOR_LIMITS.0
        });
        if exceeded {
            let_others_unwind(current);
        }
        return true;
    }
    let exceeded = current.with(|x| {
        x.unwinds += 1;
        x.unwinds > MAX_UNWINDS
    });
    if exceeded {
        loop {
            let_others_unwind(current);
        }
    }
    panics::unwinds();
    std::panic::resume_unwind(Box::new(Teardown));
}

/// In teardown: a destructor of the running task skips a wait. Such an operation holds no
/// lock, so that others can go on during a pause.
#[cold]
pub(crate) fn skip_wait(current: Current) {
    let exceeded = current.with(|x| {
        x.destructor_ops.1 += 1;
        x.destructor_ops.1 > DESTRUCTOR_LIMITS.1
    });
    if exceeded {
        let_others_unwind(current);
    }
}

/// In teardown: the running task cannot go on before another one has been unwound, and
/// lets that happen.
#[cold]
pub(crate) fn let_others_unwind(current: Current) {
    current.with(|x| x.cannot_go_on = true);
    suspend_any(current);
}
