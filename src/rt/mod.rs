//! The runtime: tasks on coroutines, one at a time, under a strategy.
//!
//! - `execution`: the state of one execution, and how a decision is made.
//! - `turn`: the usual way through a scheduling point.
//! - `schedule`: the long way: posting, deciding, recording steps, gates, queues.
//! - `lifecycle`: spawning, finishing and joining tasks.
//! - `executor`: the run loop, the judgement, the teardown.
//! - `duties`: what an execution sees to besides the running task.
//! - `switch`: changing stacks from inside a task.
//! - `coroutine`: stacks; the only place that knows corosensei.
//! - `badge`: who runs on a stack, for the watchdog and signal handlers.
//! - `task`, `object`, `clock`: the tables.
//! - `current`: the execution of this OS thread.
//! - `blocks`: memory for small things.
//! - `cell`: state shared by tasks.
//! - `shared`: reference-counted cells.
//! - `waker`: wakers of tasks.
//! - `poll`: loops that poll a future.
//! - `panics`: panics of tasks.
//! - `escape`: a way out of the panic hook.
//! - `race`: data races of tasks.
//! - `record`: what was chosen and done.
//! - `footprint`: telling an exhaustive exploration what a step touches.
//! - `pulse`: signs of life for the watchdog.
//! - `foreign`: OS threads that the scenario starts behind our back.
//!
//! What primitives are built from is below: [`point`] before an operation that
//! is always enabled, [`pass`] before one that is enabled while a gate is open,
//! [`wait`] for one that another task completes, [`choose`] for the environment's
//! choices.

pub(crate) mod badge;
pub(crate) mod blocks;
pub(crate) mod cell;
pub(crate) mod clock;
pub(crate) mod coroutine;
pub(crate) mod current;
pub(crate) mod duties;
pub(crate) mod escape;
pub(crate) mod execution;
pub(crate) mod executor;
pub(crate) mod footprint;
pub(crate) mod foreign;
pub(crate) mod lifecycle;
pub(crate) mod object;
pub(crate) mod panics;
pub(crate) mod poll;
pub(crate) mod pulse;
pub(crate) mod race;
pub(crate) mod record;
pub(crate) mod schedule;
pub(crate) mod shared;
pub(crate) mod switch;
pub(crate) mod task;
pub(crate) mod turn;
pub(crate) mod waker;

#[cfg(test)]
mod tests;

pub use execution::Outcome;
pub use executor::{Executor, Plan};

pub(crate) use cell::TaskCell;
pub(crate) use clock::TimerId;
pub(crate) use lifecycle::{join, judge_panic, spawn, take_panic};
pub(crate) use object::{Attached, Handle, Side};
pub(crate) use poll::PollLoop;
pub(crate) use shared::Shared;
pub(crate) use task::Woken;

use std::any::Any;
use std::task::Waker;
use std::time::Duration;

use crate::decision::ChoiceKind;
use crate::id::{ObjectId, TaskId};
use crate::op::{Op, OpKind, Site};
use crate::rt::clock::Action;
use crate::rt::current::Current;
use crate::rt::duties::Duties;
use crate::rt::record::Marks;
use crate::rt::turn::Turn;
use crate::sanitizer::{self, Edge};
use crate::strategy::Touch;
use crate::vtime::VInstant;

/// A scheduling point before an operation that is always enabled. When it
/// returns, the caller does the operation, all of it before the next point.
pub(crate) fn point(kind: OpKind, object: ObjectId, site: Site) {
    let current = current::get(kind.name());
    let op = Op { kind, object, site };
    match any_turn(current, op) {
        Turn::Mine => {}
        Turn::Another => switch::leave(current),
        Turn::Unusual => unusual_point(current, op),
    }
}

/// The short way through a point before `op`, which is enabled.
#[inline(always)]
fn any_turn(current: Current, op: Op) -> Turn {
    current.with(|x| match x.turn(op) {
        Turn::Unusual => x.turn_in_general(op),
        usual => usual,
    })
}

#[cold]
fn unusual_point(current: Current, op: Op) {
    if switch::is_unwound(current) {
        return;
    }
    // A destructor that runs because its task panics is not interrupted: the
    // panic is about to be judged.
    if panics::panicking(current) {
        current.with(|x| {
            x.post(op);
            x.step(x.current, 0);
        });
        return;
    }
    current.with(|x| {
        x.post(op);
        x.announce(x.current);
    });
    switch::reschedule(current);
}

