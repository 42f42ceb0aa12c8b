//! The counters of a running campaign, for a progress line on another OS thread.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// What a campaign has come to so far, for a progress line on another thread.
#[derive(Debug, Default)]
pub struct Progress {
    pub(super) executions: AtomicU64,
    pub(super) distinct: AtomicU64,
    /// Of those, seen once.
    pub(super) once: AtomicU64,
    pub(super) findings: AtomicU64,
    pub(super) stop: AtomicBool,
}

impl Progress {
    /// Executions made so far.
    #[must_use]
    pub fn executions(&self) -> u64 {
        self.executions.load(Ordering::Relaxed)
    }

    /// Different executions so far: classes of equivalent ones.
    #[must_use]
    pub fn distinct(&self) -> u64 {
        self.distinct.load(Ordering::Relaxed)
    }

    /// About how likely the next execution is different from all so far, if that is
    /// known.
    #[must_use]
    pub fn unseen(&self) -> Option<f64> {
        let once = self.once.load(Ordering::Relaxed);
        let executions = self.executions();
        (once > 0 && executions > 0).then(|| once as f64 / executions as f64)
    }

    /// Executions with a finding so far.
    #[must_use]
    pub fn findings(&self) -> u64 {
        self.findings.load(Ordering::Relaxed)
    }

    /// Ends the campaign as soon as the present executions have ended.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}
