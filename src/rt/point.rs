//! Scheduling points, gates and waits, as primitives use them.

use jostle_core::id::{ObjectId, TaskId};
use jostle_core::kernel::{Fast, Side, Woken};
use jostle_core::op::{Op, OpKind, Site};
use jostle_core::vtime::VInstant;

use crate::rt::current::Current;
use crate::rt::object::Attached;
use crate::rt::{current, panics, switch};

/// A scheduling point before an operation that is always enabled. When it
/// returns, the caller does the operation, all of it before the next point.
pub(crate) fn point(kind: OpKind, object: ObjectId, site: Site) {
    let current = current::get(kind.name());
    let op = Op { kind, object, site };
    match current.with(|x| x.fast(|kernel| kernel.any_fast_point(op))) {
        Fast::Stay => {}
        Fast::Switch => switch::leave(current),
        Fast::Slow => slow_point(current, op),
    }
}

#[cold]
fn slow_point(current: Current, op: Op) {
    if switch::is_unwound(current) {
        return;
    }
    // A destructor that runs because its task panics is not interrupted: the
    // panic is about to be judged.
    if panics::panicking(current) {
        current.with(|x| x.pass_undecided(op));
        return;
    }
    switch::reschedule(current, |x| x.at_point(op));
}

/// As [`point`], in a destructor: it never panics. When the execution is torn
/// down meanwhile it returns, so that the destructor does its work, and the task
/// is unwound at its next point.
pub(crate) fn point_in_drop(kind: OpKind, object: ObjectId, site: Site) {
    let Some(current) = current::try_get() else {
        return;
    };
    if current.with(|x| x.kernel.is_teardown()) {
        return;
    }
    if panics::panicking(current) {
        point(kind, object, site);
        return;
    }
    switch::give_way(current, |x| x.at_point(Op { kind, object, site }));
}

/// A scheduling point before an operation that is enabled while a gate is open.
/// When it returns, the gate is open and the caller does the operation.
pub(crate) fn pass(attached: &Attached, side: Side, kind: OpKind, site: Site) {
    let current = current::get(kind.name());
    let object = attached.id;
    let op = Op { kind, object, site };
    match current.with(|x| x.fast(|kernel| kernel.fast_gate(op, side))) {
        Fast::Stay => {}
        Fast::Switch => {
            switch::leave(current);
            // Whoever is scheduled finds the gate open, unless the execution is
            // being torn down.
            if !current.with(|x| x.kernel.leave_gate(object, side)) {
                pass_slowly(current, op, side, None);
            }
        }
        Fast::Slow => {
            pass_slowly(current, op, side, None);
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
    pass_slowly(current::get(kind.name()), op, side, Some(deadline))
}

/// Returns whether the gate is open.
#[inline(never)]
fn pass_slowly(current: Current, op: Op, side: Side, deadline: Option<VInstant>) -> bool {
    loop {
        if let Some(open) = pass_at_once(current, op, side, deadline) {
            return open;
        }
        switch::reschedule(current, |x| x.at_gate(op, side, deadline));
        if switch::is_unwound(current) {
            continue;
        }
        return current.with(|x| x.kernel.leave_gate_in_time(op.object, side));
    }
}

/// What [`pass`] comes to if there is no question of waiting.
#[cold]
fn pass_at_once(current: Current, op: Op, side: Side, deadline: Option<VInstant>) -> Option<bool> {
    let is_open = || current.with(|x| x.kernel.is_open(op.object, side));
    while switch::is_unwound(current) {
        if is_open() {
            return Some(true);
        }
        if deadline.is_some() {
            return Some(false);
        }
        switch::let_others_unwind(current);
    }
    if panics::panicking(current) && is_open() {
        current.with(|x| x.pass_undecided(op));
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
        switch::skip_wait(current);
        return match deadline {
            Some(_) => Woken::TimedOut,
            None => Woken::Completed,
        };
    }
    switch::reschedule(current, |x| x.block(on, deadline));
    if switch::is_unwound(current) {
        return match deadline {
            Some(_) => Woken::TimedOut,
            None => Woken::Completed,
        };
    }
    current.with(|x| x.kernel.dequeued())
}

/// Completes the operation for which `task` waits in a queue. Returns false if
/// its deadline passed just before.
pub(crate) fn complete(task: TaskId) -> bool {
    current::get("wake").with(|x| x.kernel.complete(task))
}

/// Whether `task` waits in a queue and has been neither completed nor timed out.
pub(crate) fn is_queued(task: TaskId) -> bool {
    current::get("wait").with(|x| x.kernel.is_queued(task))
}

/// A scheduling point that lets others go first; see
/// [`OpKind::Yield`] and [`OpKind::Spin`].
#[inline]
pub(crate) fn yield_now(spin: bool, site: Site) {
    if spin {
        yield_slowly(current::get("spin"), yield_op(OpKind::Spin, site));
    } else {
        yield_fast(site);
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

fn yield_fast(site: Site) {
    let current = current::get("yield");
    let op = yield_op(OpKind::Yield, site);
    match current.with(|x| x.fast(|kernel| kernel.any_fast_point(op))) {
        Fast::Stay => {}
        Fast::Switch => switch::leave(current),
        Fast::Slow => yield_slowly(current, op),
    }
}

#[cold]
fn yield_slowly(current: Current, op: Op) {
    if switch::is_unwound(current) {
        switch::skip_wait(current);
        return;
    }
    if panics::panicking(current) {
        return;
    }
    switch::reschedule(current, |x| match op.kind {
        OpKind::Spin => x.at_spin(op),
        _ => x.at_point(op),
    });
}