/// As [`point`], in a destructor: it never panics. When the execution is torn
/// down meanwhile it returns, so that the destructor does its work, and the task
/// is unwound at its next point.
pub(crate) fn point_in_drop(kind: OpKind, object: ObjectId, site: Site) {
    let Some(current) = current::try_get() else {
        return;
    };
    if current.with(|x| x.is_teardown()) {
        return;
    }
    if panics::panicking(current) {
        point(kind, object, site);
        return;
    }
    current.with(|x| {
        x.post(Op { kind, object, site });
        x.announce(x.current);
    });
    switch::give_way(current);
}

/// A scheduling point before an operation that is enabled while a gate is open.
/// When it returns, the gate is open and the caller does the operation.
pub(crate) fn pass(attached: &Attached, side: Side, kind: OpKind, site: Site) {
    let current = current::get(kind.name());
    let object = attached.id;
    let op = Op { kind, object, site };
    match current.with(|x| x.turn_at_gate(op, side)) {
        Turn::Mine => {}
        Turn::Another => {
            switch::leave(current);
            // Whoever is scheduled finds the gate open, unless the execution is
            // being torn down.
            if !current.with(|x| x.leave_gate(object, side)) {
                pass_unusually(current, op, side, None);
            }
        }
        Turn::Unusual => {
            pass_unusually(current, op, side, None);
        }
    }
}

/// As [`pass`], but waits until `deadline` at most: false means that it has passed.
///
/// While a task unwinds in a torn-down execution, a gate with a deadline counts
/// as timed out at once.
pub(crate) fn pass_until(
    attached: &Attached,
    side: Side,
    kind: OpKind,
    site: Site,
    deadline: VInstant,
) -> bool {
    let object = attached.id;
    let op = Op { kind, object, site };
    // A gate may shut again before the task is scheduled: then the deadline counts.
    pass_unusually(current::get(kind.name()), op, side, Some(deadline))
}

/// Returns whether the gate is open.
#[inline(never)]
fn pass_unusually(current: Current, op: Op, side: Side, deadline: Option<VInstant>) -> bool {
    loop {
        if let Some(open) = pass_at_once(current, op, side, deadline) {
            return open;
        }
        current.with(|x| {
            x.post(op);
            x.arrive(op.object, side, deadline);
        });
        switch::reschedule(current);
        if switch::is_unwound(current) {
            continue;
        }
        return current.with(|x| x.leave_gate_in_time(op.object, side));
    }
}

/// What [`pass`] comes to if there is no question of waiting.
#[cold]
fn pass_at_once(current: Current, op: Op, side: Side, deadline: Option<VInstant>) -> Option<bool> {
    let is_open = || current.with(|x| x.gate_mut(op.object, side).open);
    while switch::is_unwound(current) {
        if is_open() {
            return Some(true);
        }
        if deadline.is_some() {
            return Some(false);
        }
        switch::stuck(current);
    }
    if panics::panicking(current) && is_open() {
        current.with(|x| {
            x.post(op);
            x.step(x.current, 0);
        });
        return Some(true);
    }
    None
}

/// Waits in a queue until another task calls [`complete`] for this one, or until
/// `deadline`. The operation has been posted by [`point`] before.
///
/// While a task unwinds in a torn-down execution, nothing completes it any more:
/// the wait counts as timed out if it has a deadline and as completed otherwise.
pub(crate) fn wait(on: Option<TaskId>, deadline: Option<VInstant>) -> Woken {
    let current = current::get("wait");
    if switch::is_unwound(current) {
        switch::waits_unwound(current);
        return match deadline {
            Some(_) => Woken::TimedOut,
            None => Woken::Completed,
        };
    }
    current.with(|x| x.enqueue(on, deadline));
    switch::reschedule(current);
    if switch::is_unwound(current) {
        return match deadline {
            Some(_) => Woken::TimedOut,
            None => Woken::Completed,
        };
    }
    current.with(|x| x.dequeued())
}

