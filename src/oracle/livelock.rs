//! Livelock: tasks take steps for ever and get nowhere.

use crate::finding::{Finding, Kind};
use crate::snapshot::{Snapshot, Stop};

/// The body had not returned when the steps of the budget were used up.
///
/// The second half of the budget is spent under a fair scheduler, so a task
/// that merely was not scheduled does not count; see
/// [`Budget::steps`](crate::budget::Budget::steps).
#[must_use]
pub fn endless(snapshot: &Snapshot) -> Option<Finding> {
    if snapshot.stop != Stop::OutOfSteps || snapshot.main_finished {
        return None;
    }
    Some(Finding::new(
        Kind::Livelock,
        "no end within the step budget, not even under a fair scheduler",
    ))
}
