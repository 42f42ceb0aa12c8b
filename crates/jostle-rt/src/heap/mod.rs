//! The program's heap: `malloc` and its family, in an arena at a fixed address.
//!
//! Addresses are a function of the calls made, so that executions repeat bit by bit. Blocks are
//! named by the ordinal of their allocation ([`Block`]), never by address. Freed blocks are by
//! default not used again in the execution ([`Reuse::Never`]), so that a use after free does
//! not hit another object; in some executions they are, last in, first out
//! ([`Reuse::AtOnce`]), which is what makes ABA bugs show. When the arena is used up, freed
//! blocks serve in both.
//!
//! The state at the fork point is kept by [`Heap::mark`] and comes back by
//! [`Heap::rollback`]. All tables are outside the arena and are rolled back here. The bytes are
//! not: who keeps the image copies [`Heap::used`] at the mark, and puts it back beside each
//! rollback. What lies above it holds nothing afterwards.
//!
//! Everything but [`Heap::unreachable`] runs on the program's stacks: no allocator, no panic,
//! no thread-locals.
//!
//! - `class`: size classes; `table`: the blocks; `memory`: the bytes; `leaks`: reachability.

mod class;
mod leaks;
mod memory;
mod table;
#[cfg(test)]
mod tests;

use core::ops::Range;
use core::ptr::null_mut;

use crate::raw::Errno;
use class::{CLASSES, LARGEST, class_of};
use memory::{LARGE, Memory};
use table::{Entry, Table};

/// Where the program's heap lies, and how large it may become.
pub(crate) const BASE: usize = 0x5000_0000_0000;
/// See [`BASE`].
pub(crate) const SIZE: usize = 1 << 36;

/// Whether an address lies in the program's heap.
#[inline]
pub(crate) fn is_heap(address: usize) -> bool {
    (BASE..BASE + SIZE).contains(&address)
}

/// Blocks at most; 2 GiB of addresses for the table.
const BLOCKS: usize = 1 << 25;
/// In front of each block: its number, and its number's complement.
const HEADER: usize = 16;
/// Bytes above the mark whose pages are kept at a rollback; those beyond go back to the kernel.
const KEPT: usize = 1 << 20;

/// When a freed block may serve another request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum Reuse {
    /// Not in this execution, unless the arena is used up.
    #[default]
    Never,
    /// At the next request of its class, last in, first out.
    AtOnce,
}

/// A block by name and place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Block {
    /// Its first byte.
    pub(crate) base: usize,
    /// Bytes that were asked for.
    pub(crate) size: usize,
    /// Which allocation it is, counted from 1 since the start of the process and from the same
    /// number in each execution.
    pub(crate) ordinal: u64,
    /// Whether it is freed.
    pub(crate) freed: bool,
}

/// What became of a `free`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Freed {
    /// The block is freed.
    Done {
        /// Bytes that were asked for: what to tell the detector.
        size: usize,
    },
    /// It had been freed before.
    Double(Block),
    /// No block begins there. If it lies inside one, that one.
    NotOurs(Option<Block>),
}

/// What became of a `realloc`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reallocated {
    /// The block has the new size, here or elsewhere.
    Done {
        /// Where it is.
        pointer: *mut u8,
        /// The size it had.
        old_size: usize,
        /// Whether it is another block and the old one is freed; its contents are copied.
        moved: bool,
    },
    /// There is no room; the block is as it was.
    NoMemory,
    /// The pointer is wrong, as for [`Heap::free`].
    Bad(Freed),
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Heap {
    memory: Memory,
    table: Table,
    reuse: Reuse,
    now: State,
    marked: State,
    /// Above this, pages have never been written since they were zero.
    written: usize,
}

/// What is saved as it is.
#[derive(Clone, Copy, Debug)]
struct State {
    /// End of the last block.
    top: usize,
    ordinal: u64,
    /// Live blocks, and the bytes that were asked for.
    live: (u64, u64),
    /// For each class the last freed block's number + 1.
    free: [u32; CLASSES],
}

impl Heap {
    /// Maps an arena of `size` bytes at `base`; 0 for any address.
    pub(crate) fn new(base: usize, size: usize) -> Result<Self, Errno> {
        let memory = Memory::new(base, size)?;
        let base = memory.range().start;
        let state = State {
            top: base,
            ordinal: 0,
            live: (0, 0),
            free: [0; CLASSES],
        };
        Ok(Self {
            memory,
            table: Table::new(BLOCKS)?,
            reuse: Reuse::Never,
            now: state,
            marked: state,
            written: base,
        })
    }

