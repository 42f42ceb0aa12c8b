//! What orders threads: atomic operations, fences, and keys (locks, futexes, descriptors).
//!
//! The rules are C++20's [intro.races] and [atomics.fences], which Rust has adopted, with one
//! deliberate difference. A release sequence goes on through a relaxed store by the thread
//! that made the release (C++11), though C++20 ends it there. Hardware and LLVM keep that
//! order, and code exists that relies on it (crossbeam where `cfg(sanitize = "thread")` is
//! set, which makes its fences stores). Of both rules this is the one with more order, so that
//! neither kind of program gets a false report. A relaxed store by another thread ends the
//! sequence under both.
//!
//! Of several threads with releases in one sequence, one that goes on with a relaxed store
//! keeps the part of the location's clock that it knows itself: at least its own release, and
//! nothing that the location did not hold.
//!
//! A sequentially consistent operation is an acquire and a release; a fence likewise. The
//! total order of such operations gives no happens-before ([atomics.order]).
//!
//! Locations are told apart by address and size. Where atomics of different sizes overlap,
//! which the languages do not define, an acquire takes all that overlap.
//!
//! A release to bytes that are private starts no new epoch: who reads them before a later
//! release of the thread races with the write that makes them private, and who reads them
//! after it is ordered after everything of the epoch anyway.

use super::cell::{ATOMIC, ATOMIC_TAIL, access, mask_of};
use super::clocks::Clock;
use super::plain::Touch;
use super::report::Act;
use super::sets::Past;
use super::shadow::{Run, runs};
use super::{Detector, Slot};
use crate::raw::Errno;
use crate::region::{Region, Zero};

/// The memory order of an operation. Consume is acquire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Order {
    /// No order with other locations.
    Relaxed,
    /// What the store that is read has released happens before.
    Acquire,
    /// What came before is released with the value.
    Release,
    /// Both.
    AcqRel,
    /// Both, and one order of all such operations.
    SeqCst,
}

impl Order {
    /// From the argument of `__tsan_atomic*` (C11's `memory_order`).
    #[inline]
    pub(crate) fn from_tsan(order: i32) -> Self {
        match order {
            0 => Self::Relaxed,
            1 | 2 => Self::Acquire,
            3 => Self::Release,
            4 => Self::AcqRel,
            _ => Self::SeqCst,
        }
    }

    #[inline]
    fn acquires(self) -> bool {
        matches!(self, Self::Acquire | Self::AcqRel | Self::SeqCst)
    }

    #[inline]
    fn releases(self) -> bool {
        matches!(self, Self::Release | Self::AcqRel | Self::SeqCst)
    }
}

/// An atomic location, or a key.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
struct Object {
    address: u64,
    size: u32,
    /// The next object of the granule; 0 at the end.
    next: u32,
    /// What an acquire gets.
    released: Clock,
    /// Whether no other object of the granule has bytes in common with it.
    alone: u64,
    /// The threads with a release in the present sequence: a bit for each slot modulo 64.
    heads: u64,
    stores: Past,
    loads: Past,
}

/// A row of the hash table.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
struct Row {
    key: u64,
    /// Number of the execution and, in bit 0, whether this is a key; 0 if never used.
    stamp: u64,
    object: u32,
    unused: u32,
}

#[expect(unsafe_code, reason = "the marker for types that a region may hold")]
mod zero {
    use super::{Object, Row, Zero};
    // SAFETY: integers, and structures of them.
    unsafe impl Zero for Object {}
    // SAFETY: integers.
    unsafe impl Zero for Row {}
}

/// All objects of an execution: a hash table by granule or key, which grows when it is half
/// full. Rows of earlier executions count as free.
#[derive(Debug)]
pub(super) struct Sync {
    rows: Region<Row>,
    /// Where the present table begins. A larger one is put behind it.
    start: usize,
    bits: u32,
    in_use: usize,
    generation: u64,
    objects: Region<Object>,
    top: usize,
    /// The atomic locations that were used last, by address.
    recent: [Recent; RECENT],
    /// There was no room left.
    pub(super) full: bool,
}

/// An atomic location that was used lately; of no execution if `generation` is another one.
#[derive(Clone, Copy, Debug)]
struct Recent {
    address: u64,
    generation: u64,
    size: u32,
    object: u32,
}

