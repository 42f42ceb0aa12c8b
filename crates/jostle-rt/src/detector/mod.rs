//! Happens-before race detection over plain memory, atomics and freed memory.
//!
//! FastTrack (Flanagan and Freund, PLDI'09) at byte precision, with C++'s rules for atomic
//! operations and fences. Logical threads never run in parallel, so there are no locks here.
//! The caller holds the one [`Detector`], tells it of everything the program does, in the
//! order in which it happens, and asks [`Detector::has_report`]. Only the first conflict of an
//! execution is kept: what follows it may be its consequence.
//!
//! - `cell`: what is known of eight bytes; `shadow`: from addresses to cells; `spans`: large
//!   ranges; `sets`: accesses that nothing orders among themselves; `clocks`: what each thread
//!   knows.
//! - `plain`, `ranges`: reads and writes, blocks, allocation, deallocation, private memory.
//! - `sync`: atomics, fences, keys. `watch`: finding an access again. `report`: the answer.
//!
//! All of it runs on the program's stacks: no thread-locals, no allocator, no panic, no libc.
//! (But for `memset` and `memcpy`, which compilers call for fills and copies: a runtime that
//! defines these names for the program has to let its own calls pass.)
//! Storage is mapped when the detector is made ([`crate::region`]) and handed out by tables
//! that each have a `full` flag: once one is full, the rest of the execution is not judged
//! ([`Detector::is_blind`]), and nothing else happens.
//!
//! A new execution ([`Detector::reset`]) costs the same whatever the last one did: numbers of
//! executions tell what is left of earlier ones. After very large executions their pages are
//! given back.
//!
//! For stale values of atomics (weak memory) this keeps, for each location, the clock of what
//! it holds only; a list of stores with their clocks takes the place of `released` in `sync`,
//! and `clocks` and the plain rules stay as they are.

mod cell;
mod clocks;
mod plain;
mod ranges;
mod report;
mod sets;
mod shadow;
mod spans;
mod sync;
#[cfg(test)]
mod tests;
mod watch;

use clocks::Clocks;
use plain::Touch;
use sets::Sets;
use shadow::Shadow;
use sync::Sync;
use watch::Watch;

use crate::raw::Errno;
#[cfg(test)]
pub(crate) use clocks::SLOTS;
pub(crate) use report::{Access, Act, Kind, Report};
pub(crate) use sync::Order;

/// Where a logical thread stands in the tables: 0 to 1023, used again after its end.
pub(crate) type Slot = u16;

/// See the module.
#[derive(Debug)]
pub(crate) struct Detector {
    clocks: Clocks,
    shadow: Shadow,
    sets: Sets,
    sync: Sync,
    first: Option<Report>,
    watch: Option<Watch>,
}

impl Detector {
    /// Maps the tables: addresses only, memory comes with use.
    pub(crate) fn new() -> Result<Self, Errno> {
        Ok(Self {
            clocks: Clocks::new()?,
            shadow: Shadow::new()?,
            sets: Sets::new()?,
            sync: Sync::new()?,
            first: None,
            watch: None,
        })
    }

    /// A new execution: no threads, no history. What is watched stays watched.
    pub(crate) fn reset(&mut self) {
        self.clocks.reset();
        self.shadow.reset();
        self.sets.reset();
        self.sync.reset();
        self.first = None;
    }

    /// A thread begins in slot `child`. What `parent` has done happens before it.
    ///
    /// A slot may be used again after `thread_end`. Prefer one that is
    /// [`reusable`](Self::reusable) for the parent; with another one no race is invented, but
    /// those of the slot's former owner with the new one are not seen.
    pub(crate) fn thread_start(&mut self, parent: Option<Slot>, child: Slot) {
        self.clocks.start(parent, child);
    }

    /// The thread in `slot` does nothing more. Its clock stays until the slot is used again.
    pub(crate) fn thread_end(&mut self, slot: Slot) {
        self.clocks.advance(slot);
    }

    /// What the thread in `other` has done, which has ended, happens before what `me` does
    /// next.
    pub(crate) fn thread_join(&mut self, me: Slot, other: Slot) {
        self.clocks.join(me, other);
    }

    /// Whether everything done by former owners of `slot` happens before what `parent` does
    /// next: a thread that it starts there loses no race.
    #[cfg_attr(
        not(test),
        allow(
            dead_code,
            reason = "no slot is given to two threads of an execution yet"
        )
    )]
    pub(crate) fn reusable(&self, parent: Slot, slot: Slot) -> bool {
        self.clocks.knows_all_of(parent, slot)
    }

    /// Whether there is a report, or an access is watched for.
    #[inline(always)]
    pub(crate) fn has_news(&self) -> bool {
        self.first.is_some() || self.watch.is_some()
    }

    /// Whether there is a report.
    #[inline]
    pub(crate) fn has_report(&self) -> bool {
        self.first.is_some()
    }

    /// The first conflict of this execution, once.
    pub(crate) fn take_report(&mut self) -> Option<Report> {
        self.first.take()
    }

    /// Whether a table was too small for this execution, so that races are missed.
    pub(crate) fn is_blind(&self) -> bool {
        self.clocks.full || self.shadow.full || self.sets.full || self.sync.full
    }

    #[cold]
    #[inline(never)]
    fn report(&mut self, earlier: Access, touch: &Touch) {
        if self.first.is_some() || self.is_blind() {
            return;
        }
        let later = touch.access();
        let kind = match (earlier.act, later.act) {
            (Act::Free, _) => Kind::UseAfterFree,
            (Act::Allocate, _) => Kind::AllocatedUse,
            (_, Act::Free) => Kind::AccessFree,
            (a, b) if a.is_atomic() && !b.is_atomic() => Kind::AtomicPlain,
            (a, b) if !a.is_atomic() && b.is_atomic() => Kind::PlainAtomic,
            (Act::Read, _) => Kind::ReadWrite,
            (_, Act::Read) => Kind::WriteRead,
            _ => Kind::WriteWrite,
        };
        let Touch { address, size, .. } = *touch;
        self.first = Some(Report {
            kind,
            address,
            size,
            earlier,
            later,
        });
    }
}