/// Completes the operation for which `task` waits in a queue. Returns false if
/// its deadline passed just before.
pub(crate) fn complete(task: TaskId) -> bool {
    current::get("wake").with(|x| x.complete(task))
}

/// Whether `task` waits in a queue and has been neither completed nor timed out.
pub(crate) fn is_queued(task: TaskId) -> bool {
    current::get("wait").with(|x| {
        x.touch_standing(task, false);
        matches!(x.tasks[task.index()].state, task::State::Queued { .. })
    })
}

/// An object that is made in this thread's execution and belongs to it.
///
/// # Panics
///
/// If this thread runs none; the message names the `kind`.
#[track_caller]
pub(crate) fn new_object(kind: &'static str, site: Site) -> Attached {
    let id = current::get(kind).with(|x| x.new_object(kind, site));
    Attached::to(id)
}

/// Opens or shuts a gate of an object.
#[inline]
pub(crate) fn set_gate(attached: &Attached, side: Side, open: bool) {
    footprint::state_of(attached);
    if let Some(current) = current::try_get() {
        current.with(|x| x.set_gate(attached.id, side, open));
    }
}

/// Sets both gates of an object: A, then B.
#[inline]
pub(crate) fn set_gates(attached: &Attached, open: [bool; 2]) {
    footprint::state_of(attached);
    if let Some(current) = current::try_get() {
        current.with(|x| x.set_gates(attached.id, open));
    }
}

/// [`note`] and then [`set_gates`].
#[inline]
pub(crate) fn note_and_set_gates(attached: &Attached, value: u32, open: [bool; 2]) {
    footprint::state_of(attached);
    if let Some(current) = current::try_get() {
        current.with(|x| {
            x.mark(|marks| marks.note(value));
            x.set_gates(attached.id, open);
        });
    }
}

/// Whether a gate of an object is open.
#[inline]
pub(crate) fn is_open(attached: &Attached, side: Side) -> bool {
    footprint::state_of(attached);
    current::get("lock").with(|x| x.gate_mut(attached.id, side).open)
}

/// The first of the tasks that are about to pass a gate.
pub(crate) fn first_at(attached: &Attached, side: Side) -> Option<TaskId> {
    footprint::state_of(attached);
    current::get("lock").with(|x| x.gate_mut(attached.id, side).pending.first())
}

/// The running task is about to release a lock. That is a scheduling point if
/// somebody tries to acquire it without waiting, and merely recorded otherwise.
/// Called from destructors: it does not panic.
#[inline]
pub(crate) fn release(attached: &Attached, kind: OpKind, site: Site) {
    let Some(current) = current::try_get() else {
        return;
    };
    let tried = current.with(|x| {
        // While it is known what the task holds.
        x.judge_races();
        x.touch(Touch::Tried(attached.id), false);
        !x.is_teardown() && x.objects[attached.id.0 as usize].tried
    });
    if tried && !panics::panicking(current) {
        point_in_drop(kind, attached.id, site);
    } else {
        current.with(|x| x.event(kind, attached.id, site));
    }
}

/// [`release`] and then [`give_up`] with nothing in between.
#[inline]
pub(crate) fn unlock(attached: &Attached, side: Side, kind: OpKind, site: Site) {
    let Some(current) = current::try_get() else {
        return;
    };
    let done = current.with(|x| {
        x.touch(Touch::Tried(attached.id), false);
        let usual = !x.duties.has(Duties::TEARDOWN) && !sanitizer::has_reported();
        let object = &mut x.objects[attached.id.0 as usize];
        let plain = !object.tried && usual;
        if plain {
            object.owner = None;
            x.event(kind, attached.id, site);
            x.set_gate(attached.id, side, true);
        }
        plain
    });
    if !done {
        release(attached, kind, site);
        give_up(attached, side);
    }
}

/// Notes who holds an object that only its holder can release.
#[inline]
pub(crate) fn set_owner(attached: &Attached, owner: Option<TaskId>) {
    footprint::state_of(attached);
    if let Some(current) = current::try_get() {
        current.with(|x| x.objects[attached.id.0 as usize].owner = owner);
    }
}

