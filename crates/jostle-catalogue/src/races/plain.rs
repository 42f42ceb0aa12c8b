//! Plain memory that claims to be shareable, and is not.

#![allow(unsafe_code)]

use std::cell::UnsafeCell;
use std::sync::Arc;

/// A cell that any task may read and write at any time.
///
/// TSan keeps the last four accesses to each eight bytes, which this one shares with
/// nobody: else whether it still knows of a race would be a matter of chance.
#[repr(align(8))]
pub(super) struct Plain<T>(UnsafeCell<T>);

// SAFETY: None, which is the bug of the scenarios. Those that are sound order their
// accesses by other means.
unsafe impl<T> Sync for Plain<T> {}

impl<T: Copy> Plain<T> {
    pub(super) const fn new(value: T) -> Plain<T> {
        Plain(UnsafeCell::new(value))
    }

    pub(super) fn shared(value: T) -> Arc<Plain<T>> {
        Arc::new(Plain::new(value))
    }

    // Never inlined: where a write follows in the same block, the compiler has only the
    // write looked at, and which blocks there are depends on its flags. The same race would
    // be another one in another build.
    #[inline(never)]
    pub(super) fn get(&self) -> T {
        // SAFETY: No reference to the inside is ever given out. That no other task
        // writes meanwhile is for the scenario to see to, or not.
        unsafe { *self.0.get() }
    }

    #[inline(never)]
    pub(super) fn set(&self, value: T) {
        // SAFETY: As in `get`.
        unsafe { *self.0.get() = value }
    }
}
