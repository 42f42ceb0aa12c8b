//! Waiting at a gate without a guard that would give it back.

use crate::rt::{self, Attached, Side};
use jostle_core::op::{OpKind, Site};

/// A scheduling point before an operation that is enabled while gate A is open.
///
/// Go's locks have no guards, so a task that is unwound when the execution is
/// torn down gives nothing back. Destructors that run after it must not wait for
/// what never comes: in a torn-down execution every gate counts as open.
pub(super) fn pass(attached: &Attached, kind: OpKind, site: Site) {
    if rt::is_teardown() {
        rt::point(kind, attached.id, site);
    } else {
        rt::pass(attached, Side::Exclusive, kind, site);
    }
}
