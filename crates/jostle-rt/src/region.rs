//! Tables in memory of our own, reachable by index from safe code.
//!
//! What runs on the program's stack may neither allocate nor panic. A [`Region`] is a table
//! that is mapped once, far larger than ever needed, and whose pages the kernel supplies when
//! they are touched. Indexing cannot fail: an index beyond the end means the last element,
//! which no owner hands out (debug builds assert). A wrong index is thus a wrong answer, never
//! a wild access.

#![allow(unsafe_code)]

use core::ptr::NonNull;

use crate::raw::{self, Errno};

/// Types for which all bit patterns that they are ever given, zeros included, are values.
///
/// # Safety
///
/// All zeros is a valid value, and dropping it does nothing.
pub(crate) unsafe trait Zero: Copy {}

// SAFETY: an integer.
unsafe impl Zero for u32 {}
// SAFETY: an integer.
unsafe impl Zero for u64 {}

/// A table of `capacity` elements, all zero at first.
#[derive(Debug)]
pub(crate) struct Region<T> {
    start: NonNull<T>,
    capacity: usize,
}

impl<T: Zero> Region<T> {
    /// Reserves addresses for `capacity` elements (at least 1).
    pub(crate) fn new(capacity: usize) -> Result<Self, Errno> {
        let start = raw::map(0, (capacity * size_of::<T>()).next_multiple_of(4096))?;
        let start = NonNull::new(start.cast()).ok_or(Errno(libc::ENOMEM))?;
        Ok(Self { start, capacity })
    }

    /// How many elements there are.
    #[inline]
    pub(crate) fn capacity(&self) -> usize {
        self.capacity
    }

    /// The element at `index`.
    #[inline(always)]
    pub(crate) fn at(&self, index: usize) -> &T {
        let index = self.clamp(index);
        // SAFETY: inside the mapping, which lives as long as self; zeros are values of T.
        unsafe { &*self.start.as_ptr().add(index) }
    }

    /// The element at `index`, to change.
    #[inline(always)]
    pub(crate) fn at_mut(&mut self, index: usize) -> &mut T {
        let index = self.clamp(index);
        // SAFETY: as in `at`; `&mut self` makes the access the only one.
        unsafe { &mut *self.start.as_ptr().add(index) }
    }

    /// `length` elements from `index`; fewer where the table ends.
    #[inline]
    pub(crate) fn slice(&self, index: usize, length: usize) -> &[T] {
        let (index, length) = self.part(index, length);
        // SAFETY: `part` stays inside the mapping.
        unsafe { core::slice::from_raw_parts(self.start.as_ptr().add(index), length) }
    }

    /// `length` elements from `index`, to change; fewer where the table ends.
    #[inline]
    pub(crate) fn slice_mut(&mut self, index: usize, length: usize) -> &mut [T] {
        let (index, length) = self.part(index, length);
        // SAFETY: as in `slice`; `&mut self` makes the access the only one.
        unsafe { core::slice::from_raw_parts_mut(self.start.as_ptr().add(index), length) }
    }

    /// Makes all elements from `index` to `end` zero, and gives their pages back.
    pub(crate) fn clear(&mut self, index: usize, end: usize) {
        let (index, length) = self.part(index, end.saturating_sub(index));
        let start = self.start.as_ptr().wrapping_add(index) as usize;
        let end = start + length * size_of::<T>();
        let (inner, inner_end) = (start.next_multiple_of(4096), end & !4095);
        if inner >= inner_end {
            // SAFETY: the bytes of `length` elements of ours.
            unsafe { core::ptr::write_bytes(start as *mut u8, 0, end - start) };
            return;
        }
        // SAFETY: three parts of the same elements; the middle one is page-aligned and part
        // of the anonymous mapping that `new` made.
        unsafe {
            core::ptr::write_bytes(start as *mut u8, 0, inner - start);
            raw::discard(inner as *mut u8, inner_end - inner);
            core::ptr::write_bytes(inner_end as *mut u8, 0, end - inner_end);
        }
    }

    #[inline(always)]
    fn clamp(&self, index: usize) -> usize {
        debug_assert!(index < self.capacity, "index beyond the region");
        if index < self.capacity {
            index
        } else {
            self.capacity - 1
        }
    }

    #[inline]
    fn part(&self, index: usize, length: usize) -> (usize, usize) {
        debug_assert!(index + length <= self.capacity, "slice beyond the region");
        let index = index.min(self.capacity);
        (index, length.min(self.capacity - index))
    }
}

impl<T> Drop for Region<T> {
    fn drop(&mut self) {
        let length = (self.capacity * size_of::<T>()).next_multiple_of(4096);
        // SAFETY: the mapping of `new`, and nothing borrows from it any more.
        unsafe {
            raw::syscall6(
                libc::SYS_munmap as usize,
                self.start.as_ptr() as usize,
                length,
                0,
                0,
                0,
                0,
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_zero_until_written_and_after_clearing() {
        let mut region = Region::<u64>::new(1 << 20).expect("mapped");
        assert_eq!(*region.at(777), 0);
        for index in 100..5000 {
            *region.at_mut(index) = index as u64;
        }
        region.clear(200, 4000);
        for index in 100..5000 {
            let wanted = if (200..4000).contains(&index) {
                0
            } else {
                index as u64
            };
            assert_eq!(*region.at(index), wanted, "{index}");
        }
    }
}
