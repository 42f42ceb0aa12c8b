//! `AtomicPtr`.

use std::fmt;
use std::ptr;
use std::sync::atomic::{self as real, Ordering};

use crate::sync::atomic::methods::{methods, real};
use crate::sync::atomic::tracked::{Real, Tracked, note, note_exchange};
use jostle_core::op::OpKind;

/// See [`std::sync::atomic::AtomicPtr`].
pub struct AtomicPtr<T> {
    tracked: Tracked<real::AtomicPtr<T>>,
}

// An address is another one in every process, so no trace may hold it.
real!([<T>] real::AtomicPtr<T>, "AtomicPtr", *mut T, |_| None);
methods!([<T>] AtomicPtr<T>, real::AtomicPtr<T>, *mut T);

/// The ordering of the load in a read-modify-write operation with `order`.
fn load_part(order: Ordering) -> Ordering {
    match order {
        Ordering::Release => Ordering::Relaxed,
        Ordering::AcqRel => Ordering::Acquire,
        order => order,
    }
}

impl<T> AtomicPtr<T> {
    /// One read-modify-write operation. It is a compare-exchange, since std has
    /// the arithmetic of pointers only in versions newer than ours; nobody comes
    /// in between.
    #[track_caller]
    fn modify(&self, order: Ordering, f: impl Fn(*mut T) -> *mut T) -> *mut T {
        let real = self.tracked.access(OpKind::Rmw);
        let updated = real.fetch_update(order, load_part(order), |p| Some(f(p)));
        updated.unwrap_or_else(|seen| seen)
    }

    /// Moves the pointer on by `val` elements; returns the old one.
    ///
    /// # Panics
    ///
    /// Outside a scenario.
    #[track_caller]
    pub fn fetch_ptr_add(&self, val: usize, order: Ordering) -> *mut T {
        self.modify(order, |p| p.wrapping_add(val))
    }

    /// Moves the pointer back by `val` elements; returns the old one.
    ///
    /// # Panics
    ///
    /// Outside a scenario.
    #[track_caller]
    pub fn fetch_ptr_sub(&self, val: usize, order: Ordering) -> *mut T {
        self.modify(order, |p| p.wrapping_sub(val))
    }

    /// Moves the pointer on by `val` bytes; returns the old one.
    ///
    /// # Panics
    ///
    /// Outside a scenario.
    #[track_caller]
    pub fn fetch_byte_add(&self, val: usize, order: Ordering) -> *mut T {
        self.modify(order, |p| p.wrapping_byte_add(val))
    }

    /// Moves the pointer back by `val` bytes; returns the old one.
    ///
    /// # Panics
    ///
    /// Outside a scenario.
    #[track_caller]
    pub fn fetch_byte_sub(&self, val: usize, order: Ordering) -> *mut T {
        self.modify(order, |p| p.wrapping_byte_sub(val))
    }

    /// Bitwise "or" on the address; returns the old pointer.
    ///
    /// # Panics
    ///
    /// Outside a scenario.
    #[track_caller]
    pub fn fetch_or(&self, val: usize, order: Ordering) -> *mut T {
        self.modify(order, |p| p.map_addr(|a| a | val))
    }

    /// Bitwise "and" on the address; returns the old pointer.
    ///
    /// # Panics
    ///
    /// Outside a scenario.
    #[track_caller]
    pub fn fetch_and(&self, val: usize, order: Ordering) -> *mut T {
        self.modify(order, |p| p.map_addr(|a| a & val))
    }

    /// Bitwise "xor" on the address; returns the old pointer.
    ///
    /// # Panics
    ///
    /// Outside a scenario.
    #[track_caller]
    pub fn fetch_xor(&self, val: usize, order: Ordering) -> *mut T {
        self.modify(order, |p| p.map_addr(|a| a ^ val))
    }
}

impl<T> Default for AtomicPtr<T> {
    #[track_caller]
    fn default() -> AtomicPtr<T> {
        AtomicPtr::new(ptr::null_mut())
    }
}

impl<T> fmt::Pointer for AtomicPtr<T> {
    /// Not a scheduling point.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Pointer::fmt(&self.tracked.peek(), f)
    }
}
