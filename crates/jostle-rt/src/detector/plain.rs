//! Plain accesses: FastTrack's rules, for each group of bytes with one history.
//!
//! An access that the cell already tells of (same thread, same epoch, at least as strong)
//! changes nothing and is most accesses: the inlined part compares two words. A read in the
//! epoch of the thread's own last write is not recorded: whatever conflicts with the read
//! conflicts with that write. The rules find the first race of an execution exactly: no race
//! is reported where happens-before orders all pairs, and the first access that races with an
//! earlier one is reported (the theorem of the FastTrack paper; the property tests compare with
//! all pairs of a full history).

use super::cell::{
    ATOMIC, ATOMIC_TAIL, Cell, FREED, FRESH, LOW, SHARED, SPLIT, TAG, access, mask_of,
};
use super::report::{Access, Act};
use super::shadow::runs;
use super::{Detector, Slot};

/// The access that is being judged.
#[derive(Clone, Copy, Debug)]
pub(super) struct Touch {
    pub(super) slot: Slot,
    pub(super) epoch: u64,
    pub(super) address: usize,
    pub(super) size: usize,
    pub(super) pc: u64,
    pub(super) act: Act,
}

impl Touch {
    pub(super) fn access(&self) -> Access {
        access(self.epoch, self.pc, self.act)
    }
}

impl Detector {
    /// `slot` reads `size` bytes (1, 2, 4, 8 or 16; a constant, so that the test folds).
    #[inline(always)]
    pub(crate) fn read(&mut self, slot: Slot, address: usize, size: usize, pc: usize) {
        if size <= 8 && address & 7 <= 8 - size {
            let mask = u64::from(mask_of(address & 7, size)) << 56;
            let fast = self.clocks.thread(slot).fast;
            if let Some((cell, tag)) = self.shadow.find(address)
                && (cell.w == fast | tag && cell.r == mask
                    || (cell.w ^ tag) >> 48 == 0 && cell.r == mask | fast)
            {
                return;
            }
        }
        self.plain(slot, address, size, pc, Act::Read);
    }

    /// `slot` writes `size` bytes (1, 2, 4, 8 or 16; a constant, so that the test folds).
    #[inline(always)]
    pub(crate) fn write(&mut self, slot: Slot, address: usize, size: usize, pc: usize) {
        if size <= 8 && address & 7 <= 8 - size {
            let mask = u64::from(mask_of(address & 7, size)) << 56;
            let fast = self.clocks.thread(slot).fast;
            if let Some((cell, tag)) = self.shadow.find(address)
                && cell.w == fast | tag
                && cell.r == mask
            {
                return;
            }
        }
        self.plain(slot, address, size, pc, Act::Write);
    }

    #[inline(never)]
    fn plain(&mut self, slot: Slot, address: usize, size: usize, pc: usize, act: Act) {
        let touch = self.touch(slot, address, size, pc, act);
        self.note_watched(&touch);
        if address & 7 <= 8_usize.wrapping_sub(size) && size <= 8 {
            self.granule(&touch, address, mask_of(address & 7, size));
            return;
        }
        for run in runs(address, size) {
            for (address, mask) in run.granules() {
                self.granule(&touch, address, mask);
            }
        }
    }

    /// The epoch of `slot` for an access.
    #[inline]
    pub(super) fn touch(
        &self,
        slot: Slot,
        address: usize,
        size: usize,
        pc: usize,
        act: Act,
    ) -> Touch {
        let epoch = self.clocks.thread(slot).epoch;
        Touch {
            slot,
            epoch,
            address,
            size,
            pc: pc as u64,
            act,
        }
    }

    /// A plain access to some bytes of one granule.
    #[inline]
    pub(super) fn granule(&mut self, touch: &Touch, address: usize, mask: u8) {
        if let Some(chunk) = self.shadow.chunk(address) {
            self.granule_of(chunk, touch, address, mask);
        }
    }

