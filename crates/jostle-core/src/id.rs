//! Identifies tasks and objects by small integers, in the order of their creation.
//!
//! Decisions and traces hold these and never an address, so that the same
//! input gives the same trace in every process.

use std::fmt;

/// A task of one execution, numbered in creation order.
///
/// Two numbers are fixed: [`TaskId::CLOCK`] is the virtual clock, which takes
/// part in scheduling as if it were a task, and [`TaskId::MAIN`] runs the body
/// of the scenario.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TaskId(pub u32);

impl TaskId {
    /// The virtual clock: scheduling it fires the earliest timer.
    pub const CLOCK: TaskId = TaskId(0);
    /// The task that runs the body of the scenario.
    pub const MAIN: TaskId = TaskId(1);

    /// The task with number `index`; useful to build views for a strategy
    /// outside an execution.
    #[must_use]
    pub const fn from_index(index: usize) -> TaskId {
        TaskId(index as u32)
    }

    /// The number as an index into tables that have a row per task.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            TaskId::CLOCK => f.write_str("clock"),
            TaskId::MAIN => f.write_str("main"),
            TaskId(n) => write!(f, "t{n}"),
        }
    }
}

/// A synchronization object of one execution (a mutex, a channel, an atomic),
/// numbered in the order of first use.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ObjectId(pub u32);

impl ObjectId {
    /// For operations that touch no object, such as a yield.
    pub const NONE: ObjectId = ObjectId(u32::MAX);
    /// Whatever a poll of a future touches: code that Jostle does not see, so
    /// that any two polls are taken to conflict.
    pub const WORLD: ObjectId = ObjectId(0);

    /// The object with number `index`.
    #[must_use]
    pub const fn from_index(index: usize) -> ObjectId {
        ObjectId(index as u32)
    }

    /// The number as an index into tables that have a row per object, or
    /// `None` for [`ObjectId::NONE`].
    #[must_use]
    pub const fn index(self) -> Option<usize> {
        if self.0 == u32::MAX {
            None
        } else {
            Some(self.0 as usize)
        }
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.index() {
            Some(n) => write!(f, "#{n}"),
            None => f.write_str("-"),
        }
    }
}
