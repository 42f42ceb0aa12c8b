//! The task table.

use std::any::Any;

use crate::id::{ObjectId, TaskId};
use crate::op::Site;
use crate::rt::clock::TimerId;
use crate::rt::coroutine::Worker;
use crate::rt::object::Side;

/// What a task that is not running is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum State {
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
pub(crate) struct Task {
    pub(crate) state: State,
    /// The deadline of its wait has passed.
    pub(crate) timed_out: bool,
    /// Which of its poll loops were woken since their last poll began, one bit
    /// for each depth; see `poll`.
    pub(crate) notified: u64,
    /// The future that it polls asked that others go first.
    pub(crate) yielded: bool,
    /// A `park` token is there.
    pub(crate) parked_token: bool,
    /// It is in the middle of unwinding while another task runs.
    pub(crate) unwinding: bool,
    /// It has resumed another task, and waits for that one to come back.
    pub(crate) hosts: bool,
    /// Its stack can never be run again.
    pub(crate) abandoned: bool,
    pub(crate) timer: Option<TimerId>,
    /// Wakers of this task that exist, those that its own poll loops hold
    /// included.
    pub(crate) wakers: u32,
    /// How many wakers its own poll loops hold: one each.
    pub(crate) own_wakers: u32,
    pub(crate) worker: Option<Box<Worker>>,
    pub(crate) joiners: Vec<TaskId>,
    /// Values of task-local keys, in the order of first use.
    pub(crate) locals: Vec<(usize, Option<Box<dyn Any>>)>,
    /// What its body unwound with.
    pub(crate) panic: Option<Box<dyn Any + Send>>,
    pub(crate) name: Option<String>,
    pub(crate) parent: TaskId,
    pub(crate) site: Site,
    pub(crate) children: u32,
    /// How many steps had been made when it was spawned.
    pub(crate) born: u32,
    /// How many steps had been made when its body ended.
    pub(crate) ended: Option<u32>,
}

impl Task {
    pub(crate) fn new(site: Site) -> Task {
        Task {
            state: State::Live,
            timed_out: false,
            notified: 0,
            yielded: false,
            parked_token: false,
            unwinding: false,
            hosts: false,
            abandoned: false,
            timer: None,
            wakers: 0,
            own_wakers: 0,
            worker: None,
            joiners: Vec::new(),
            locals: Vec::new(),
            panic: None,
            name: None,
            parent: TaskId::MAIN,
            site,
            children: 0,
            born: 0,
            ended: None,
        }
    }

    /// Makes the row new for a task that `parent` spawns at `site` after
    /// `born` steps.
    pub(crate) fn reset(&mut self, name: Option<String>, parent: TaskId, site: Site, born: u32) {
        debug_assert!(self.worker.is_none() && self.locals.is_empty() && self.panic.is_none());
        self.state = State::Live;
        self.timed_out = false;
        self.notified = 0;
        self.yielded = false;
        self.parked_token = false;
        self.unwinding = false;
        self.hosts = false;
        self.abandoned = false;
        self.timer = None;
        self.wakers = 0;
        self.own_wakers = 0;
        self.joiners.clear();
        self.name = name;
        self.parent = parent;
        self.site = site;
        self.children = 0;
        self.born = born;
        self.ended = None;
    }

    /// Whether its poll loop at `depth` was woken since the last poll began.
    #[inline]
    pub(crate) fn is_notified(&self, depth: u32) -> bool {
        self.notified >> depth & 1 == 1
    }

    pub(crate) fn is_finished(&self) -> bool {
        self.state == State::Finished
    }
}

/// What a wait ended with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Woken {
    /// Another task completed the operation.
    Completed,
    /// The deadline passed first.
    TimedOut,
}
