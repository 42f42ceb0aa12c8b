//! Locking and unlocking for Go's guard-less locks.

use crate::rt::{self, Attached, Side};
use jostle_core::op::{OpKind, Site};

/// A scheduling point before an operation that is enabled while the exclusive gate is open.
///
/// Go's locks have no guards, so a task that is unwound when the execution is torn down
/// gives nothing back. Destructors that run after it must not wait for what never comes: in
/// a torn-down execution every gate counts as open.
pub(super) fn pass(attached: &Attached, kind: OpKind, site: Site) {
    if rt::is_teardown() {
        rt::point(kind, attached.id, site);
    } else {
        rt::pass(attached, Side::Exclusive, kind, site);
    }
}

/// The running task is about to unlock; `mine` says whether it is the one that locked. A
/// task that unlocks for another one can come too early, so when it does is a matter of
/// scheduling.
pub(super) fn release(attached: &Attached, mine: bool, site: Site) {
    if mine {
        rt::release(attached, OpKind::Unlock, site);
    } else {
        rt::point(OpKind::Unlock, attached.id, site);
    }
}
