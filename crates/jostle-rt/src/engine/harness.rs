//! The thread of the standard library's test harness.
//!
//! A test runs in a thread that the harness makes. What the harness itself does (it waits
//! for the result, prints, ends the process) is of no interest: none of its operations is a
//! scheduling point, and it is no task of the kernel. It runs from the fork point until it
//! waits, and again as soon as somebody ends its wait.

use jostle_protocol::Harness;

use crate::detector::Slot;
use crate::hot::Phase;

/// The slot of the main thread.
pub(crate) const SLOT: Slot = 0;

/// The main thread as far as it is a harness.
#[derive(Debug)]
pub(crate) struct Thread {
    kind: Harness,
    /// Its wait has ended.
    ready: bool,
}

impl Thread {
    pub(crate) fn new(kind: Harness) -> Thread {
        Thread { kind, ready: false }
    }

    pub(crate) fn reset(&mut self) {
        self.ready = false;
    }

    /// Whether the main thread is a harness.
    #[inline]
    pub(crate) fn exists(&self) -> bool {
        self.kind == Harness::Libtest
    }

    /// Whether the thread in `slot` is the harness.
    #[inline]
    pub(crate) fn is(&self, slot: Slot) -> bool {
        slot == SLOT && self.exists()
    }

    /// What the process does when the thread in `slot` runs.
    #[inline]
    pub(crate) fn phase(&self, slot: Slot) -> Phase {
        match self.is(slot) {
            true => Phase::Harness,
            false => Phase::Run,
        }
    }

    /// Whether it goes on now. It is heard once.
    #[inline]
    pub(crate) fn take_ready(&mut self) -> bool {
        std::mem::take(&mut self.ready)
    }

    /// Its wait has ended.
    #[inline]
    pub(crate) fn wake(&mut self) {
        self.ready = true;
    }
}
