//! Accesses of which none is ordered before another: mostly one, sometimes a set.
//!
//! FastTrack keeps one epoch while accesses are ordered, and a vector when they are not. Here
//! the vector is a list of epochs with their places, as long as there are threads that took
//! part: a program with a thousand threads does not pay for them at locations that two share.
//! Adding an access removes those it is ordered after, since whoever is ordered after the
//! new one is ordered after them, too. A list has thus at most one entry for each slot.

use super::cell::LOW;
use crate::raw::Errno;
use crate::region::{Region, Zero};

const SET: u64 = 1 << 63;

/// No access, one (its epoch and place), or a set of them (its number).
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(super) struct Past {
    value: u64,
    pc: u64,
}

impl Past {
    #[inline(always)]
    pub(super) fn new(value: u64, set: bool, pc: u64) -> Self {
        Self {
            value: if set { value | SET } else { value },
            pc,
        }
    }

    #[inline(always)]
    pub(super) fn is_set(self) -> bool {
        self.value & SET != 0
    }

    /// Epoch or number of the set.
    #[inline(always)]
    pub(super) fn value(self) -> u64 {
        self.value & LOW
    }

    #[inline(always)]
    pub(super) fn pc(self) -> u64 {
        self.pc
    }
}

/// An entry of a set, or its head: `epoch` is then the length, `pc` the size class, or the
/// next free set.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(super) struct Entry {
    pub(super) epoch: u64,
    pub(super) pc: u64,
}

#[expect(unsafe_code, reason = "the marker for types that a region may hold")]
mod zero {
    use super::{Entry, Past, Zero};
    // SAFETY: two integers.
    unsafe impl Zero for Entry {}
    // SAFETY: two integers.
    unsafe impl Zero for Past {}
}

/// All sets of an execution. A set of class `c` has room for `4 << c` entries after its head.
#[derive(Debug)]
pub(super) struct Sets {
    entries: Region<Entry>,
    top: usize,
    free: [usize; CLASSES],
    /// There was no room left: what is noted is lost.
    pub(super) full: bool,
}

const CLASSES: usize = 10;

impl Sets {
    pub(super) fn new() -> Result<Self, Errno> {
        let entries = Region::new(1 << 28)?;
        Ok(Self {
            entries,
            top: 1,
            free: [0; CLASSES],
            full: false,
        })
    }

    pub(super) fn reset(&mut self) {
        if self.top > 1 << 20 {
            self.entries.clear(0, self.top);
        }
        self.top = 1;
        self.free = [0; CLASSES];
        self.full = false;
    }

    /// An access of `past` that `known` does not hold of.
    #[inline]
    pub(super) fn unordered(&self, past: Past, known: impl Fn(u64) -> bool) -> Option<Entry> {
        if !past.is_set() {
            let one = Entry {
                epoch: past.value,
                pc: past.pc,
            };
            return (past.value != 0 && !known(past.value)).then_some(one);
        }
        self.list(past.value())
            .iter()
            .find(|entry| !known(entry.epoch))
            .copied()
    }

    /// `past` with an access added, and without those that `known` holds of.
    #[inline]
    pub(super) fn add(
        &mut self,
        past: Past,
        epoch: u64,
        pc: u64,
        known: impl Fn(u64) -> bool,
    ) -> Past {
        if past.value == epoch {
            return past;
        }
        if past.value == 0 || !past.is_set() && known(past.value) {
            return Past { value: epoch, pc };
        }
        self.add_to_set(past, epoch, pc, known)
    }

