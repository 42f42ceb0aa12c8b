//! Vector clocks of threads and of what synchronizes them.
//!
//! Component `s` of a clock says up to which own clock the thread in slot `s` is known. A
//! thread's own clock advances at each of its releases, so that what it does afterwards is
//! told from what it released. It never goes back within an execution, not even when another
//! thread takes the slot: old epochs stay comparable.
//!
//! Loops run up to `top`, the number of slots used in this execution, never to the limit.
//! A thread has three clocks: what it knows, what its relaxed loads have seen (an acquire
//! fence makes that known), and what it knew at its last release fence (its relaxed stores
//! release that): C++20 [atomics.fences].

use super::Slot;
use super::cell::slot_of;
use crate::raw::Errno;
use crate::region::{Region, Zero};

/// Slots are below this.
pub(crate) const SLOTS: usize = 1024;

/// Words from one clock to the next. Not a power of two: rows of several threads would share
/// the same few sets of the cache.
const ROW: usize = SLOTS + 16;
const KNOWN: usize = 0;
const SEEN: usize = 1;
const FENCED: usize = 2;

/// What is asked at each access.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(super) struct Thread {
    /// `slot << 32 | own clock`.
    pub(super) epoch: u64,
    /// The same, or a value that no cell holds while accesses are watched.
    pub(super) fast: u64,
    /// The execution that it belongs to.
    generation: u64,
    /// How many words of its rows may be other than zero.
    dirty: u32,
    /// Whether there was a release fence, a relaxed load.
    fences: u32,
}

/// A clock of an object: words in the arena.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub(super) struct Clock {
    start: u32,
    length: u16,
    room: u16,
}

impl Clock {
    /// Nothing is known; the room stays.
    #[inline]
    pub(super) fn empty(&mut self) {
        self.length = 0;
    }
}

#[expect(unsafe_code, reason = "the marker for types that a region may hold")]
mod zero {
    use super::{Thread, Zero};
    // SAFETY: integers only.
    unsafe impl Zero for Thread {}
}

/// See the module.
#[derive(Debug)]
pub(super) struct Clocks {
    threads: Region<Thread>,
    rows: Region<u32>,
    words: Region<u32>,
    words_top: usize,
    top: usize,
    generation: u64,
    watching: bool,
    /// There was no room left: an object's clock could not grow.
    pub(super) full: bool,
}

impl Clocks {
    pub(super) fn new() -> Result<Self, Errno> {
        Ok(Self {
            threads: Region::new(SLOTS)?,
            rows: Region::new(SLOTS * 3 * ROW)?,
            words: Region::new(1 << 30)?,
            words_top: 0,
            top: 0,
            generation: 1,
            watching: false,
            full: false,
        })
    }

    pub(super) fn reset(&mut self) {
        if self.words_top > 1 << 22 {
            self.words.clear(0, self.words_top);
        }
        self.words_top = 0;
        self.top = 0;
        self.generation += 1;
        self.full = false;
    }

    #[inline(always)]
    pub(super) fn thread(&self, slot: Slot) -> &Thread {
        self.threads.at(usize::from(slot))
    }

    /// Whether what happened at `epoch` happens before what `slot` does next.
    #[inline(always)]
    pub(super) fn knows(&self, slot: Slot, epoch: u64) -> bool {
        *self.rows.at(usize::from(slot) * 3 * ROW + slot_of(epoch)) >= epoch as u32
    }

