//! Ranges: block copies, allocation, deallocation, and what only one thread can know of.
//!
//! Whole chunks inside a range are judged and recorded by their base cell (see `shadow`);
//! besides, only cells that are in use are looked at. The cost of a range is that of its
//! edges, of one head for each 64 KiB, and of what was really used inside.
//!
//! **Allocation** counts as a write of the block by the thread that allocates: a thread that
//! got the address without any synchronization races with it. Earlier history of the bytes is
//! forgotten, so that memory that is used again says nothing about its former owners.
//! **Deallocation** counts as a write, too, and then marks the block.

use super::cell::{ATOMIC, ATOMIC_TAIL, Cell, FREED, FRESH, LOW, SHARED, SPLIT, access, mask_of};
use super::plain::Touch;
use super::report::Act;
use super::shadow::{CHUNK, Run, runs};
use super::{Detector, Slot};

impl Detector {
    /// `slot` reads a range: the source of a copy, an argument of a system call.
    pub(crate) fn read_range(&mut self, slot: Slot, address: usize, size: usize, pc: usize) {
        let touch = self.touch(slot, address, size, pc, Act::Read);
        self.range(&touch);
    }

    /// `slot` writes a range: the target of a copy, a result of a system call.
    pub(crate) fn write_range(&mut self, slot: Slot, address: usize, size: usize, pc: usize) {
        let touch = self.touch(slot, address, size, pc, Act::Write);
        self.range(&touch);
    }

    /// `slot` got a block from the heap, or a stack at its start: whatever was known of the
    /// bytes is forgotten, and they belong to the thread. The stack of each thread has to be
    /// told at its start, since another thread's frames lay there before.
    pub(crate) fn allocated(&mut self, slot: Slot, address: usize, size: usize, pc: usize) {
        let touch = self.touch(slot, address, size, pc, Act::Allocate);
        self.note_watched(&touch);
        let mut cell = Cell::default();
        cell.set_write(touch.epoch, touch.pc, Act::Allocate);
        cell.r |= FRESH;
        self.overwrite(address, size, cell);
    }

    /// `slot` gives a block back. Races with each access that is not ordered before it; what
    /// comes later is a use after free, whoever makes it.
    pub(crate) fn freed(&mut self, slot: Slot, address: usize, size: usize, pc: usize) {
        let touch = self.touch(slot, address, size, pc, Act::Free);
        self.range(&touch);
        let mut cell = Cell::default();
        cell.set_write(touch.epoch, touch.pc, Act::Free);
        cell.r |= FREED;
        self.overwrite(address, size, cell);
    }

    /// The bytes are new for everybody: `mmap`, `munmap`, `madvise(MADV_DONTNEED)`.
    pub(crate) fn unmapped(&mut self, address: usize, size: usize) {
        self.overwrite(address, size, Cell::default());
    }

    /// Whether an atomic operation of `slot` on these bytes is invisible to all other threads,
    /// so that it needs no scheduling point: the bytes were allocated or plainly written by
    /// `slot` in its present epoch.
    ///
    /// Sound: since that write `slot` has made no release that another thread could acquire,
    /// for each of them starts a new epoch (but for releases on private bytes, see `sync`).
    /// So no operation of another thread is ordered after the write, and one that touches the
    /// bytes races with it: a finding on each schedule that has the access, wherever this
    /// operation is put. Nobody has touched them in between for the same reason.
    #[inline(always)]
    pub(crate) fn is_private(&self, slot: Slot, address: usize, size: usize) -> bool {
        let epoch = self.clocks.thread(slot).epoch;
        if size > 8 || address & 7 > 8 - size {
            return self.is_private_slow(epoch, address, size);
        }
        if let Some((cell, tag)) = self.shadow.find(address)
            && (cell.w ^ tag) >> 48 == 0
        {
            let mask = mask_of(address & 7, size);
            if cell.has(SPLIT) {
                return self.written_in(epoch, cell, mask) == mask;
            }
            return cell.w == epoch | tag && !cell.has(FREED) && mask & !cell.mask() == 0;
        }
        self.is_private_slow(epoch, address, size)
    }

    #[inline(never)]
    fn is_private_slow(&self, epoch: u64, address: usize, size: usize) -> bool {
        runs(address, size)
            .flat_map(Run::granules)
            .all(|(address, mask)| {
                let Some(cell) = self.shadow.look(address) else {
                    return false;
                };
                !cell.has(FREED) && self.written_in(epoch, &cell, mask) == mask
            })
    }

    /// Those of some bytes of a granule whose last write is of this epoch.
    #[inline]
    fn written_in(&self, epoch: u64, cell: &Cell, mask: u8) -> u8 {
        if !cell.has(SPLIT) {
            return if cell.write_epoch() == epoch {
                cell.mask() & mask
            } else {
                0
            };
        }
        let (mut own, mut rest) = (0, mask);
        for number in 0..8 {
            let group = self.shadow.group(cell, number);
            if group.write_epoch() == epoch {
                own |= group.mask() & mask;
            }
            // Each byte is in one group.
            rest &= !group.mask();
            if rest == 0 {
                break;
            }
        }
        own
    }

    fn range(&mut self, touch: &Touch) {
        self.note_watched(touch);
        for run in runs(touch.address, touch.size) {
            if run.is_whole() {
                // What has no history needs none if it is about to be freed.
                if touch.act != Act::Free || self.shadow.look(run.start).is_some() {
                    self.whole_chunk(touch, run.start);
                }
            } else if let Some(chunk) = self.shadow.chunk(run.start) {
                for (address, mask) in run.granules() {
                    self.granule_of(chunk, touch, address, mask);
                }
            }
        }
    }