    fn add_to_set(&mut self, past: Past, epoch: u64, pc: u64, known: impl Fn(u64) -> bool) -> Past {
        if !past.is_set() {
            let Some(set) = self.take(0) else { return past };
            *self.entries.at_mut(set + 1) = Entry {
                epoch: past.value,
                pc: past.pc,
            };
            *self.entries.at_mut(set + 2) = Entry { epoch, pc };
            self.entries.at_mut(set).epoch = 2;
            return Past {
                value: set as u64 | SET,
                pc: 0,
            };
        }
        let set = past.value() as usize;
        let Entry {
            epoch: length,
            pc: class,
        } = *self.entries.at(set);
        let mut kept = 0;
        for index in 0..length as usize {
            let entry = *self.entries.at(set + 1 + index);
            if entry.epoch == epoch {
                return past;
            }
            if !known(entry.epoch) {
                kept += 1;
                *self.entries.at_mut(set + kept) = entry;
            }
        }
        if kept == 0 {
            self.give(set);
            return Past { value: epoch, pc };
        }
        let mut target = set;
        if kept == 4 << class {
            let Some(larger) = self.take(class as usize + 1) else {
                return past;
            };
            for index in 1..=kept {
                *self.entries.at_mut(larger + index) = *self.entries.at(set + index);
            }
            self.give(set);
            target = larger;
        }
        *self.entries.at_mut(target + kept + 1) = Entry { epoch, pc };
        self.entries.at_mut(target).epoch = kept as u64 + 1;
        Past {
            value: target as u64 | SET,
            pc: 0,
        }
    }

    /// A copy, for a second cell with the same history.
    pub(super) fn copy(&mut self, past: Past) -> Past {
        if !past.is_set() {
            return past;
        }
        let set = past.value() as usize;
        let Entry {
            epoch: length,
            pc: class,
        } = *self.entries.at(set);
        let Some(other) = self.take(class as usize) else {
            return Past::default();
        };
        self.entries.at_mut(other).epoch = length;
        for index in 1..=length as usize {
            *self.entries.at_mut(other + index) = *self.entries.at(set + index);
        }
        Past {
            value: other as u64 | SET,
            pc: 0,
        }
    }

    /// Gives back the storage of a set that nothing refers to any more.
    #[inline]
    pub(super) fn forget(&mut self, past: Past) {
        if past.is_set() {
            self.give(past.value() as usize);
        }
    }

    /// How many entries there is room for.
    #[cfg(test)]
    pub(super) fn in_use(&self) -> usize {
        self.top
    }

    fn list(&self, set: u64) -> &[Entry] {
        let length = self.entries.at(set as usize).epoch as usize;
        self.entries.slice(set as usize + 1, length)
    }

    fn take(&mut self, class: usize) -> Option<usize> {
        let Some(free) = self.free.get_mut(class) else {
            self.full = true;
            return None;
        };
        let mut set = *free;
        if set != 0 {
            *free = self.entries.at(set).epoch as usize;
        } else {
            let room = (4 << class) + 1;
            if self.top + room >= self.entries.capacity() {
                self.full = true;
                return None;
            }
            set = self.top;
            self.top += room;
        }
        *self.entries.at_mut(set) = Entry {
            epoch: 0,
            pc: class as u64,
        };
        Some(set)
    }

    fn give(&mut self, set: usize) {
        let class = self.entries.at(set).pc as usize;
        if let Some(free) = self.free.get_mut(class) {
            let next = core::mem::replace(free, set);
            self.entries.at_mut(set).epoch = next as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_grows_keeps_the_unordered_and_collapses() {
        let mut sets = Sets::new().expect("mapped");
        let mut past = Past::default();
        for slot in 0..1000_u64 {
            past = sets.add(past, slot << 32 | 1, slot, |_| false);
        }
        for slot in 0..1000_u64 {
            let other = sets
                .unordered(past, |epoch| epoch >> 32 != slot)
                .expect("kept");
            assert_eq!((other.epoch, other.pc), (slot << 32 | 1, slot));
        }
        let half = sets.add(past, 7 << 32 | 2, 0, |epoch| epoch >> 32 < 999);
        assert!(sets.unordered(half, |epoch| epoch >> 32 != 5).is_none());
        assert!(sets.unordered(half, |epoch| epoch >> 32 != 999).is_some());
        let one = sets.add(half, 3 << 32 | 9, 4, |_| true);
        assert!(!one.is_set());
        assert_eq!(one.value(), 3 << 32 | 9);
    }

    #[test]
    fn storage_is_used_again() {
        let mut sets = Sets::new().expect("mapped");
        for _ in 0..1000 {
            let past = sets.add(Past::default(), 1, 0, |_| false);
            let past = sets.add(past, 1 << 32 | 1, 0, |_| false);
            sets.forget(past);
        }
        assert_eq!(sets.top, 6);
    }
}
