//! `AtomicBool`.

use std::fmt;
use std::sync::atomic::{self as real, Ordering};

use crate::sync::atomic::methods::{fetch, methods, real};
use crate::sync::atomic::tracked::{Real, Tracked, note, note_exchange};
use jostle_core::op::OpKind;

/// See [`std::sync::atomic::AtomicBool`].
pub struct AtomicBool {
    tracked: Tracked<real::AtomicBool>,
}

real!([] real::AtomicBool, "AtomicBool", bool, |value| Some(u32::from(value)));
methods!([] AtomicBool, real::AtomicBool, bool);

impl AtomicBool {
    fetch! { real::AtomicBool, bool,
        /// Logical "and"; returns the old value.
        fetch_and,
        /// Logical "nand"; returns the old value.
        fetch_nand,
        /// Logical "or"; returns the old value.
        fetch_or,
        /// Logical "xor"; returns the old value.
        fetch_xor,
    }

    /// Negates the value; returns the old one.
    ///
    /// # Panics
    ///
    /// Outside a scenario.
    #[inline]
    #[track_caller]
    pub fn fetch_not(&self, order: Ordering) -> bool {
        let old = self.tracked.access(OpKind::Rmw).fetch_not(order);
        note::<real::AtomicBool>(old);
        old
    }
}

impl Default for AtomicBool {
    #[track_caller]
    fn default() -> AtomicBool {
        AtomicBool::new(false)
    }
}
