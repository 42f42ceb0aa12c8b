//! What one execution did, for whoever learns from it: plain, without names and
//! without anything that is only there for readers, which is what
//! [`Trace`](crate::trace::Trace) is for.

use crate::decision::Choice;
use crate::id::{ObjectId, TaskId};
use crate::op::{Access, Effect, OpKind, Site};

/// One thing that a task did.
#[derive(Clone, Copy, Debug)]
pub struct Event {
    /// Where the source says so.
    pub site: Site,
    /// Who did it.
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

/// A task that took part.
#[derive(Clone, Copy, Debug)]
pub struct Born {
    /// Who spawned it; the clock and the main task are their own parents.
    pub parent: TaskId,
    /// Where.
    pub site: Site,
    /// Identifies the task across executions; see
    /// [`TaskView::key`](crate::strategy::TaskView::key).
    pub key: u64,
}

/// The record of one execution.
#[derive(Clone, Default, Debug)]
pub struct History {
    /// Everything that tasks did, in order.
    pub events: Vec<Event>,
    /// Every choice, in order.
    pub choices: Vec<Choice>,
    /// Every task by number, the clock first.
    pub tasks: Vec<Born>,
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
