//! Finds deadlocks: tasks that wait for each other, and programs in which all sleep.

use crate::finding::{Finding, Kind, Wait};
use crate::id::TaskId;
use crate::oracle::evidence;
use crate::snapshot::{Snapshot, Stop, TaskState};

/// Tasks each of which waits for the next, and the last for the first.
///
/// Applies however the execution stopped: such tasks can never go on, whatever
/// the others do. If the runtime says that it stopped for a circle and the
/// snapshot shows none, every wait is given instead of the circle's.
#[must_use]
pub fn circle(snapshot: &Snapshot) -> Option<Finding> {
    let cycle = match find_circle(snapshot) {
        Some(cycle) => cycle,
        None if snapshot.stop == Stop::Cycle => Vec::new(),
        None => return None,
    };
    let waits: Vec<Wait> = evidence::blocked(snapshot)
        .filter(|(task, _)| cycle.is_empty() || cycle.contains(task))
        .map(evidence::wait)
        .collect();
    let message = match cycle.len() {
        0 => "tasks wait for each other".to_owned(),
        1 => "a task waits for itself".to_owned(),
        _ => evidence::count(&waits, "wait for each other"),
    };
    Some(Finding {
        cycle,
        ..evidence::finding(Kind::Deadlock, message, waits)
    })
}

/// Nothing can run, and the body has not returned.
///
/// The words are those of Go's runtime, which looks for the same thing: "all
/// goroutines are asleep - deadlock!".
#[must_use]
pub fn asleep(snapshot: &Snapshot) -> Option<Finding> {
    if snapshot.stop != Stop::Quiescent || snapshot.main_finished {
        return None;
    }
    let waits: Vec<Wait> = evidence::blocked(snapshot).map(evidence::wait).collect();
    let message = "all tasks are asleep - deadlock!".to_owned();
    Some(evidence::finding(Kind::Deadlock, message, waits))
}

/// A circle of tasks, beginning with its smallest number.
///
/// [`Blocked::on`](crate::snapshot::Blocked::on) names tasks *each* of which
/// could end the wait, so a chain of waits alone proves nothing: with two
/// readers of a lock, one may be stuck and the other on its way. A task counts
/// only if no path of waits leads from it to a task that can run or that waits
/// for nobody in particular. Among those tasks, each is followed to the first
/// that it waits for.
fn find_circle(snapshot: &Snapshot) -> Option<Vec<TaskId>> {
    let waits = Waits::of(snapshot);
    let stuck = waits.stuck();
    let next = |row: usize| waits.on[row].iter().copied().find(|&to| stuck[to]);

    // The start of the walk that passed a row first. A walk that meets its own
    // mark has gone round; one that meets an older mark has nothing new ahead.
    let mut passed: Vec<Option<usize>> = vec![None; stuck.len()];
    for start in (0..stuck.len()).filter(|&row| stuck[row]) {
        let mut at = Some(start);
        while let Some(row) = at.filter(|&row| passed[row].is_none()) {
            passed[row] = Some(start);
            at = next(row);
        }
        if let Some(first) = at.filter(|&row| passed[row] == Some(start)) {
            let round =
                std::iter::successors(Some(first), |&row| next(row).filter(|&row| row != first));
            let mut cycle: Vec<TaskId> = round.map(|row| snapshot.tasks[row].task).collect();
            let smallest = (0..cycle.len()).min_by_key(|&i| cycle[i]).unwrap_or(0);
            cycle.rotate_left(smallest);
            return Some(cycle);
        }
    }
    None
}

/// Which tasks each task waits for, by row of the snapshot.
struct Waits {
    /// The rows that each row waits for, ascending. A finished task, such as
    /// the late owner of a lock, waits for nothing and can open nothing.
    on: Vec<Vec<usize>>,
    /// The rows that may still go on by themselves: tasks that can run, that
    /// wait for nobody in particular, or that wait for something outside the
    /// snapshot, such as the clock.
    open: Vec<usize>,
}

impl Waits {
    fn of(snapshot: &Snapshot) -> Waits {
        let tasks = &snapshot.tasks;
        let mut waits = Waits {
            on: vec![Vec::new(); tasks.len()],
            open: Vec::new(),
        };
        for (row, task) in tasks.iter().enumerate() {
            let on: &[TaskId] = match &task.state {
                TaskState::Finished => continue,
                TaskState::Runnable => &[],
                TaskState::Blocked(blocked) => &blocked.on,
            };
            let mut open = on.is_empty();
            for on in on {
                match tasks.binary_search_by_key(on, |task| task.task) {
                    Ok(to) => waits.on[row].push(to),
                    Err(_) => open = true,
                }
            }
            waits.on[row].sort_unstable();
            if open {
                waits.open.push(row);
            }
        }
        waits
    }

    /// For each row, whether it is blocked and no path leads from it to an
    /// open row.
    fn stuck(&self) -> Vec<bool> {
        let mut waiters: Vec<Vec<usize>> = vec![Vec::new(); self.on.len()];
        for (row, on) in self.on.iter().enumerate() {
            for &to in on {
                waiters[to].push(row);
            }
        }
        let mut stuck: Vec<bool> = self.on.iter().map(|on| !on.is_empty()).collect();
        let mut rest = self.open.clone();
        for &row in &rest {
            stuck[row] = false;
        }
        while let Some(row) = rest.pop() {
            for &waiter in &waiters[row] {
                if std::mem::take(&mut stuck[waiter]) {
                    rest.push(waiter);
                }
            }
        }
        stuck
    }
}