    /// An access to all bytes of a chunk.
    fn whole_chunk(&mut self, touch: &Touch, address: usize) {
        let Some(chunk) = self.shadow.chunk(address) else {
            return;
        };
        let touch = &Touch {
            address,
            size: CHUNK,
            ..*touch
        };
        let mut base = self.shadow.head(chunk).base;
        // Bytes without a cell of their own follow the base.
        let mut used = self.shadow.head(chunk).used;
        let untouched = self.stale_cells(chunk, address);
        if untouched {
            if base.has(FREED) {
                self.report(base.last_write(), touch);
                return;
            }
            self.judge(touch, &mut base);
        }
        while used != 0 {
            let page = address + (used.trailing_zeros() as usize) * 4096;
            used &= used - 1;
            for granule in (page..page + 4096).step_by(8) {
                if self.shadow.peek(chunk, granule).1 {
                    self.granule_of(chunk, touch, granule, 0xff);
                }
            }
        }
        if touch.act.is_write() {
            base = Cell::default();
            base.set_write(touch.epoch, touch.pc, touch.act);
            base.set_mask(0xff);
            self.shadow.restart(chunk, base);
        } else {
            base.set_mask(if base.w == 0 && base.reads().value() == 0 {
                0
            } else {
                0xff
            });
            self.shadow.head_mut(chunk).base = base;
        }
    }

    /// Whether the chunk has granules without a cell of their own.
    fn stale_cells(&self, chunk: usize, address: usize) -> bool {
        self.shadow.head(chunk).used != 0xffff
            || (address..address + CHUNK)
                .step_by(8)
                .any(|at| !self.shadow.peek(chunk, at).1)
    }

    /// Makes `cell` the history of a range, whatever it was. Blocks and pages begin at
    /// granules, and a granule in which one ends belongs to it alone: bytes beside the range
    /// in the same granule are forgotten.
    fn overwrite(&mut self, address: usize, size: usize, mut cell: Cell) {
        let empty = cell.write_epoch() == 0;
        cell.set_mask(if empty { 0 } else { 0xff });
        let (start, end) = self.shadow.note_span(address, size, cell);
        for run in runs(address, size) {
            let noted = start <= run.start && run.start < end;
            if noted && !self.shadow.is_touched(run.start) {
                continue;
            }
            if empty && self.shadow.look(run.start).is_none() {
                // Nothing is known of the chunk, and nothing will be.
                continue;
            }
            let Some(chunk) = self.shadow.chunk(run.start) else {
                return;
            };
            if run.is_whole() {
                cell.set_mask(if empty { 0 } else { 0xff });
                self.shadow.restart(chunk, cell);
            } else {
                let sets = &mut self.sets;
                self.shadow.overwrite(chunk, run, cell, |shadow, old| {
                    if !old.has(SPLIT) {
                        sets.forget(old.reads());
                        return;
                    }
                    for number in 0..8 {
                        let group = shadow.group(&old, number);
                        if group.mask() != 0 {
                            sets.forget(group.reads());
                        }
                    }
                    shadow.unsplit(old.write_epoch());
                });
            }
        }
    }

    /// An atomic operation against the plain accesses to the same bytes. Says whether the
    /// bytes are private (see [`Detector::is_private`]), and whether an atomic of the granule
    /// before reaches into this one; `None` if the memory is freed.
    #[inline]
    pub(super) fn atomic_granule(
        &mut self,
        touch: &Touch,
        address: usize,
        mask: u8,
        first: bool,
    ) -> Option<(bool, bool)> {
        let chunk = self.shadow.chunk(address)?;
        let cell = self.shadow.fresh(chunk, address, &mut self.sets);
        if cell.has(FREED) && cell.mask() & mask != 0 {
            self.report(cell.last_write(), touch);
            return None;
        }
        if !cell.has(SPLIT) {
            self.atomic_group(touch, &cell, mask);
        } else {
            let mut rest = mask;
            for number in 0..8 {
                let group = self.shadow.group(&cell, number);
                let bytes = group.mask();
                if bytes & mask != 0 && !self.is_harmless(touch, group) {
                    let group = *group;
                    self.atomic_group(touch, &group, mask);
                }
                // Each byte is in one group.
                rest &= !bytes;
                if rest == 0 {
                    break;
                }
            }
        }
        if first && !cell.has(ATOMIC) {
            self.sync.clear_granule(address);
        }
        let flag = if first { ATOMIC } else { ATOMIC_TAIL };
        self.shadow.cell_mut(chunk, address).r |= flag;
        let private = self.written_in(touch.epoch, &cell, mask) == mask;
        Some((private, cell.has(ATOMIC_TAIL)))
    }

    /// Whether an atomic operation follows all of a group that needs no search.
    #[inline]
    fn is_harmless(&self, touch: &Touch, group: &Cell) -> bool {
        let reads = group.r & LOW;
        self.clocks.knows(touch.slot, group.write_epoch())
            && (touch.act != Act::AtomicStore
                || !group.has(SHARED) && self.clocks.knows(touch.slot, reads))
    }

    /// The same for the bytes of one group.
    #[inline]
    fn atomic_group(&mut self, touch: &Touch, group: &Cell, mask: u8) {
        let write = group.write_epoch();
        if group.mask() & mask == 0 {
            return;
        }
        if write != 0 && !self.clocks.knows(touch.slot, write) {
            self.report(group.last_write(), touch);
        }
        if touch.act == Act::AtomicStore {
            let known = |epoch| self.clocks.knows(touch.slot, epoch);
            if let Some(read) = self.sets.unordered(group.reads(), known) {
                self.report(access(read.epoch, read.pc, Act::Read), touch);
            }
        }
    }
}
