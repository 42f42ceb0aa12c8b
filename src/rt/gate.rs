//! Opens and shuts the gates of objects and records their holders.

use jostle_core::id::TaskId;
use jostle_core::kernel::Side;
use jostle_core::op::{Op, OpKind, Site};

use crate::rt::footprint;
use crate::rt::object::Attached;
use crate::rt::point::point_in_drop;
use crate::rt::{current, panics};
use crate::sanitizer;

/// An object that is made in this thread's execution and belongs to it.
///
/// # Panics
///
/// If this thread runs none; the message names the `kind`.
#[track_caller]
pub(crate) fn new_object(kind: &'static str, site: Site) -> Attached {
    let id = current::get(kind).with(|x| x.kernel.new_object(kind, site));
    Attached::to(id)
}

/// Opens or shuts a gate of an object.
#[inline]
pub(crate) fn set_gate(attached: &Attached, side: Side, open: bool) {
    footprint::state_of(attached);
    if let Some(current) = current::try_get() {
        current.with(|x| x.kernel.set_gate(attached.id, side, open));
    }
}

/// Sets both gates of an object: the exclusive one, then the shared one.
#[inline]
pub(crate) fn set_gates(attached: &Attached, open: [bool; 2]) {
    footprint::state_of(attached);
    if let Some(current) = current::try_get() {
        current.with(|x| x.kernel.set_gates(attached.id, open));
    }
}

/// [`note`](crate::rt::note) and then [`set_gates`].
#[inline]
pub(crate) fn note_and_set_gates(attached: &Attached, value: u32, open: [bool; 2]) {
    footprint::state_of(attached);
    if let Some(current) = current::try_get() {
        current.with(|x| {
            x.kernel.note(value);
            x.kernel.set_gates(attached.id, open);
        });
    }
}

/// Whether a gate of an object is open.
#[inline]
pub(crate) fn is_open(attached: &Attached, side: Side) -> bool {
    footprint::state_of(attached);
    current::get("lock").with(|x| x.kernel.is_open(attached.id, side))
}

/// The first of the tasks that are about to pass a gate.
pub(crate) fn first_at(attached: &Attached, side: Side) -> Option<TaskId> {
    footprint::state_of(attached);
    current::get("lock").with(|x| x.kernel.first_at(attached.id, side))
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
        // Before the next operation, which is none of the race's.
        x.judge_races();
        x.kernel.is_tried(attached.id) && !x.kernel.is_teardown()
    });
    if tried && !panics::panicking(current) {
        point_in_drop(kind, attached.id, site);
    } else {
        current.with(|x| {
            x.kernel.event(Op {
                kind,
                object: attached.id,
                site,
            });
        });
    }
}

/// [`release`] and then [`give_up`] with nothing in between.
#[inline]
pub(crate) fn unlock(attached: &Attached, side: Side, kind: OpKind, site: Site) {
    let Some(current) = current::try_get() else {
        return;
    };
    let done = current.with(|x| {
        let done = !sanitizer::has_reported() && x.kernel.unlock(attached.id, side, kind, site);
        if done {
            sanitizer::let_go(attached.id.0);
        }
        done
    });
    if !done {
        release(attached, kind, site);
        give_up(attached, side);
    }
}

/// Records the holder of an object that only its holder can release.
#[inline]
pub(crate) fn set_owner(attached: &Attached, owner: Option<TaskId>) {
    footprint::state_of(attached);
    if let Some(current) = current::try_get() {
        current.with(|x| x.kernel.set_owner(attached.id, owner));
    }
}

/// The running task takes a lock: it owns the object, and the gate is shut.
#[inline]
pub(crate) fn acquire(attached: &Attached, side: Side) {
    footprint::state_of(attached);
    if let Some(current) = current::try_get() {
        current.with(|x| {
            sanitizer::hold(attached.id.0);
            x.kernel.acquire(attached.id, side);
        });
    }
}

/// The reverse of [`acquire`].
#[inline]
pub(crate) fn give_up(attached: &Attached, side: Side) {
    footprint::state_of(attached);
    if let Some(current) = current::try_get() {
        current.with(|x| {
            sanitizer::let_go(attached.id.0);
            x.kernel.give_up(attached.id, side);
        });
    }
}

/// The holder of an object that only its holder can release.
pub(crate) fn owner(attached: &Attached) -> Option<TaskId> {
    footprint::state_of(attached);
    current::get("lock").with(|x| x.kernel.owner(attached.id))
}

/// Notes that a wake-up was given while nobody waited (`missed`), or that
/// somebody has seen to it since.
pub(crate) fn set_missed(attached: &Attached, missed: bool) {
    footprint::state_of(attached);
    current::get("wake").with(|x| x.kernel.set_missed(attached.id, missed));
}

/// Notes that somebody tries to acquire the object without waiting.
pub(crate) fn set_tried(attached: &Attached) {
    current::get("lock").with(|x| x.kernel.set_tried(attached.id));
}
