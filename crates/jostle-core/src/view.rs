//! The view of an execution that a strategy gets at a decision.

use crate::id::TaskId;
use crate::op::{Op, Site};
use crate::task_set::TaskSet;

/// What a strategy may know about a task.
#[derive(Clone, Copy, Debug)]
pub struct TaskView {
    /// The operation that the task will do when it is scheduled.
    pub op: Op,
    /// Identifies the task across executions: a hash of its parent's key and of
    /// how many tasks the parent had spawned before it.
    pub key: u64,
}

/// How a task came into being.
#[derive(Clone, Copy, Debug)]
pub struct Birth {
    /// The task that spawned it. The clock and the main task are their own parents.
    pub parent: TaskId,
    /// See [`TaskView::key`].
    pub key: u64,
    /// Where it was spawned.
    pub site: Site,
}

/// What a strategy sees at a decision.
#[derive(Clone, Debug)]
pub struct View {
    /// The tasks that can go on, at least two.
    pub runnable: TaskSet,
    /// Every task, by number. Row 0 is the clock.
    pub tasks: Vec<TaskView>,
    /// The task that made the last step.
    pub last: TaskId,
    /// How many steps the execution has made.
    pub step: u32,
}
