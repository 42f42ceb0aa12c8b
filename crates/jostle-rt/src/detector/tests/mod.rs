//! Tests of the detector: each rule with a racy program and its ordered twin (`rules`), limits
//! (`limits`), random programs against all pairs of a full history (`model`), cost (`cost`).

mod cost;
mod limits;
mod model;
mod rules;

use super::{Detector, Kind, Slot};

/// An address with room around it; nothing is mapped there.
const X: usize = 0x7000_0001_0000;

/// A detector with threads 0 (the parent) and 1 to `children`.
fn with(children: Slot) -> Detector {
    let mut detector = Detector::new().expect("mapped");
    begin(&mut detector, children);
    detector
}

fn begin(detector: &mut Detector, children: Slot) {
    detector.reset();
    detector.thread_start(None, 0);
    for child in 1..=children {
        detector.thread_start(Some(0), child);
    }
}

fn kind(detector: &mut Detector) -> Option<Kind> {
    detector.take_report().map(|report| report.kind)
}