    /// Sets the policy for what follows: to be called after [`Heap::rollback`].
    pub(crate) fn set_reuse(&mut self, reuse: Reuse) {
        self.reuse = reuse;
    }

    /// A block of `size` bytes at a multiple of `align` (a power of two), zero if so wanted;
    /// null if there is no room. A size of 0 gives a block, too.
    pub(crate) fn allocate(&mut self, size: usize, align: usize, zeroed: bool) -> *mut u8 {
        if size > LARGEST || align > LARGEST || !align.is_power_of_two() && align != 0 {
            return null_mut();
        }
        let (class, room) = class_of(size);
        let align = align.max(HEADER);
        let found = match self.reuse {
            Reuse::AtOnce => self.take_freed(class, align),
            Reuse::Never => None,
        };
        let (number, mut dirty) = match found {
            Some(number) => (number, room),
            None => match self.carve(class, room, align) {
                Some(carved) => carved,
                None => match self.take_freed(class, align) {
                    Some(number) => (number, room),
                    None => return null_mut(),
                },
            },
        };
        self.now.ordinal += 1;
        self.now.live.0 += 1;
        self.now.live.1 += size as u64;
        let ordinal = self.now.ordinal;
        let entry = self.table.change(number);
        entry.size = size as u64;
        entry.ordinal = ordinal;
        entry.freed = 0;
        let start = entry.start as usize;
        if zeroed {
            dirty = dirty.min(size);
            // Pages from before the mark are not zero when they are given back: the image
            // has them.
            if dirty >= LARGE && number >= self.table.marked {
                let (from, to) = (start.next_multiple_of(4096), (start + dirty) & !4095);
                self.memory.zero(start, from - start);
                self.memory.discard(from, to);
                self.memory.zero(to, start + dirty - to);
            } else {
                self.memory.zero(start, dirty);
            }
        }
        start as *mut u8
    }

    /// Frees the block that begins at `pointer`. (Null is for the caller to ignore.)
    pub(crate) fn free(&mut self, pointer: *mut u8) -> Freed {
        let number = match self.block_at(pointer as usize) {
            Ok(number) => number,
            Err(wrong) => return wrong,
        };
        let size = self
            .table
            .get(number)
            .map_or(0, |entry| entry.size as usize);
        self.release(number);
        Freed::Done { size }
    }

    /// Gives a block another size. It stays where it is if it has the room.
    pub(crate) fn reallocate(&mut self, pointer: *mut u8, size: usize) -> Reallocated {
        let number = match self.block_at(pointer as usize) {
            Ok(number) => number,
            Err(wrong) => return Reallocated::Bad(wrong),
        };
        let Some(&Entry {
            size: old_size,
            room,
            ..
        }) = self.table.get(number)
        else {
            return Reallocated::NoMemory;
        };
        let old_size = old_size as usize;
        if size <= room as usize {
            self.table.change(number).size = size as u64;
            self.now.live.1 += size as u64;
            self.now.live.1 -= old_size as u64;
            return Reallocated::Done {
                pointer,
                old_size,
                moved: false,
            };
        }
        let new = self.allocate(size, HEADER, false);
        if new.is_null() {
            return Reallocated::NoMemory;
        }
        self.memory.copy(pointer as usize, new as usize, old_size);
        self.release(number);
        Reallocated::Done {
            pointer: new,
            old_size,
            moved: true,
        }
    }

    /// Bytes that the program may use of a live block: what it asked for, so that each byte
    /// beyond is an error. 0 if no live block begins there.
    pub(crate) fn usable_size(&self, pointer: *mut u8) -> usize {
        let number = self.block_at(pointer as usize).ok();
        number
            .and_then(|number| self.table.get(number))
            .map_or(0, |entry| entry.size as usize)
    }

    /// The block, live or freed, that has this address inside.
    pub(crate) fn block_of(&self, address: usize) -> Option<Block> {
        self.table
            .find(address)
            .and_then(|number| self.table.get(number))
            .map(block)
    }

    /// How many blocks are live, and how many bytes were asked for with them.
    pub(crate) fn live(&self) -> (u64, u64) {
        self.now.live
    }

    /// The ordinal of the last allocation.
    pub(crate) fn ordinal(&self) -> u64 {
        self.now.ordinal
    }