    /// The same, in a chunk that is known. Here: the first access to a granule, and a cell with
    /// one history, of exactly these bytes, that the access repeats or follows.
    #[inline(always)]
    pub(super) fn granule_of(&mut self, chunk: usize, touch: &Touch, address: usize, mask: u8) {
        let head = self.shadow.head(chunk);
        let (tag, base_w, base_r) = (head.tag, head.base.w, head.base.r);
        let cell = self.shadow.cell_mut(chunk, address);
        let plain = u64::from(mask) << 56;
        let (write, read) = (cell.w & LOW, cell.r & LOW);
        if cell.w & TAG != tag {
            if base_w | base_r == 0 {
                *cell = Cell {
                    w: tag,
                    r: plain,
                    wpc: 0,
                    rpc: 0,
                };
                record(touch, cell, plain);
                self.shadow.use_page(chunk, address);
                return;
            }
            if base_w == touch.epoch && base_r & !FRESH == 0xff << 56 && touch.act != Act::Free {
                return;
            }
            let whole = mask == 0xff && base_r & !(LOW | FRESH) == plain;
            let (clocks, slot) = (&self.clocks, touch.slot);
            if whole
                && base_w & LOW != touch.epoch
                && clocks.knows(slot, base_w & LOW)
                && clocks.knows(slot, base_r & LOW)
            {
                // It follows the history of the chunk, and is the history of the granule.
                let Cell { wpc, rpc, .. } = self.shadow.head(chunk).base;
                let cell = self.shadow.cell_mut(chunk, address);
                *cell = Cell {
                    w: base_w & LOW | tag,
                    r: base_r & LOW | plain,
                    wpc,
                    rpc,
                };
                record(touch, cell, plain);
                self.shadow.use_page(chunk, address);
                return;
            }
        } else if cell.r & !(LOW | FRESH) == plain {
            let repeats = match touch.act {
                Act::Read => read == touch.epoch || write == touch.epoch,
                Act::Write => write == touch.epoch && cell.r == plain,
                _ => false,
            };
            // Epoch 0 is known to everybody.
            let (clocks, slot) = (&self.clocks, touch.slot);
            if repeats || clocks.knows(slot, write) && clocks.knows(slot, read) {
                if !repeats {
                    record(touch, cell, plain);
                }
                return;
            }
        }
        self.other_granule(chunk, touch, address, mask);
    }

    /// All other cases.
    #[inline(never)]
    fn other_granule(&mut self, chunk: usize, touch: &Touch, address: usize, mask: u8) {
        let (cell, own) = self.shadow.peek(chunk, address);
        let within = mask & !cell.mask() == 0 && cell.flags() & !FRESH == 0;
        if within && self.changes_nothing(touch, &cell, own, mask) {
            return;
        }
        let mut cell = if own {
            cell
        } else {
            self.shadow.fresh(chunk, address, &mut self.sets)
        };
        if cell.has(FREED) {
            if cell.mask() & mask != 0 {
                self.report(cell.last_write(), touch);
            }
            return;
        }
        if cell.has(ATOMIC | ATOMIC_TAIL) {
            self.check_atomics(touch, address, mask);
        }
        if !cell.has(SPLIT) {
            let old = cell.mask();
            if old == mask || old == 0 || touch.act.is_write() && old & !mask == 0 {
                cell.set_mask(mask);
                self.judge(touch, &mut cell);
                *self.shadow.cell_mut(chunk, address) = cell;
                return;
            }
            if mask & !old == 0 && self.tells_of(touch, &cell) {
                return;
            }
            if self.shadow.split(&mut cell).is_none() {
                return;
            }
        }
        self.split_granule(touch, &mut cell, mask);
        *self.shadow.cell_mut(chunk, address) = cell;
    }

    /// Whether a cell without flags, or the base in place of one, tells of the access already.
    #[inline(always)]
    fn changes_nothing(&self, touch: &Touch, cell: &Cell, own: bool, mask: u8) -> bool {
        let read = cell.r & LOW;
        match touch.act {
            Act::Read => own && read == touch.epoch || cell.write_epoch() == touch.epoch,
            Act::Write => {
                // The first write to all bytes of a fresh cell leaves its place there.
                let placed = !own || !cell.has(FRESH) || mask != cell.mask();
                cell.write_epoch() == touch.epoch && read == 0 && placed
            }
            _ => false,
        }
    }

    /// Whether recording `touch` in `group` would change nothing.
    #[inline]
    fn tells_of(&self, touch: &Touch, group: &Cell) -> bool {
        let reads = group.reads();
        match touch.act {
            Act::Read => {
                group.write_epoch() == touch.epoch
                    || !reads.is_set() && reads.value() == touch.epoch
            }
            Act::Write => group.write_epoch() == touch.epoch && reads.value() == 0,
            _ => false,
        }
    }

