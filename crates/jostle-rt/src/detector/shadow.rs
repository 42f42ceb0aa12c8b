//! From addresses to cells: chunks of 64 KiB, made when they are first touched.
//!
//! A chunk has a head and 8192 cells. The head holds one *base* cell, the history of all bytes
//! of the chunk that have no cell of their own yet, and a tag: a cell with another tag is
//! stale and stands for the base. A new execution, and the allocation, deallocation or
//! complete overwriting of the chunk, thus cost one new base and one new tag however much of
//! it was used, and memory that one thread allocates and fills needs no cells at all.
//!
//! Executions are told apart by a number of 64 bits in the head, which does not wrap. Tags
//! have 16 bits and belong to one chunk; when they are used up its cells are cleared.

use super::cell::{Cell, LOW, SHARED, SPLIT, mask_of};
use super::sets::Sets;
use super::spans::Spans;
use crate::raw::Errno;
use crate::region::{Region, Zero};

/// Bytes of a chunk.
pub(super) const CHUNK: usize = 1 << 16;
const CELLS: usize = CHUNK / 8;
/// 64 GiB of cells, for 16 GiB of the program. (Tools that execute tests have less.)
const MAX_CHUNKS: usize = if cfg!(test) { 1 << 15 } else { 1 << 18 };
/// From this size on a range is noted as a whole.
const LARGE: usize = 16 * CHUNK;
/// User addresses have 47 bits.
const ADDRESSES: usize = 1 << 31;
/// With more chunks than this (2 GiB of cells) the next execution starts from nothing.
const KEPT_CHUNKS: usize = 1 << 13;

/// What is known of a chunk as a whole. Number 0 belongs to no chunk and to no execution.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(super) struct Head {
    generation: u64,
    /// In the upper 16 bits.
    pub(super) tag: u64,
    /// One bit for each 4 KiB in which there are cells with this tag.
    pub(super) used: u64,
    pub(super) base: Cell,
}

#[expect(unsafe_code, reason = "the marker for types that a region may hold")]
mod zero {
    use super::{Head, Zero};
    // SAFETY: integers only.
    unsafe impl Zero for Head {}
}

/// See the module.
#[derive(Debug)]
pub(super) struct Shadow {
    index: Region<u32>,
    heads: Region<Head>,
    cells: Region<Cell>,
    chunks: usize,
    generation: u64,
    spans: Spans,
    /// Eight groups for each split granule.
    splits: Region<Cell>,
    splits_top: usize,
    splits_free: usize,
    /// There was no room left: what cannot be told from chunk 0 is not judged.
    pub(super) full: bool,
}

impl Shadow {
    pub(super) fn new() -> Result<Self, Errno> {
        Ok(Self {
            index: Region::new(ADDRESSES)?,
            heads: Region::new(MAX_CHUNKS)?,
            cells: Region::new(MAX_CHUNKS * CELLS)?,
            chunks: 1,
            generation: 1,
            spans: Spans::new()?,
            splits: Region::new(1 << 27)?,
            splits_top: 8,
            splits_free: 0,
            full: false,
        })
    }

    pub(super) fn reset(&mut self) {
        self.generation += 1;
        self.spans.reset();
        if self.splits_top > 1 << 20 {
            self.splits.clear(0, self.splits_top);
        }
        self.splits_top = 8;
        self.splits_free = 0;
        self.full = false;
        if self.chunks > KEPT_CHUNKS {
            self.index.clear(0, ADDRESSES);
            self.heads.clear(0, self.chunks);
            self.cells.clear(0, self.chunks * CELLS);
            self.chunks = 1;
        }
    }

    /// The cell of an address and the tag that it has to have, if the chunk is of this
    /// execution.
    #[inline(always)]
    pub(super) fn find(&self, address: usize) -> Option<(&Cell, u64)> {
        let chunk = *self.index.at(address >> 16 & (ADDRESSES - 1)) as usize;
        let head = self.heads.at(chunk);
        if head.generation != self.generation {
            return None;
        }
        Some((self.cells.at(cell_index(chunk, address)), head.tag))
    }

    /// What is known of the granule of an address. `None` if it is not of this execution.
    #[inline]
    pub(super) fn look(&self, address: usize) -> Option<Cell> {
        let Some((cell, tag)) = self.find(address) else {
            return self.spans.of(address);
        };
        if (cell.w ^ tag) >> 48 == 0 {
            return Some(*cell);
        }
        let chunk = *self.index.at(address >> 16 & (ADDRESSES - 1)) as usize;
        Some(self.heads.at(chunk).base)
    }

    /// The number of the chunk of an address, brought into this execution. `None` if there is
    /// no room left.
    #[inline(always)]
    pub(super) fn chunk(&mut self, address: usize) -> Option<usize> {
        let chunk = *self.index.at(address >> 16 & (ADDRESSES - 1)) as usize;
        if self.heads.at(chunk).generation == self.generation {
            return Some(chunk);
        }
        self.make_chunk(address)
    }

