//! The table of tasks, and the states of a task.

use crate::id::{ObjectId, TaskId};
use crate::kernel::clock::TimerId;
use crate::kernel::object::Side;

/// What a task that is not running is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    /// Running, or about to do an operation that is always enabled.
    Live,
    /// About to pass a gate.
    AtGate(ObjectId, Side),
    /// In a wait queue; some other task completes its operation.
    Queued {
        /// The task that can end the wait, if it takes a particular one.
        on: Option<TaskId>,
    },
    /// Its future returned `Pending`, and it has not been woken since.
    Awaiting,
    /// Its body has ended.
    Finished,
}

/// A row of the task table.
///
/// Rows are kept between executions for their memory; `reset` makes one new.
#[derive(Debug)]
pub(super) struct Task {
    pub(super) state: State,
    /// The deadline of its wait has passed.
    pub(super) timed_out: bool,
    /// Which of its poll loops were woken since their last poll began, one bit
    /// for each depth; see [`Kernel::await_wake`](super::Kernel::await_wake).
    pub(super) notified: u64,
    /// The future that it polls asked that others go first.
    pub(super) yielded: bool,
    /// A `park` token is there.
    pub(super) parked_token: bool,
    pub(super) timer: Option<TimerId>,
    /// Wakers of this task that exist, those that its own poll loops hold
    /// included.
    pub(super) wakers: u32,
    /// How many wakers its own poll loops hold: one each.
    pub(super) own_wakers: u32,
    /// The tasks that wait for its end.
    pub(super) joiners: Vec<TaskId>,
    /// How many tasks it has spawned.
    pub(super) children: u32,
}

impl Task {
    pub(super) fn new() -> Task {
        Task {
            state: State::Live,
            timed_out: false,
            notified: 0,
            yielded: false,
            parked_token: false,
            timer: None,
            wakers: 0,
            own_wakers: 0,
            joiners: Vec::new(),
            children: 0,
        }
    }

    #[inline]
    pub(super) fn reset(&mut self) {
        self.state = State::Live;
        self.timed_out = false;
        self.notified = 0;
        self.yielded = false;
        self.parked_token = false;
        self.timer = None;
        self.wakers = 0;
        self.own_wakers = 0;
        self.joiners.clear();
        self.children = 0;
    }

    /// Whether its poll loop at `depth` was woken since the last poll began.
    #[inline]
    pub(super) fn is_notified(&self, depth: u32) -> bool {
        self.notified >> depth & 1 == 1
    }

    #[inline]
    pub(super) fn is_finished(&self) -> bool {
        self.state == State::Finished
    }
}

/// What a wait ended with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Woken {
    /// Another task completed the operation.
    Completed,
    /// The deadline passed first.
    TimedOut,
}
