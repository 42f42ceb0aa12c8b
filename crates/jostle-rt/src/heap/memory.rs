//! The bytes of the arena: what the heap itself reads and writes of the program's memory.

#![allow(unsafe_code)]

use core::ops::Range;

use crate::raw::{self, Errno};

/// Pages that are freed in one piece of at least this size go back to the kernel.
pub(super) const LARGE: usize = 1 << 18;

/// A mapping of its own at a fixed address, never unmapped but with the heap.
#[derive(Debug)]
pub(super) struct Memory {
    base: usize,
    size: usize,
}

impl Memory {
    pub(super) fn new(base: usize, size: usize) -> Result<Self, Errno> {
        let base = raw::map(base, size)? as usize;
        Ok(Self { base, size })
    }

    pub(super) fn range(&self) -> Range<usize> {
        self.base..self.base + self.size
    }

    fn holds(&self, at: usize, length: usize) -> bool {
        at >= self.base && at - self.base <= self.size && length <= self.base + self.size - at
    }

    pub(super) fn read(&self, at: usize) -> Option<usize> {
        // SAFETY: aligned and inside the mapping. Program and heap run on one kernel thread.
        (self.holds(at, 8) && at & 7 == 0).then(|| unsafe { (at as *const usize).read() })
    }

    pub(super) fn write(&mut self, at: usize, value: usize) {
        if self.holds(at, 8) && at & 7 == 0 {
            // SAFETY: as in `read`; the callers write in front of blocks only.
            unsafe { (at as *mut usize).write(value) };
        }
    }

    pub(super) fn zero(&mut self, at: usize, length: usize) {
        if self.holds(at, length) {
            // SAFETY: inside the mapping, in a block that the program does not have yet.
            unsafe { core::ptr::write_bytes(at as *mut u8, 0, length) };
        }
    }

    /// Copies between two blocks, which do not overlap.
    pub(super) fn copy(&mut self, from: usize, to: usize, length: usize) {
        if self.holds(from, length) && self.holds(to, length) {
            // SAFETY: inside the mapping, in two different blocks.
            unsafe {
                core::ptr::copy_nonoverlapping(from as *const u8, to as *mut u8, length);
            }
        }
    }

    /// Gives the whole pages of a range back; they are zero afterwards.
    pub(super) fn discard(&mut self, from: usize, to: usize) {
        let (from, to) = (from.next_multiple_of(4096), to & !4095);
        if from < to && self.holds(from, to - from) {
            // SAFETY: pages of our own anonymous mapping that belong to no live block.
            unsafe { raw::discard(from as *mut u8, to - from) };
        }
    }
}

/// The word at an address outside the arena.
///
/// # Safety
///
/// Eight readable bytes, aligned.
pub(super) unsafe fn word(at: usize) -> usize {
    // SAFETY: answered for by the caller. Volatile: these are the program's variables.
    unsafe { (at as *const usize).read_volatile() }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: the mapping of `new`.
        unsafe { raw::syscall6(libc::SYS_munmap as usize, self.base, self.size, 0, 0, 0, 0) };
    }
}