    /// Whether all that the owners of `slot` have done in this execution happens before what
    /// `parent` does next.
    #[cfg_attr(
        not(test),
        allow(
            dead_code,
            reason = "no slot is given to two threads of an execution yet"
        )
    )]
    pub(super) fn knows_all_of(&self, parent: Slot, slot: Slot) -> bool {
        let old = self.thread(slot);
        old.generation != self.generation || self.knows(parent, old.epoch)
    }

    pub(super) fn start(&mut self, parent: Option<Slot>, child: Slot) {
        let index = usize::from(child);
        let old = *self.thread(child);
        let before = if old.generation == self.generation {
            old.epoch as u32
        } else {
            0
        };
        for which in [KNOWN, SEEN, FENCED] {
            self.rows
                .slice_mut((index * 3 + which) * ROW, old.dirty as usize)
                .fill(0);
        }
        self.top = self.top.max(index + 1);
        let thread = self.threads.at_mut(index);
        thread.generation = self.generation;
        thread.dirty = self.top as u32;
        thread.fences = 0;
        if let Some(parent) = parent {
            self.join_rows(child, KNOWN, parent, KNOWN);
            self.advance(parent);
        }
        self.set_clock(child, before.saturating_add(1));
    }

    /// What `other` has done happens before what `me` does next.
    pub(super) fn join(&mut self, me: Slot, other: Slot) {
        self.join_rows(me, KNOWN, other, KNOWN);
    }

    /// A new epoch: what follows is told from what was released.
    pub(super) fn advance(&mut self, slot: Slot) {
        let clock = (self.thread(slot).epoch as u32).saturating_add(1);
        self.set_clock(slot, clock);
    }

    pub(super) fn set_watching(&mut self, watching: bool) {
        self.watching = watching;
        for slot in 0..SLOTS {
            let thread = self.threads.at_mut(slot);
            thread.fast = if watching { u64::MAX } else { thread.epoch };
        }
    }

    pub(super) fn acquire_fence(&mut self, slot: Slot) {
        self.join_rows(slot, KNOWN, slot, SEEN);
    }

    pub(super) fn release_fence(&mut self, slot: Slot) {
        self.join_rows(slot, FENCED, slot, KNOWN);
        self.threads.at_mut(usize::from(slot)).fences = 1;
        self.advance(slot);
    }

    /// Whether `slot` has made a release fence.
    pub(super) fn has_fenced(&self, slot: Slot) -> bool {
        self.thread(slot).fences != 0
    }

    /// What `clock` holds is known to `slot` (or, without `known`, from its next acquire
    /// fence on).
    pub(super) fn acquire(&mut self, slot: Slot, clock: Clock, known: bool) {
        if clock.length == 0 {
            return;
        }
        let which = if known { KNOWN } else { SEEN };
        let (start, length) = self.row(slot, which);
        self.touch(slot);
        let from = self
            .words
            .slice(clock.start as usize, usize::from(clock.length));
        let row = self.rows.slice_mut(start, length);
        for (mine, other) in row.iter_mut().zip(from) {
            *mine = (*mine).max(*other);
        }
    }

    /// `clock` joined with what `slot` knows (or, with `fenced`, knew at its release fence).
    pub(super) fn release(&mut self, slot: Slot, clock: &mut Clock, fenced: bool) {
        let which = if fenced { FENCED } else { KNOWN };
        let (start, length) = self.row(slot, which);
        if !self.grow(clock, length) {
            return;
        }
        let row = self.rows.slice(start, length);
        let into = self
            .words
            .slice_mut(clock.start as usize, usize::from(clock.length));
        for (other, mine) in into.iter_mut().zip(row) {
            *other = (*other).max(*mine);
        }
    }

    /// Of `clock`, only what `slot` knows.
    pub(super) fn limit(&mut self, slot: Slot, clock: &mut Clock) {
        let (start, length) = self.row(slot, KNOWN);
        clock.length = clock.length.min(length as u16);
        let row = self.rows.slice(start, length);
        let into = self
            .words
            .slice_mut(clock.start as usize, usize::from(clock.length));
        for (other, mine) in into.iter_mut().zip(row) {
            *other = (*other).min(*mine);
        }
    }

    fn grow(&mut self, clock: &mut Clock, length: usize) -> bool {
        let old = usize::from(clock.length);
        if length > usize::from(clock.room) {
            let room = length.next_power_of_two().clamp(4, SLOTS);
            if self.words_top + room >= self.words.capacity() {
                self.full = true;
                return false;
            }
            let start = self.words_top;
            self.words_top += room;
            for index in 0..old {
                *self.words.at_mut(start + index) = *self.words.at(clock.start as usize + index);
            }
            clock.start = start as u32;
            clock.room = room as u16;
        }
        if length > old {
            self.words
                .slice_mut(clock.start as usize + old, length - old)
                .fill(0);
            clock.length = length as u16;
        }
        true
    }

    fn row(&self, slot: Slot, which: usize) -> (usize, usize) {
        ((usize::from(slot) * 3 + which) * ROW, self.top)
    }

    fn touch(&mut self, slot: Slot) {
        self.threads.at_mut(usize::from(slot)).dirty = self.top as u32;
    }

    fn set_clock(&mut self, slot: Slot, clock: u32) {
        let watching = self.watching;
        *self
            .rows
            .at_mut(usize::from(slot) * 3 * ROW + usize::from(slot)) = clock;
        let thread = self.threads.at_mut(usize::from(slot));
        thread.epoch = u64::from(slot) << 32 | u64::from(clock);
        thread.fast = if watching { u64::MAX } else { thread.epoch };
    }

    fn join_rows(&mut self, me: Slot, into: usize, other: Slot, from: usize) {
        self.touch(me);
        let (into, length) = self.row(me, into);
        let (from, _) = self.row(other, from);
        for index in 0..length {
            let value = *self.rows.at(from + index);
            let mine = self.rows.at_mut(into + index);
            *mine = (*mine).max(value);
        }
    }
}
