//! Publishes the last step of an execution to a watchdog on another OS thread.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::id::TaskId;
use crate::op::{AtomicSite, OpKind, Site};

/// A step.
#[derive(Clone, Copy, Debug)]
pub struct LastStep {
    /// The task that made it.
    pub task: TaskId,
    /// What was done.
    pub kind: OpKind,
    /// Where.
    pub site: Site,
}

/// Where a kernel shows its last step.
///
/// Atomics throughout, since it is read at any moment by others. What is read belongs
/// together once the OS thread of the kernel stands still.
#[derive(Default, Debug)]
pub struct Heartbeat {
    beats: AtomicU64,
    /// The task and the code of its operation.
    last: AtomicU64,
    site: AtomicSite,
}

impl Heartbeat {
    /// Nothing has been executed yet.
    #[must_use]
    pub const fn new() -> Heartbeat {
        Heartbeat {
            beats: AtomicU64::new(0),
            last: AtomicU64::new(0),
            site: AtomicSite::new(),
        }
    }

    /// A sign of life. Only the owning OS thread gives any, so that a load and a store
    /// do.
    #[inline(always)]
    pub fn beat(&self) {
        let beats = self.beats.load(Ordering::Relaxed);
        self.beats.store(beats.wrapping_add(1), Ordering::Relaxed);
    }

    /// `task` has made a step.
    #[inline(always)]
    pub(super) fn step(&self, task: TaskId, kind: OpKind, site: Site) {
        let last = u64::from(task.0) << 8 | kind as u64;
        self.last.store(last, Ordering::Relaxed);
        self.site.set(Some(site));
        self.beat();
    }

    /// There is no last step.
    #[inline]
    pub fn clear(&self) {
        self.beat();
        self.site.set(None);
    }

    /// How many signs of life there were.
    #[must_use]
    #[inline]
    pub fn beats(&self) -> u64 {
        self.beats.load(Ordering::Relaxed)
    }

    /// The last step, `None` before the first one.
    #[must_use]
    #[inline]
    pub fn last_step(&self) -> Option<LastStep> {
        let last = self.last.load(Ordering::Relaxed);
        Some(LastStep {
            task: TaskId((last >> 8) as u32),
            kind: *OpKind::ALL.get((last & 0xff) as usize)?,
            site: self.site.get()?,
        })
    }
}
