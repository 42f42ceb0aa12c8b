//! The trait of an exhaustive exploration: its decisions and its notifications.

use std::fmt;

use crate::decision::ChoiceKind;
use crate::id::{ObjectId, TaskId};
use crate::op::Site;
use crate::strategy::View;

/// A piece of the state that tasks share.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Touch {
    /// The state of a synchronization object.
    Object(ObjectId),
    /// Whether anybody tries to acquire an object without waiting.
    Tried(ObjectId),
    /// The course of a task: it was started, went on, or its wait was ended.
    Task(TaskId),
    /// What other tasks can see of a task: whether it has finished, whether it
    /// waits in a queue or has been unparked.
    Standing(TaskId),
    /// A cell that handles share, such as the state of a channel, numbered in the
    /// order of creation.
    Cell(u32),
    /// Virtual time and its timers.
    Clock,
}

/// A gate of an object: operations that have come to it are enabled while it is
/// open.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Gate {
    /// The object.
    pub object: ObjectId,
    /// Which of its gates.
    pub side: u8,
}

/// Explores every schedule of a subject, one execution after the other: it is asked
/// at every step, also where only one task is runnable, answers the choices of the
/// environment as well, and learns what each step touches.
///
/// A *transition* is what happens between one call of [`pick`](Explorer::pick) and the
/// next: the step of the task that was picked, and whatever runs before the next
/// decision.
///
/// Like [`Strategy`](crate::strategy::Strategy), it is called where there is no current
/// execution.
pub trait Explorer: fmt::Debug + Send {
    /// A new execution begins.
    fn begin(&mut self);

    /// The task that goes on, one of `view.runnable`.
    fn pick(&mut self, view: &View) -> TaskId;

    /// The answer to a choice of the environment among `arity` alternatives.
    fn choose(&mut self, kind: ChoiceKind, arity: u32) -> u32;

    /// The transition has looked at a piece of shared state, or changed it
    /// (`write`).
    ///
    /// Being the first to touch an object sets its state; that is no change, since
    /// whoever is the first sets it to the same.
    fn touched(&mut self, touch: Touch, write: bool);

    /// What the transition does depends on what every other task does meanwhile.
    fn touched_all(&mut self);

    /// A gate was opened or shut.
    fn gate_set(&mut self, gate: Gate, open: bool);

    /// `task` has come to a gate, which need not be open.
    fn arrived(&mut self, task: TaskId, gate: Gate);

    /// An object that was created at `site` has been touched for the first time,
    /// which gives it its number.
    fn appeared(&mut self, object: ObjectId, site: Site);

    /// The transition has made a piece of state, which no other transition can
    /// have touched.
    fn made(&mut self, touch: Touch);

    /// Whether the execution need not go on. Asked after each [`pick`](Explorer::pick),
    /// whose answer is then ignored.
    fn gives_up(&self) -> bool;
}