    #[cold]
    #[inline(never)]
    fn make_chunk(&mut self, address: usize) -> Option<usize> {
        let place = self.index.at_mut(address >> 16 & (ADDRESSES - 1));
        if *place == 0 {
            if self.chunks == MAX_CHUNKS {
                self.full = true;
                return None;
            }
            *place = self.chunks as u32;
            self.chunks += 1;
        }
        let chunk = *place as usize;
        if self.heads.at(chunk).generation != self.generation {
            self.heads.at_mut(chunk).generation = self.generation;
            let base = self.spans.of(address).unwrap_or_default();
            self.restart(chunk, base);
        }
        Some(chunk)
    }

    /// Notes `base` as the history of the chunks inside a range, if it is large. Returns from
    /// where to where: those chunks there that were not touched in this execution are done.
    pub(super) fn note_span(&mut self, address: usize, size: usize, base: Cell) -> (usize, usize) {
        let start = address.checked_next_multiple_of(CHUNK).unwrap_or(address);
        let end = address.saturating_add(size) & !(CHUNK - 1);
        if end.saturating_sub(start) >= LARGE && self.spans.add(start, end, base) {
            return (start, end);
        }
        (0, 0)
    }

    /// Whether the chunk of an address was touched in this execution.
    #[inline]
    pub(super) fn is_touched(&self, address: usize) -> bool {
        let chunk = *self.index.at(address >> 16 & (ADDRESSES - 1)) as usize;
        self.heads.at(chunk).generation == self.generation
    }

    /// Makes `base` the history of the whole chunk.
    pub(super) fn restart(&mut self, chunk: usize, base: Cell) {
        let head = self.heads.at_mut(chunk);
        head.base = base;
        head.used = 0;
        head.tag = head.tag.wrapping_add(1 << 48);
        if head.tag == 0 {
            // Cells with any tag may be left. Cleared ones have tag 0, which is never used.
            head.tag = 1 << 48;
            self.cells
                .slice_mut(chunk * CELLS, CELLS)
                .fill(Cell::default());
        }
    }

    #[inline]
    pub(super) fn head(&self, chunk: usize) -> &Head {
        self.heads.at(chunk)
    }

    #[inline]
    pub(super) fn head_mut(&mut self, chunk: usize) -> &mut Head {
        self.heads.at_mut(chunk)
    }

    /// The cell of an address as it stands, stale or not.
    #[inline]
    pub(super) fn cell_mut(&mut self, chunk: usize, address: usize) -> &mut Cell {
        self.cells.at_mut(cell_index(chunk, address))
    }

    /// The cell of an address, or the base if it is stale.
    #[inline]
    pub(super) fn peek(&self, chunk: usize, address: usize) -> (Cell, bool) {
        let head = self.heads.at(chunk);
        let cell = *self.cells.at(cell_index(chunk, address));
        let own = (cell.w ^ head.tag) >> 48 == 0;
        (if own { cell } else { head.base }, own)
    }

    /// The cell of an address, made from the base if it is stale.
    #[inline]
    pub(super) fn fresh(&mut self, chunk: usize, address: usize, sets: &mut Sets) -> Cell {
        let (mut cell, own) = self.peek(chunk, address);
        if own {
            return cell;
        }
        if cell.has(SHARED) {
            let reads = sets.copy(cell.reads());
            cell.set_reads(reads);
        }
        self.use_page(chunk, address);
        cell = cell.tagged(self.heads.at(chunk).tag);
        *self.cells.at_mut(cell_index(chunk, address)) = cell;
        cell
    }

    /// Notes that the page of an address has cells with the present tag.
    #[inline(always)]
    pub(super) fn use_page(&mut self, chunk: usize, address: usize) {
        self.heads.at_mut(chunk).used |= 1 << (address >> 12 & 15);
    }

    /// A group of a split cell: 0 to 7. Those without a byte have mask 0.
    #[inline(always)]
    pub(super) fn group(&self, cell: &Cell, number: usize) -> &Cell {
        self.splits.at(cell.write_epoch() as usize + number)
    }

    /// The same, to change.
    #[inline(always)]
    pub(super) fn group_mut(&mut self, cell: &Cell, number: usize) -> &mut Cell {
        self.splits.at_mut(cell.write_epoch() as usize + number)
    }

    /// A group without a byte. Eight bytes have at most eight groups, so that there is one
    /// while any group has two bytes or a byte has none.
    #[inline]
    pub(super) fn free_group(&self, cell: &Cell) -> Option<usize> {
        (0..8).find(|&number| self.group(cell, number).mask() == 0)
    }

