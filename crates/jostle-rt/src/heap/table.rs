//! The table of blocks, in order of their addresses, outside the program's memory.
//!
//! Blocks are carved off one after the other and never merged or moved, so that the number of
//! a block is also its rank by address: an address is found by bisection. What the table says
//! cannot be overwritten by the program. Each block begins with 16 bytes that hold its number,
//! so that `free` need not search; the number is believed only if the table has the address.

use crate::raw::Errno;
use crate::region::{Region, Zero};

/// A block of the arena, live or freed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub(super) struct Entry {
    /// Its first byte for the program.
    pub(super) start: u64,
    /// Bytes from there to its end.
    pub(super) room: u64,
    /// Bytes that were asked for.
    pub(super) size: u64,
    /// Which allocation it is, counted from 1.
    pub(super) ordinal: u64,
    /// In the list of free blocks of its class: the next one's number + 1.
    pub(super) next: u32,
    /// 1 if it is freed.
    pub(super) freed: u16,
    pub(super) class: u16,
    /// The value of `Table::round` when it was last saved.
    pub(super) saved: u64,
}

/// An entry as it was at the mark.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(super) struct Saved {
    pub(super) number: u64,
    pub(super) entry: Entry,
}

#[expect(unsafe_code, reason = "the marker for types that a region may hold")]
mod zero {
    use super::{Entry, Saved, Zero};
    // SAFETY: integers only.
    unsafe impl Zero for Entry {}
    // SAFETY: integers only.
    unsafe impl Zero for Saved {}
}

/// All blocks, and what they were at the mark if they have changed since.
#[derive(Debug)]
pub(super) struct Table {
    entries: Region<Entry>,
    pub(super) length: usize,
    saved: Region<Saved>,
    saved_length: usize,
    /// How many entries there were at the mark, and how many rollbacks there have been.
    pub(super) marked: usize,
    round: u64,
}

impl Table {
    pub(super) fn new(capacity: usize) -> Result<Self, Errno> {
        Ok(Self {
            entries: Region::new(capacity)?,
            length: 0,
            saved: Region::new(capacity)?,
            saved_length: 0,
            marked: 0,
            round: 1,
        })
    }

    pub(super) fn is_full(&self) -> bool {
        self.length == self.entries.capacity()
    }

    pub(super) fn push(&mut self, entry: Entry) -> usize {
        let number = self.length;
        *self.entries.at_mut(number) = entry;
        self.length += 1;
        number
    }

    #[inline]
    pub(super) fn get(&self, number: usize) -> Option<&Entry> {
        (number < self.length).then(|| self.entries.at(number))
    }

    /// An entry that is about to be changed; what it was at the mark is saved.
    pub(super) fn change(&mut self, number: usize) -> &mut Entry {
        let entry = self.entries.at_mut(number);
        if number < self.marked && entry.saved != self.round {
            // Copied before it is written to: a load of what was just stored in parts waits.
            let saved = Saved {
                number: number as u64,
                entry: *entry,
            };
            entry.saved = self.round;
            *self.saved.at_mut(self.saved_length) = saved;
            self.saved_length += 1;
        }
        self.entries.at_mut(number)
    }

    /// The block that holds an address, or whose 16 bytes before the first do.
    pub(super) fn find(&self, address: usize) -> Option<usize> {
        let entries = self.entries.slice(0, self.length);
        let after = entries.partition_point(|entry| entry.start <= address as u64);
        let number = after.checked_sub(1)?;
        let entry = entries.get(number)?;
        (address as u64 - entry.start < entry.room.max(1)).then_some(number)
    }

    pub(super) fn mark(&mut self) {
        self.marked = self.length;
        self.saved_length = 0;
        self.round += 1;
    }

    pub(super) fn rollback(&mut self) {
        for index in 0..self.saved_length {
            let Saved { number, entry } = *self.saved.at(index);
            *self.entries.at_mut(number as usize) = entry;
        }
        self.length = self.marked;
        self.saved_length = 0;
        self.round += 1;
    }

    /// The entries from before the mark that have changed since, as they were.
    pub(super) fn changed(&self) -> impl Iterator<Item = Saved> + '_ {
        self.saved.slice(0, self.saved_length).iter().copied()
    }
}
