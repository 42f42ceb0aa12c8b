//! A stopped execution as plain data, for the oracles.

use crate::id::{ObjectId, TaskId};
use crate::op::{OpKind, Site};

/// The state of a task in a stopped execution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskState {
    /// Its body has returned or unwound.
    Finished,
    /// It can go on.
    Runnable,
    /// It waits.
    Blocked(Blocked),
}

/// What a task waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocked {
    /// What it was about to do.
    pub op: OpKind,
    /// To which object.
    pub object: ObjectId,
    /// Where.
    pub site: Site,
    /// Tasks each of which could end the wait: the owner of a lock, the task to
    /// be joined. Empty where no particular task is responsible.
    pub on: Vec<TaskId>,
    /// Whether this task was polled, returned `Pending`, and no waker of it is
    /// left anywhere.
    pub waker_lost: bool,
}

/// One task of a [`Snapshot`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskSnapshot {
    /// The task.
    pub task: TaskId,
    /// Its state.
    pub state: TaskState,
}

/// An operation that a task does again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RepeatedOp {
    /// The task.
    pub task: TaskId,
    /// What it does.
    pub op: OpKind,
    /// Where.
    pub site: Site,
}

/// Why an execution stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Every task has finished.
    Finished,
    /// Nothing can run and no timer is armed.
    Quiescent,
    /// Tasks wait for each other in a circle that no other task can open.
    Cycle,
    /// The steps of the budget are used up, the fair ones included.
    OutOfSteps,
}

/// A stopped execution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Why it stopped.
    pub stop: Stop,
    /// Whether the body of the scenario has returned.
    pub main_finished: bool,
    /// Every task but the clock, by number.
    pub tasks: Vec<TaskSnapshot>,
    /// Objects on which a wake-up was given while nobody waited.
    pub missed: Vec<ObjectId>,
    /// If the steps are used up: what the tasks that are left did in the last
    /// quarter of them, each thing once. These steps are under the fair scheduler,
    /// so that all of a loop is there.
    pub repeated: Vec<RepeatedOp>,
}
