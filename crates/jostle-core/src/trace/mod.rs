//! The trace of one execution: its choices, steps and names, for reports, explanations and
//! trace files.
//!
//! - [`mod@self`]: [`Trace`], in memory.
//! - [`mod@file`]: writes trace files, which hold the choices.
//! - `read`: reads trace files, whatever is in them.
//! - `fields`, `notation`: the text of choices and the like in trace files.
//!
//! The choices alone determine the execution. The steps are what reports and
//! explanations are made of.

mod fields;
pub mod file;
mod notation;
mod read;

use crate::decision::Choice;
use crate::hash::Words;
use crate::id::{ObjectId, TaskId};
use crate::op::{OpKind, Site};

/// One thing that a task did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Step {
    /// Where the source says so.
    pub site: Site,
    /// A detail of the operation that means something to a reader and is the
    /// same in every process: the value loaded, the length of a channel.
    pub value: Option<u32>,
    /// The task that did it.
    pub task: TaskId,
    /// To what it was done.
    pub object: ObjectId,
    /// How many choices had been made before it.
    pub choices: u32,
    /// What was done.
    pub kind: OpKind,
    /// Whether another task made the step before and could have gone on.
    pub preemption: bool,
    /// Whether the task had to wait at this step.
    pub blocks: bool,
}

impl Step {
    /// What was done, by its public name where there is one.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self.site.operation() {
            "" => self.kind.name(),
            operation => operation,
        }
    }
}

/// A task that took part.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TaskInfo {
    /// Its name: the one the user gave, or else its number.
    pub name: Option<String>,
    /// The task that spawned it.
    pub parent: TaskId,
    /// Where it was spawned.
    pub site: Site,
    /// Identifies the task across executions; see
    /// [`TaskView::key`](crate::strategy::TaskView::key).
    pub key: u64,
    /// How many steps it made.
    pub steps: u32,
    /// How many steps had been made when it was spawned.
    pub born: u32,
    /// How many steps had been made when its body ended; `None` if it never did.
    pub ended: Option<u32>,
}

/// A task that waited is woken: by another one that completes its operation or
/// wakes its waker, or by the clock.
///
/// A task that is let through, as by the release of a lock that it is about to
/// take, has not been woken: it does its step when it is scheduled.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Wake {
    /// How many steps had been made; the last of them was on the way to it.
    pub steps: u32,
    /// The task that woke the other.
    pub by: TaskId,
    /// The task that was woken.
    pub task: TaskId,
}

/// An object that took part.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ObjectInfo {
    /// What it is: `mutex`, `channel`.
    pub kind: &'static str,
    /// Where it was created or, where that is not known, first used.
    pub site: Site,
}

/// The record of one execution.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Trace {
    /// Every choice, in order.
    pub choices: Vec<Choice>,
    /// Everything that tasks did, in order.
    pub steps: Vec<Step>,
    /// Every task by number; row 0 is the clock.
    pub tasks: Vec<TaskInfo>,
    /// Every object by number; row 0 is [`ObjectId::WORLD`].
    pub objects: Vec<ObjectInfo>,
    /// Every wake-up, in order; those between two steps by number of task.
    pub wakes: Vec<Wake>,
    /// How many preemptions the schedule has.
    pub preemptions: u32,
    /// Virtual time at the end, in nanoseconds.
    pub time: u64,
}

impl Trace {
    /// The name to show for a task.
    #[must_use]
    pub fn task_name(&self, task: TaskId) -> String {
        match self.tasks.get(task.index()).and_then(|t| t.name.as_deref()) {
            Some(name) => name.to_owned(),
            None => task.to_string(),
        }
    }

    /// A hash of the choices and steps, the same in every process: two
    /// executions with equal fingerprints did the same in the same order.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        fingerprint(
            self.choices.iter().copied(),
            self.steps.iter().copied(),
            self.time,
        )
    }

    /// A hash of who did what to what, in order: equal for executions that
    /// interleave the same operations in the same way.
    #[must_use]
    pub fn interleaving(&self) -> u64 {
        interleaving(self.steps.iter().copied())
    }
}

/// See [`Trace::fingerprint`].
pub(crate) fn fingerprint(
    choices: impl Iterator<Item = Choice>,
    steps: impl Iterator<Item = Step>,
    time: u64,
) -> u64 {
    let mut words = Words::new();
    for c in choices {
        words.add(u64::from(c.picked) | u64::from(c.arity) << 32);
        words.add(c.kind as u64);
    }
    for s in steps {
        words.add(u64::from(s.task.0) | u64::from(s.object.0) << 32);
        words.add(s.kind as u64 | u64::from(s.blocks) << 8);
        words.add(s.value.map_or(u64::MAX, u64::from));
    }
    words.add(time);
    words.get()
}

/// See [`Trace::interleaving`].
pub(crate) fn interleaving(steps: impl Iterator<Item = Step>) -> u64 {
    let mut words = Words::new();
    for s in steps {
        words.add(u64::from(s.task.0) | u64::from(s.object.0) << 24 | (s.kind as u64) << 56);
    }
    words.get()
}
