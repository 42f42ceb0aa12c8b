//! Findings of the race detector and of the heap.

use jostle_core::finding::{Finding, Kind};

use crate::engine::Engine;
use crate::heap::Freed;

impl Engine {
    /// The detector's report as a finding.
    pub(crate) fn race_finding(&mut self) -> Option<Finding> {
        let report = self.detector.take_report()?;
        Some(Finding::new(Kind::Race, format!("data race: {report:?}")))
    }

    /// A block was freed that is none, or none any more.
    pub(crate) fn bad_free(&mut self, freed: Freed, _: usize, _: usize) -> Finding {
        Finding::new(Kind::Race, format!("double free: {freed:?}"))
    }
}