/// The running task takes a lock: it owns the object, and the gate is shut.
#[inline]
pub(crate) fn acquire(attached: &Attached, side: Side) {
    footprint::state_of(attached);
    if let Some(current) = current::try_get() {
        current.with(|x| {
            x.objects[attached.id.0 as usize].owner = Some(x.current);
            x.set_gate(attached.id, side, false);
        });
    }
}

/// The reverse of [`acquire`].
#[inline]
pub(crate) fn give_up(attached: &Attached, side: Side) {
    footprint::state_of(attached);
    if let Some(current) = current::try_get() {
        current.with(|x| {
            x.objects[attached.id.0 as usize].owner = None;
            x.set_gate(attached.id, side, true);
        });
    }
}

/// Who holds an object that only its holder can release.
pub(crate) fn owner(attached: &Attached) -> Option<TaskId> {
    footprint::state_of(attached);
    current::get("lock").with(|x| x.objects[attached.id.0 as usize].owner)
}

/// Notes that a wake-up was given while nobody waited (`missed`), or that
/// somebody has seen to it since.
pub(crate) fn set_missed(attached: &Attached, missed: bool) {
    footprint::state_of(attached);
    current::get("wake").with(|x| x.objects[attached.id.0 as usize].missed = missed);
}

/// Notes that somebody tries to acquire the object without waiting.
pub(crate) fn set_tried(attached: &Attached) {
    current::get("lock").with(|x| {
        let tried = &mut x.objects[attached.id.0 as usize].tried;
        if !std::mem::replace(tried, true) {
            x.touch(Touch::Tried(attached.id), true);
        }
    });
}

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

/// A scheduling point that lets others go first; see
/// [`OpKind::Yield`] and [`OpKind::Spin`].
#[inline]
pub(crate) fn yield_now(spin: bool, site: Site) {
    if spin {
        yield_unusually(current::get("spin"), yield_op(OpKind::Spin, site));
    } else {
        yield_turn(site);
    }
}

#[inline]
fn yield_op(kind: OpKind, site: Site) -> Op {
    Op {
        kind,
        object: ObjectId::NONE,
        site,
    }
}

fn yield_turn(site: Site) {
    let current = current::get("yield");
    let op = yield_op(OpKind::Yield, site);
    match any_turn(current, op) {
        Turn::Mine => {}
        Turn::Another => switch::leave(current),
        Turn::Unusual => yield_unusually(current, op),
    }
}

#[cold]
fn yield_unusually(current: Current, op: Op) {
    if switch::is_unwound(current) {
        switch::waits_unwound(current);
        return;
    }
    if panics::panicking(current) {
        return;
    }
    current.with(|x| {
        x.post(op);
        if op.kind == OpKind::Spin {
            x.spin();
        } else {
            x.announce(x.current);
        }
    });
    switch::reschedule(current);
}

/// Virtual time.
pub(crate) fn now() -> VInstant {
    current::get("clock").with(|x| {
        x.touch(Touch::Clock, false);
        x.clock.now
    })
}

/// When a wait that begins now and may take `timeout` ends; `None` if that is
/// beyond the end of virtual time.
pub(crate) fn deadline(timeout: Duration) -> Option<VInstant> {
    Some(now().after(timeout)).filter(|&at| at != VInstant::NEVER)
}

/// Arms a timer that wakes a waker.
pub(crate) fn arm_waker(deadline: VInstant, waker: Waker) -> TimerId {
    arm(deadline, Action::Wake(waker))
}

/// Arms a timer that calls a function. It runs as the clock and must not block.
pub(crate) fn arm_call(deadline: VInstant, call: Box<dyn FnOnce()>) -> TimerId {
    arm(deadline, Action::Call(call))
}

/// In teardown no timer fires any more, and the next execution must not find
/// one: the action is dropped.
fn arm(deadline: VInstant, action: Action) -> TimerId {
    let current = current::get("timer");
    if current.with(|x| x.is_teardown()) {
        drop(action);
        return TimerId::STALE;
    }
    current.with(|x| x.arm(deadline, action))
}

/// Takes back a timer. Returns whether it had not fired.
pub(crate) fn disarm(timer: TimerId) -> bool {
    // What the timer would have done is user code: drop it out here.
    let action = current::try_get().and_then(|c| {
        c.with(|x| {
            x.touch(Touch::Clock, true);
            x.clock.disarm(timer)
        })
    });
    action.is_some()
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
