//! The state of `OnceLock` and of `LazyLock`: how far the initialization has got, and the
//! value.

use std::fmt;

use crate::rt::{self, Attached};
use crate::sync::once::{Once, Progress};
use crate::sync::slot::Slot;
use jostle_core::op::Site;

/// A value that is made once in each execution.
pub(super) struct OnceSlot<T> {
    /// The name of the type that consists of this, for reports.
    kind: &'static str,
    pub(super) once: Once,
    pub(super) slot: Slot<T>,
}

impl<T> OnceSlot<T> {
    /// An empty one.
    #[track_caller]
    pub(super) const fn new(kind: &'static str) -> OnceSlot<T> {
        OnceSlot {
            kind,
            once: Once::new(),
            slot: Slot::new(),
        }
    }

    #[inline]
    #[track_caller]
    pub(super) fn attach(&self) -> Attached {
        let attached = self.once.attach(self.kind);
        if attached.fresh && self.slot.start_over(&attached) {
            self.once.set(&attached, Progress::Complete);
        }
        attached
    }

    /// Puts the value of another execution out of sight, before the owner of all this looks
    /// for one.
    #[track_caller]
    pub(super) fn freshen(&mut self) {
        if rt::is_inside() {
            self.attach();
        }
    }

    /// The value, if there is one. A scheduling point only if there is none at first.
    #[inline]
    #[track_caller]
    pub(super) fn get(&self, site: Site) -> Option<&T> {
        let attached = self.attach();
        if self.once.look(&attached, site) {
            self.slot.get(&attached)
        } else {
            None
        }
    }

    /// The value, which is there.
    pub(super) fn filled(&self, attached: &Attached) -> &T {
        match self.slot.get(attached) {
            Some(value) => value,
            None => unreachable!("this is a bug in jostle: a complete {} is empty", self.kind),
        }
    }

    /// The value, if there is one, to be changed. Not a scheduling point.
    #[track_caller]
    pub(super) fn get_mut(&mut self) -> Option<&mut T> {
        self.freshen();
        self.slot.get_mut()
    }
}

impl<T: fmt::Debug> OnceSlot<T> {
    /// Shows the value within a scenario, and only that there may be one outside.
    pub(super) fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut tuple = f.debug_tuple(self.kind);
        if !rt::is_inside() {
            return tuple.finish_non_exhaustive();
        }
        match self.slot.get(&self.attach()) {
            Some(value) => tuple.field(value),
            None => tuple.field(&format_args!("<uninit>")),
        };
        tuple.finish()
    }
}