    /// Makes `cell` the history of each granule of a run whose cells hold nothing elsewhere;
    /// those that do are given to `drop` first.
    #[inline]
    pub(super) fn overwrite(
        &mut self,
        chunk: usize,
        run: Run,
        cell: Cell,
        mut drop: impl FnMut(&mut Self, Cell),
    ) {
        let tag = self.heads.at(chunk).tag;
        let pages = (run.start >> 12 & 15, (run.end - 1) >> 12 & 15);
        self.heads.at_mut(chunk).used |= (2 << pages.1) - (1 << pages.0);
        let mut cell = cell.tagged(tag);
        let empty = cell.write_epoch() == 0;
        let first = cell_index(chunk, run.start);
        let last = cell_index(chunk, run.end - 1);
        let holds = |old: &Cell| (old.w ^ tag) >> 48 == 0 && old.has(SPLIT | SHARED);
        if self.cells.slice(first, last + 1 - first).iter().any(holds) {
            for index in first..=last {
                let old = *self.cells.at(index);
                if holds(&old) {
                    drop(self, old);
                }
            }
        }
        cell.set_mask(if empty { 0 } else { 0xff });
        self.cells.slice_mut(first, last + 1 - first).fill(cell);
        if empty {
            return;
        }
        // The bytes of the range in its first and its last granule.
        let before = mask_of(run.start & 7, 8 - (run.start & 7));
        let after = mask_of(0, ((run.end - 1) & 7) + 1);
        self.cells.at_mut(first).set_mask(before);
        let mask = if first == last { before & after } else { after };
        self.cells.at_mut(last).set_mask(mask);
    }

    /// Moves the history of an unsplit cell into a group. `None` if there is no room left.
    pub(super) fn split(&mut self, cell: &mut Cell) -> Option<()> {
        let mut place = self.splits_free;
        if place != 0 {
            self.splits_free = self.splits.at(place).w as usize;
        } else {
            if self.splits_top + 8 >= self.splits.capacity() {
                self.full = true;
                return None;
            }
            place = self.splits_top;
            self.splits_top += 8;
        }
        let keep = super::cell::ATOMIC | super::cell::ATOMIC_TAIL;
        let groups = self.splits.slice_mut(place, 8);
        groups.fill(Cell::default());
        if let Some(first) = groups.first_mut() {
            *first = cell.tagged(0);
            first.r &= !keep;
        }
        cell.w = cell.w & !LOW | place as u64;
        cell.r = 0xff << 56 | SPLIT | cell.r & keep;
        Some(())
    }

    /// Gives back the groups of a cell that was split.
    pub(super) fn unsplit(&mut self, place: u64) {
        let next = core::mem::replace(&mut self.splits_free, place as usize);
        self.splits.at_mut(place as usize).w = next as u64;
    }

    #[cfg(test)]
    pub(super) fn use_up_tags(&mut self, address: usize) {
        if let Some(chunk) = self.chunk(address) {
            self.heads.at_mut(chunk).tag = 0xffff << 48;
        }
    }
}

#[inline(always)]
fn cell_index(chunk: usize, address: usize) -> usize {
    chunk << 13 | address >> 3 & (CELLS - 1)
}

/// Splits a range at the borders of chunks.
pub(super) fn runs(address: usize, size: usize) -> impl Iterator<Item = Run> {
    let end = address.saturating_add(size);
    let mut at = address;
    core::iter::from_fn(move || {
        let next = end.min((at | (CHUNK - 1)).saturating_add(1));
        let run = Run {
            start: at,
            end: next,
        };
        at = next;
        (run.start < run.end).then_some(run)
    })
}

/// Some bytes of one chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Run {
    /// Whether it is all of the chunk.
    #[inline]
    pub(super) fn is_whole(self) -> bool {
        self.end - self.start == CHUNK
    }

    /// The granules that it has bytes in, each with its bytes.
    #[inline]
    pub(super) fn granules(self) -> impl Iterator<Item = (usize, u8)> {
        let mut at = self.start;
        core::iter::from_fn(move || {
            if at >= self.end {
                return None;
            }
            let size = (8 - (at & 7)).min(self.end - at);
            let granule = (at, mask_of(at & 7, size));
            at += size;
            Some(granule)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_and_granules_cover_a_range_once() {
        for (address, size) in [
            (3, 2),
            (5, 8),
            (0, 0),
            (0xfff9, 0x2_0010),
            (0x1_0000, 0x1_0000),
            (0xffff, 2),
        ] {
            let mut at = address;
            for run in runs(address, size) {
                assert_eq!(run.start >> 16, (run.end - 1) >> 16);
                for (granule, mask) in run.granules() {
                    assert_eq!((granule, granule & 7), (at, mask.trailing_zeros() as usize));
                    at += mask.count_ones() as usize;
                }
                assert_eq!(at, run.end);
            }
            assert_eq!(at, address + size);
        }
        assert_eq!(
            runs(0x1_0000, 0x2_0000)
                .filter(|run| run.is_whole())
                .count(),
            2
        );
    }
}