const RECENT: usize = 64;

/// Where a location is kept. Neighbours in a granule are kept apart.
#[inline(always)]
fn place(address: u64) -> usize {
    (address ^ address >> 6) as usize % RECENT
}

const FIRST_BITS: u32 = 10;
const LAST_BITS: u32 = 25;

impl Sync {
    pub(super) fn new() -> Result<Self, Errno> {
        Ok(Self {
            rows: Region::new(1 << (LAST_BITS + 1))?,
            start: 0,
            bits: FIRST_BITS,
            in_use: 0,
            generation: 1,
            objects: Region::new(1 << LAST_BITS)?,
            top: 1,
            recent: [Recent {
                address: 0,
                generation: 0,
                size: 0,
                object: 0,
            }; RECENT],
            full: false,
        })
    }

    pub(super) fn reset(&mut self) {
        if self.top > 1 << 17 {
            self.objects.clear(0, self.top);
        }
        self.generation += 1;
        self.in_use = 0;
        self.top = 1;
        self.full = false;
    }

    /// The row of a granule or key: found, made, or `None` (absent and not to be made, or no
    /// room left).
    #[inline]
    fn row(&mut self, key: u64, named: bool, make: bool) -> Option<&mut Row> {
        let stamp = self.generation << 1 | u64::from(named);
        let mask = (1_usize << self.bits) - 1;
        let mut index = hash(key, self.bits);
        let place = loop {
            let row = self.rows.at(self.start + index);
            if row.stamp == stamp && row.key == key {
                break self.start + index;
            }
            if row.stamp >> 1 != self.generation {
                if !make {
                    return None;
                }
                if self.in_use >= mask / 2 {
                    self.grow()?;
                    return self.row(key, named, make);
                }
                self.in_use += 1;
                let place = self.start + index;
                *self.rows.at_mut(place) = Row {
                    key,
                    stamp,
                    object: 0,
                    unused: 0,
                };
                break place;
            }
            index = (index + 1) & mask;
        };
        Some(self.rows.at_mut(place))
    }

    #[cold]
    fn grow(&mut self) -> Option<()> {
        if self.bits == LAST_BITS {
            self.full = true;
            return None;
        }
        let (start, length) = (self.start, 1_usize << self.bits);
        self.bits += 1;
        self.start = start + length;
        let mask = (1_usize << self.bits) - 1;
        for index in start..start + length {
            let row = *self.rows.at(index);
            if row.stamp >> 1 != self.generation {
                continue;
            }
            let mut index = hash(row.key, self.bits);
            while self.rows.at(self.start + index).stamp >> 1 == self.generation {
                index = (index + 1) & mask;
            }
            *self.rows.at_mut(self.start + index) = row;
        }
        self.rows.clear(start, start + length);
        Some(())
    }

    /// As [`object`](Sync::object) for an atomic location.
    #[inline(always)]
    fn location(&mut self, address: u64, size: u32) -> Option<usize> {
        let generation = self.generation;
        if let Some(recent) = self.recent.get(place(address))
            && recent.address == address
            && recent.generation == generation
            && recent.size == size
        {
            return Some(recent.object as usize);
        }
        let object = self.object(address >> 3, false, address, size)?;
        if let Some(recent) = self.recent.get_mut(place(address)) {
            *recent = Recent {
                address,
                generation,
                size,
                object: object as u32,
            };
        }
        Some(object)
    }

    /// The number of the object of exactly these bytes, made if it is not there.
    #[inline]
    fn object(&mut self, key: u64, named: bool, address: u64, size: u32) -> Option<usize> {
        let top = self.top;
        let room = self.objects.capacity();
        let row = self.row(key, named, true)?;
        let first = row.object;
        let mut at = first as usize;
        if at == 0 {
            row.object = top as u32;
        }
        let mut alone = true;
        while at != 0 {
            let object = self.objects.at(at);
            if object.address == address && object.size == size {
                return Some(at);
            }
            alone &= object.address + u64::from(object.size) <= address
                || address + u64::from(size) <= object.address;
            at = object.next as usize;
        }
        if !alone {
            let mut at = first as usize;
            while at != 0 {
                let object = self.objects.at_mut(at);
                object.alone = 0;
                at = object.next as usize;
            }
        }
        if top + 1 >= room {
            if first == 0 {
                self.row(key, named, true)?.object = 0;
            }
            self.full = true;
            return None;
        }
        self.top += 1;
        let mut object = Object {
            address,
            size,
            alone: u64::from(alone),
            ..Object::default()
        };
        if first != 0 {
            object.next = self.objects.at(first as usize).next;
            self.objects.at_mut(first as usize).next = top as u32;
        }
        *self.objects.at_mut(top) = object;
        Some(top)
    }

