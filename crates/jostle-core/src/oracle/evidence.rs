//! Converts blocked tasks into `Wait`s and messages.

use crate::finding::{Call, Finding, Kind, Place, Wait};
use crate::id::TaskId;
use crate::snapshot::{Blocked, Snapshot, TaskState};

/// Every task that waits, by number.
pub(super) fn blocked(snapshot: &Snapshot) -> impl Iterator<Item = (TaskId, &Blocked)> {
    snapshot.tasks.iter().filter_map(|row| match &row.state {
        TaskState::Blocked(blocked) => Some((row.task, blocked)),
        TaskState::Finished | TaskState::Runnable => None,
    })
}

/// The wait of one task.
pub(super) fn wait((task, blocked): (TaskId, &Blocked)) -> Wait {
    Wait {
        task,
        op: blocked.op,
        object: blocked.object,
        place: Place::from(blocked.site),
        call: Call::from(blocked.site),
        on: blocked.on.clone(),
    }
}

/// A finding that consists of tasks that wait.
///
/// Its place is the smallest place at which a task waits, and its task the
/// first one there. The place is part of the signature: chosen in this way it
/// depends neither on the numbers of the tasks nor on how many wait at the same
/// place.
pub(super) fn finding(kind: Kind, message: String, waits: Vec<Wait>) -> Finding {
    let shows = waits
        .iter()
        .min_by(|a, b| a.place.cmp(&b.place).then(a.task.cmp(&b.task)));
    Finding {
        task: shows.map(|wait| wait.task),
        place: shows.map(|wait| wait.place.clone()),
        waits,
        ..Finding::new(kind, message)
    }
}

/// The smallest place of what tasks did again and again, and the first task that did
/// it: where a loop shows that has no end.
///
/// Which of its operations was the last one depends on the budget, which is the
/// smallest one does not.
pub(super) fn loops(snapshot: &Snapshot) -> Option<(TaskId, Place)> {
    let repeated = snapshot.repeated.iter();
    let (place, task) = repeated.map(|op| (Place::from(op.site), op.task)).min()?;
    Some((task, place))
}

/// `"1 task leaked"`, `"2 tasks leaked"`.
pub(super) fn count(waits: &[Wait], verb: &str) -> String {
    let plural = if waits.len() == 1 { "" } else { "s" };
    format!("{} task{plural} {verb}", waits.len())
}

/// What the tasks do, each thing once, with a mark: `"[receive (leaked)]"`.
pub(super) fn states(waits: &[Wait], mark: &str) -> String {
    let mut ops: Vec<_> = waits.iter().map(|wait| (wait.op, wait.word())).collect();
    ops.sort_unstable();
    ops.dedup_by_key(|op| op.1);
    let states: Vec<_> = ops.iter().map(|op| format!("[{}{mark}]", op.1)).collect();
    states.join(", ")
}
