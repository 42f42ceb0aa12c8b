//! Finds livelocks: the step budget runs out even under fair scheduling.

use crate::finding::{Finding, Kind};
use crate::oracle::evidence;
use crate::snapshot::{Snapshot, Stop};

/// The body had not returned when the steps of the budget were used up.
///
/// It shows where the tasks went round; see [`Snapshot::repeated`].
///
/// The second half of the budget is spent under a fair scheduler, so a task
/// that merely was not scheduled does not count; see
/// [`Budget::steps`](crate::budget::Budget::steps).
#[must_use]
pub fn endless(snapshot: &Snapshot) -> Option<Finding> {
    if snapshot.stop != Stop::OutOfSteps || snapshot.main_finished {
        return None;
    }
    let (task, place) = evidence::loops(snapshot).unzip();
    Some(Finding {
        task,
        place,
        ..Finding::new(
            Kind::Livelock,
            "no end within the step budget, not even under a fair scheduler",
        )
    })
}