    /// The same for a cell whose bytes have several histories.
    fn split_granule(&mut self, touch: &Touch, cell: &mut Cell, mask: u8) {
        // The bytes of the access that no group speaks of.
        let mut rest = mask;
        let mut changed = false;
        for number in 0..8 {
            if rest == 0 {
                // Each byte is in one group.
                break;
            }
            let group = self.shadow.group(cell, number);
            let common = group.mask() & mask;
            rest &= !group.mask();
            if common == 0 || self.tells_of(touch, group) {
                continue;
            }
            let mut group = *group;
            let other = group.mask() & !mask;
            if other != 0
                && let Some(free) = self.shadow.free_group(cell)
            {
                let mut left = group;
                left.set_mask(other);
                if group.has(SHARED) {
                    let reads = self.sets.copy(group.reads());
                    left.set_reads(reads);
                }
                *self.shadow.group_mut(cell, free) = left;
                group.set_mask(common);
            }
            self.judge(touch, &mut group);
            *self.shadow.group_mut(cell, number) = group;
            changed = true;
        }
        if rest != 0
            && let Some(free) = self.shadow.free_group(cell)
        {
            let mut group = Cell::default();
            group.set_mask(rest);
            self.judge(touch, &mut group);
            *self.shadow.group_mut(cell, free) = group;
            changed = true;
        }
        if changed && touch.act.is_write() {
            self.merge(cell, touch);
        }
    }

    /// Makes one group of those that this write is the last of; and an unsplit cell, if no
    /// other one is left. Groups that the same thread wrote at another place stay apart: each
    /// byte keeps the place of its own write.
    fn merge(&mut self, cell: &mut Cell, touch: &Touch) {
        let mut first: Option<usize> = None;
        let mut others = false;
        for number in 0..8 {
            let group = *self.shadow.group(cell, number);
            if group.mask() == 0 {
                continue;
            }
            if group.write_epoch() != touch.epoch || group.reads().value() != 0 {
                others = true;
                continue;
            }
            let Some(first) = first else {
                first = Some(number);
                continue;
            };
            let into = self.shadow.group_mut(cell, first);
            if into.wpc != group.wpc {
                others = true;
                continue;
            }
            into.set_mask(into.mask() | group.mask());
            *self.shadow.group_mut(cell, number) = Cell::default();
        }
        if let (Some(first), false) = (first, others) {
            let place = cell.write_epoch();
            let mut whole = self.shadow.group(cell, first).tagged(cell.w & TAG);
            whole.r |= cell.r & (ATOMIC | ATOMIC_TAIL);
            *cell = whole;
            self.shadow.unsplit(place);
        }
    }

    /// FastTrack's rules for one history.
    #[inline]
    pub(super) fn judge(&mut self, touch: &Touch, group: &mut Cell) {
        let slot = touch.slot;
        let write = group.write_epoch();
        if touch.act == Act::Read {
            if write == touch.epoch {
                return;
            }
            if write != 0 && !self.clocks.knows(slot, write) {
                self.report(group.last_write(), touch);
            }
            let clocks = &self.clocks;
            let known = |epoch| clocks.knows(slot, epoch);
            let reads = self
                .sets
                .add(group.reads(), touch.epoch, touch.pc & LOW, known);
            group.set_reads(reads);
            group.r &= !FRESH;
            return;
        }
        if write != 0 && !self.clocks.knows(slot, write) {
            self.report(group.last_write(), touch);
        }
        let reads = group.reads();
        let clocks = &self.clocks;
        if let Some(read) = self
            .sets
            .unordered(reads, |epoch| clocks.knows(slot, epoch))
        {
            self.report(access(read.epoch, read.pc, Act::Read), touch);
        }
        self.sets.forget(reads);
        group.set_write(touch.epoch, touch.pc, touch.act);
    }
}

/// Records an access in a cell of these bytes only that it follows.
#[inline(always)]
fn record(touch: &Touch, cell: &mut Cell, plain: u64) {
    if touch.act == Act::Read {
        cell.r = plain | touch.epoch;
        cell.rpc = touch.pc & LOW;
    } else {
        cell.set_write(touch.epoch, touch.pc, touch.act);
    }
}