    /// Forgets the atomics of a granule, as far as they are still listed.
    pub(super) fn clear_granule(&mut self, address: usize) {
        let granule = address as u64 & !7;
        for address in granule..granule + 8 {
            if let Some(recent) = self.recent.get_mut(place(address)) {
                recent.generation = 0;
            }
        }
        if let Some(row) = self.row(granule >> 3, false, false) {
            row.object = 0;
        }
    }

    fn first(&mut self, key: u64, named: bool) -> usize {
        self.row(key, named, false)
            .map_or(0, |row| row.object as usize)
    }
}

#[inline]
fn hash(key: u64, bits: u32) -> usize {
    (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - bits)) as usize
}

impl Detector {
    /// An atomic load, or a compare-exchange that failed, with its order for that case.
    pub(crate) fn load(
        &mut self,
        slot: Slot,
        address: usize,
        size: usize,
        order: Order,
        pc: usize,
    ) {
        let touch = self.touch(slot, address, size, pc, Act::AtomicLoad);
        let Some((object, _, tail)) = self.atomic(&touch) else {
            return;
        };
        self.acquire_from(&touch, object, tail, order);
    }

    /// An atomic store.
    pub(crate) fn store(
        &mut self,
        slot: Slot,
        address: usize,
        size: usize,
        order: Order,
        pc: usize,
    ) {
        let touch = self.touch(slot, address, size, pc, Act::AtomicStore);
        let Some((object, private, _)) = self.atomic(&touch) else {
            return;
        };
        let object = self.sync.objects.at_mut(object);
        let bit = 1 << (slot & 63);
        if order.releases() {
            object.released.empty();
            self.clocks.release(slot, &mut object.released, false);
            object.heads = bit;
            if !private {
                self.clocks.advance(slot);
            }
            return;
        }
        if object.heads & bit == 0 {
            object.released.empty();
            object.heads = 0;
        } else if object.heads != bit {
            self.clocks.limit(slot, &mut object.released);
            object.heads = bit;
        }
        if self.clocks.has_fenced(slot) {
            self.clocks.release(slot, &mut object.released, true);
            object.heads |= bit;
        }
    }

    /// An atomic read-modify-write.
    pub(crate) fn rmw(&mut self, slot: Slot, address: usize, size: usize, order: Order, pc: usize) {
        let touch = self.touch(slot, address, size, pc, Act::AtomicStore);
        let Some((object, private, tail)) = self.atomic(&touch) else {
            return;
        };
        self.acquire_from(&touch, object, tail, order);
        let object = self.sync.objects.at_mut(object);
        if order.releases() {
            self.clocks.release(slot, &mut object.released, false);
            object.heads |= 1 << (slot & 63);
            if !private {
                self.clocks.advance(slot);
            }
        } else if self.clocks.has_fenced(slot) {
            self.clocks.release(slot, &mut object.released, true);
            object.heads |= 1 << (slot & 63);
        }
    }

    /// A fence.
    pub(crate) fn fence(&mut self, slot: Slot, order: Order) {
        if order.acquires() {
            self.clocks.acquire_fence(slot);
        }
        if order.releases() {
            self.clocks.release_fence(slot);
        }
    }

    /// What was released to `key` happens before what `slot` does next. Keys have nothing to
    /// do with addresses that happen to be equal.
    pub(crate) fn acquire(&mut self, slot: Slot, key: u64) {
        let object = self.sync.first(key, true);
        if object != 0 {
            let clock = self.sync.objects.at(object).released;
            self.clocks.acquire(slot, clock, true);
        }
    }

    /// What `slot` has done happens before what follows an acquire of `key`. Releases add up.
    pub(crate) fn release(&mut self, slot: Slot, key: u64) {
        if let Some(object) = self.sync.object(key, true, 0, 0) {
            let object = self.sync.objects.at_mut(object);
            self.clocks.release(slot, &mut object.released, false);
        }
        self.clocks.advance(slot);
    }

