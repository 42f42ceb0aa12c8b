//! Finds lost wake-ups: tasks that sleep because no task waited when they were notified.

use crate::finding::{Finding, Kind, Wait};
use crate::op::OpKind;
use crate::oracle::evidence;
use crate::snapshot::{Snapshot, Stop};

/// A future returned `Pending` and its waker is gone, or a notification came
/// while nobody waited for it.
///
/// A lost waker is proof, so that where there is one the finding holds those
/// tasks alone. A missed notification is the likely cause: it is looked for
/// only where the task now waits for a condition or is parked, because other
/// primitives keep a wake-up that comes early.
#[must_use]
pub fn lost(snapshot: &Snapshot) -> Option<Finding> {
    if snapshot.stop != Stop::Quiescent {
        return None;
    }
    no_waker(snapshot).or_else(|| notified_early(snapshot))
}

fn no_waker(snapshot: &Snapshot) -> Option<Finding> {
    let waits: Vec<Wait> = evidence::blocked(snapshot)
        .filter(|(_, blocked)| blocked.waker_lost)
        .map(evidence::wait)
        .collect();
    found(waits, "pending, and no waker is left")
}

fn notified_early(snapshot: &Snapshot) -> Option<Finding> {
    let waits: Vec<Wait> = evidence::blocked(snapshot)
        .filter(|(_, blocked)| {
            matches!(blocked.op, OpKind::Wait | OpKind::Park)
                && snapshot.missed.contains(&blocked.object)
        })
        .map(evidence::wait)
        .collect();
    found(waits, "notified while nobody waited")
}

fn found(waits: Vec<Wait>, how: &str) -> Option<Finding> {
    if waits.is_empty() {
        return None;
    }
    let message = format!(
        "{}: {} {how}",
        evidence::count(&waits, "missed a wake-up"),
        evidence::states(&waits, "")
    );
    Some(evidence::finding(Kind::LostWakeup, message, waits))
}
