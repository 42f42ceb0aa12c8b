//! Finds leaks: tasks that remain when the body of the scenario has returned.

use crate::finding::{Finding, Kind, Wait};
use crate::oracle::evidence;
use crate::snapshot::{Snapshot, Stop, TaskState};

/// Nothing can run, the body has returned, and tasks still wait.
///
/// This is exact: at quiescence nothing can wake them, so there is nothing to
/// sleep and retry for. The words follow the leak profile of Go 1.27.
#[must_use]
pub fn leaked(snapshot: &Snapshot) -> Option<Finding> {
    if snapshot.stop != Stop::Quiescent || !snapshot.main_finished {
        return None;
    }
    let waits: Vec<Wait> = evidence::blocked(snapshot).map(evidence::wait).collect();
    if waits.is_empty() {
        return None;
    }
    let message = format!(
        "{}: {}",
        evidence::count(&waits, "leaked"),
        evidence::states(&waits, " (leaked)")
    );
    Some(evidence::finding(Kind::Leak, message, waits))
}

/// The body has returned, and the steps of the budget were not enough for the
/// other tasks to finish.
///
/// It shows where the tasks went round; see [`Snapshot::repeated`]. Where they happened
/// to stand when the steps ran out would make a different signature of every budget.
/// If none of them did anything lately, the finding names the first task that could
/// go on or, if all sleep, the first that is not finished.
#[must_use]
pub fn running(snapshot: &Snapshot) -> Option<Finding> {
    if snapshot.stop != Stop::OutOfSteps || !snapshot.main_finished {
        return None;
    }
    let left = snapshot
        .tasks
        .iter()
        .filter(|task| task.state != TaskState::Finished)
        .min_by_key(|task| (task.state != TaskState::Runnable, task.task))?;
    let (task, place) = evidence::loops(snapshot).unzip();
    Some(Finding {
        task: task.or(Some(left.task)),
        place,
        ..Finding::new(Kind::Leak, "still running after the body returned")
    })
}
