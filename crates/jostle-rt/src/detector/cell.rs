//! One shadow cell: what is known of eight bytes of the program, in 32 bytes.
//!
//! A cell holds the last write and the reads since (FastTrack, Flanagan and Freund, PLDI'09),
//! for a *group*: those of the eight bytes that have one common history, a bit mask. A granule
//! whose bytes have several histories is *split*: its cell then refers to eight groups
//! elsewhere. A write that covers all groups makes one of them again.
//!
//! | word | bits 63..56 | 55..48 | 47..0 |
//! | --- | --- | --- | --- |
//! | `w` | tag of the chunk | (same) | epoch of the last write, or number of the split |
//! | `r` | mask | flags | epoch of the last read, or number of a set of reads |
//! | `wpc` | | act | where the last write was |
//! | `rpc` | | | where the last read was |
//!
//! An epoch is `slot << 32 | clock`; clocks start at 1, so that 0 means none. Atomic
//! operations are not in the cell: a flag says that the table of atomics has some.

use super::report::{Access, Act};
use super::{Slot, sets::Past};
use crate::region::Zero;

/// The groups are elsewhere.
pub(super) const SPLIT: u64 = 1 << 48;
/// `r` names a set of reads.
pub(super) const SHARED: u64 = 1 << 49;
/// Atomic operations begin in this granule.
pub(super) const ATOMIC: u64 = 1 << 50;
/// An atomic operation that begins in the granule before reaches into this one.
pub(super) const ATOMIC_TAIL: u64 = 1 << 51;
/// The memory is freed; the last write is the deallocation.
pub(super) const FREED: u64 = 1 << 52;
/// The last write is the allocation. Keeps the first write off the fastest path, so that its
/// place is recorded.
pub(super) const FRESH: u64 = 1 << 53;

pub(super) const LOW: u64 = (1 << 48) - 1;
pub(super) const TAG: u64 = !LOW;
const FLAGS: u64 = 0xff << 48;

/// See the module.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub(super) struct Cell {
    pub(super) w: u64,
    pub(super) r: u64,
    pub(super) wpc: u64,
    pub(super) rpc: u64,
}

/// Bit mask of `size` bytes from byte `offset` of a granule.
#[inline(always)]
pub(super) fn mask_of(offset: usize, size: usize) -> u8 {
    ((0xff_u32 >> (8 - size as u32)) << offset as u32) as u8
}

/// The slot of an epoch.
#[inline(always)]
pub(super) fn slot_of(epoch: u64) -> usize {
    (epoch >> 32) as usize & 0x3ff
}

/// An epoch and a place in the form of reports.
pub(super) fn access(epoch: u64, pc: u64, act: Act) -> Access {
    Access {
        slot: slot_of(epoch) as Slot,
        clock: epoch as u32,
        pc: (pc & LOW) as usize,
        act,
    }
}

impl Cell {
    /// The epoch of the last write; 0 if there was none.
    #[inline(always)]
    pub(super) fn write_epoch(&self) -> u64 {
        self.w & LOW
    }

    /// The bytes that the cell speaks of.
    #[inline(always)]
    pub(super) fn mask(&self) -> u8 {
        (self.r >> 56) as u8
    }

    #[inline(always)]
    pub(super) fn set_mask(&mut self, mask: u8) {
        self.r = self.r & !(0xff << 56) | u64::from(mask) << 56;
    }

    #[inline(always)]
    pub(super) fn has(&self, flag: u64) -> bool {
        self.r & flag != 0
    }

    #[inline(always)]
    pub(super) fn flags(&self) -> u64 {
        self.r & FLAGS
    }

    /// The same history under another tag.
    #[inline(always)]
    pub(super) fn tagged(mut self, tag: u64) -> Self {
        self.w = self.write_epoch() | tag;
        self
    }

    /// The last write in the form of reports.
    pub(super) fn last_write(&self) -> Access {
        let act = match self.wpc >> 48 {
            1 => Act::Allocate,
            2 => Act::Free,
            _ => Act::Write,
        };
        access(self.write_epoch(), self.wpc, act)
    }

    /// Makes `epoch` the last write and forgets the reads. Mask and flags of atomics stay.
    #[inline(always)]
    pub(super) fn set_write(&mut self, epoch: u64, pc: u64, act: Act) {
        self.w = self.w & TAG | epoch;
        self.r &= 0xff << 56 | ATOMIC | ATOMIC_TAIL;
        let act = match act {
            Act::Allocate => 1,
            Act::Free => 2,
            _ => 0_u64,
        };
        self.wpc = pc & LOW | act << 48;
    }

    /// The reads since the last write.
    #[inline(always)]
    pub(super) fn reads(&self) -> Past {
        Past::new(self.r & LOW, self.has(SHARED), self.rpc)
    }

    #[inline(always)]
    pub(super) fn set_reads(&mut self, past: Past) {
        self.r = self.r & !(LOW | SHARED) | past.value();
        if past.is_set() {
            self.r |= SHARED;
        }
        self.rpc = past.pc();
    }
}

#[expect(unsafe_code, reason = "the marker for types that a region may hold")]
mod zero {
    use super::{Cell, Zero};
    // SAFETY: four integers.
    unsafe impl Zero for Cell {}
}