    /// The object of `key` is gone; another one may come with the same key.
    pub(crate) fn forget(&mut self, key: u64) {
        if let Some(row) = self.sync.row(key, true, false) {
            row.object = 0;
        }
    }

    /// Judges and records an atomic operation. Its object, whether its bytes are private, and
    /// whether an object of the granule before may overlap; `None` if there is nothing to
    /// order.
    #[inline]
    fn atomic(&mut self, touch: &Touch) -> Option<(usize, bool, bool)> {
        self.note_watched(touch);
        let (address, size) = (touch.address, touch.size);
        let (mut private, mut tail) = (true, false);
        if address & 7 <= 8_usize.wrapping_sub(size) && size <= 8 {
            let mask = mask_of(address & 7, size);
            (private, tail) = self.atomic_granule(touch, address, mask, true)?;
        } else {
            for (part, mask) in runs(address, size).flat_map(Run::granules) {
                let of_part = self.atomic_granule(touch, part, mask, part == address)?;
                private &= of_part.0;
                // Others may begin in its other granules.
                tail = true;
            }
        }
        let object = self.sync.location(address as u64, size as u32)?;
        let known = |epoch| self.clocks.knows(touch.slot, epoch);
        let pc = touch.pc & super::cell::LOW;
        let row = self.sync.objects.at_mut(object);
        if touch.act == Act::AtomicStore {
            row.stores = self.sets.add(row.stores, touch.epoch, pc, known);
        } else {
            row.loads = self.sets.add(row.loads, touch.epoch, pc, known);
        }
        Some((object, private, tail))
    }

    /// Takes the clocks of all objects that have bytes in common with a load.
    #[inline]
    fn acquire_from(&mut self, touch: &Touch, object: usize, tail: bool, order: Order) {
        let (slot, known) = (touch.slot, order.acquires());
        let own = self.sync.objects.at(object);
        let (released, alone) = (own.released, own.alone != 0);
        self.clocks.acquire(slot, released, known);
        if alone && !tail {
            return;
        }
        self.each_overlapping(touch.address, touch.size, |detector, other| {
            let clock = detector.sync.objects.at(other).released;
            detector.clocks.acquire(slot, clock, known);
            true
        });
    }

    fn has_tail(&self, address: usize) -> bool {
        self.shadow
            .look(address)
            .is_some_and(|cell| cell.has(ATOMIC_TAIL))
    }

    /// Calls `then` for each object with bytes in the range, until it says false.
    fn each_overlapping(
        &mut self,
        address: usize,
        size: usize,
        mut then: impl FnMut(&mut Self, usize) -> bool,
    ) {
        let (start, end) = (address as u64, address as u64 + size as u64);
        let mut granule = start >> 3;
        if self.has_tail(address) {
            granule -= 1;
        }
        while granule << 3 < end {
            let listed = self.shadow.look((granule << 3) as usize);
            let mut at = match listed {
                Some(cell) if cell.has(ATOMIC) => self.sync.first(granule, false),
                _ => 0,
            };
            while at != 0 {
                let object = *self.sync.objects.at(at);
                if object.address < end
                    && object.address + u64::from(object.size) > start
                    && !then(self, at)
                {
                    return;
                }
                at = object.next as usize;
            }
            granule += 1;
        }
    }

    /// A plain access against the atomic operations on the same bytes of a granule.
    pub(super) fn check_atomics(&mut self, touch: &Touch, address: usize, mask: u8) {
        let start = address & !7 | mask.trailing_zeros() as usize;
        let size = mask.count_ones() as usize;
        let slot = touch.slot;
        self.each_overlapping(start, size, |detector, object| {
            let object = *detector.sync.objects.at(object);
            let clocks = &detector.clocks;
            let known = |epoch| clocks.knows(slot, epoch);
            if let Some(store) = detector.sets.unordered(object.stores, known) {
                detector.report(access(store.epoch, store.pc, Act::AtomicStore), touch);
                return false;
            }
            if touch.act.is_write()
                && let Some(load) = detector.sets.unordered(object.loads, known)
            {
                detector.report(access(load.epoch, load.pc, Act::AtomicLoad), touch);
                return false;
            }
            true
        });
    }
}