    /// From the first byte to the end of the last block: what an image has to hold.
    pub(crate) fn used(&self) -> Range<usize> {
        self.memory.range().start..self.now.top
    }

    /// The fork point: what is now comes back with each [`Heap::rollback`].
    pub(crate) fn mark(&mut self) {
        self.table.mark();
        self.marked = self.now;
    }

    /// Back to the mark, but for the bytes of [`Heap::used`], and with [`Reuse::Never`].
    pub(crate) fn rollback(&mut self) {
        self.table.rollback();
        let kept = self.marked.top + KEPT;
        if self.written > kept {
            self.memory
                .discard(kept, self.written.next_multiple_of(4096));
            self.written = kept.next_multiple_of(4096);
        }
        self.now = self.marked;
        self.reuse = Reuse::Never;
    }

    /// The blocks that were live at the mark and have been freed since, as they were.
    #[cfg(test)]
    pub(crate) fn freed_from_before(&self) -> impl Iterator<Item = Block> + '_ {
        self.table.changed().filter_map(|saved| {
            let now = self.table.get(saved.number as usize)?;
            let gone = now.freed != 0 || now.ordinal != saved.entry.ordinal;
            (saved.entry.freed == 0 && gone).then(|| block(&saved.entry))
        })
    }

    /// The live blocks that were allocated since the mark.
    pub(crate) fn live_since_mark(&self) -> impl Iterator<Item = Block> + '_ {
        let reused = self.table.changed().map(|saved| saved.number as usize);
        reused
            .chain(self.table.marked..self.table.length)
            .filter_map(|number| {
                let entry = self.table.get(number)?;
                (entry.freed == 0 && entry.ordinal > self.marked.ordinal).then(|| block(entry))
            })
    }

    /// The live block that begins at an address.
    fn block_at(&self, at: usize) -> Result<usize, Freed> {
        let written = at
            .checked_sub(HEADER)
            .and_then(|header| self.memory.read(header));
        let begins = |number: &usize| {
            self.table
                .get(*number)
                .is_some_and(|entry| entry.start == at as u64)
        };
        let number = written
            .filter(begins)
            .or_else(|| self.table.find(at).filter(begins));
        let Some(number) = number else {
            return Err(Freed::NotOurs(self.block_of(at)));
        };
        match self.table.get(number) {
            Some(entry) if entry.freed != 0 => Err(Freed::Double(block(entry))),
            _ => Ok(number),
        }
    }

    /// A new block at the end: its number, and how many of its first bytes may not be zero.
    fn carve(&mut self, class: usize, room: usize, align: usize) -> Option<(usize, usize)> {
        let start = (self.now.top + HEADER).checked_next_multiple_of(align)?;
        let end = start.checked_add(room)?;
        if end > self.memory.range().end || self.table.is_full() {
            return None;
        }
        let entry = Entry {
            start: start as u64,
            room: room as u64,
            class: class as u16,
            ..Entry::default()
        };
        let number = self.table.push(entry);
        self.memory.write(start - HEADER, number);
        let dirty = self.written.saturating_sub(start).min(room);
        self.written = self.written.max(end);
        self.now.top = end;
        Some((number, dirty))
    }

    /// The block of a class that was freed last, if its address will do.
    fn take_freed(&mut self, class: usize, align: usize) -> Option<usize> {
        let first = *self.now.free.get(class)?;
        let number = (first as usize).checked_sub(1)?;
        let entry = self.table.get(number)?;
        if !(entry.start as usize).is_multiple_of(align) {
            return None;
        }
        *self.now.free.get_mut(class)? = entry.next;
        Some(number)
    }

    fn release(&mut self, number: usize) {
        let entry = self.table.change(number);
        let (start, room, class) = (entry.start, entry.room, entry.class);
        entry.freed = 1;
        self.now.live.0 -= 1;
        self.now.live.1 -= entry.size;
        if let Some(first) = self.now.free.get_mut(usize::from(class)) {
            entry.next = core::mem::replace(first, number as u32 + 1);
        }
        if room as usize >= LARGE && number >= self.table.marked {
            self.memory.discard(start as usize, (start + room) as usize);
        }
    }
}

fn block(entry: &Entry) -> Block {
    Block {
        base: entry.start as usize,
        size: entry.size as usize,
        ordinal: entry.ordinal,
        freed: entry.freed != 0,
    }
}
