//! The history of one execution: its events and their effects, without names, for search
//! and coverage.
//!
//! It is computed from a [`Recording`](crate::recording::Recording). Data needed only
//! for reports is in [`Trace`](crate::trace::Trace).

use crate::decision::Choice;
use crate::id::{ObjectId, TaskId};
use crate::op::{Access, Effect, OpKind, Site};
use crate::view::Birth;

/// One thing that a task did.
#[derive(Clone, Copy, Debug)]
pub struct Event {
    /// Where the source says so.
    pub site: Site,
    /// The task that did it.
    pub task: TaskId,
    /// To what it was done.
    pub object: ObjectId,
    /// How many choices had been made before it, the one that it should be done
    /// among them.
    pub choices: u32,
    /// A detail that is the same in every process: the value that an atomic had or
    /// was given, the length of a channel.
    pub value: Option<u32>,
    /// What was done.
    pub kind: OpKind,
    /// How it touched its object: a compare-exchange that fails is a read.
    pub effect: Effect,
    /// The task was picked out of several that could have gone on.
    pub decided: bool,
    /// It was a scheduling point.
    pub point: bool,
    /// The task had to wait.
    pub blocks: bool,
}

impl Event {
    /// What it touched, and how.
    #[must_use]
    pub fn access(&self) -> Access {
        Access {
            object: self.object,
            effect: self.effect,
        }
    }
}

/// The events of one execution, and the tables that they refer to.
#[derive(Clone, Default, Debug)]
pub struct History {
    /// Everything that tasks did, in order.
    pub events: Vec<Event>,
    /// Every choice, in order.
    pub choices: Vec<Choice>,
    /// Every task by number, the clock first.
    pub tasks: Vec<Birth>,
    /// Where each object was created, by number.
    pub objects: Vec<Site>,
}

impl History {
    /// Forgets everything but the memory.
    pub fn clear(&mut self) {
        self.events.clear();
        self.choices.clear();
        self.tasks.clear();
        self.objects.clear();
    }
}
