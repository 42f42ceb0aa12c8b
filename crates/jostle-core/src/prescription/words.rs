//! Rules keyed by words: follows rows, one after the other.

use std::fmt;

use crate::choice::ChoiceKind;
use crate::id::TaskId;
use crate::op::Op;
use crate::prescription::actors::Actors;
use crate::prescription::row::{Row, Then, Where};
use crate::view::View;

/// Where rows could not be followed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Missed {
    /// How many rows were followed before it.
    pub followed: usize,
    /// The row.
    pub row: Row,
    /// Whether its task came to its point.
    pub reached: bool,
}

impl fmt::Display for Missed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.row.at, &self.row.then, self.reached) {
            (Where::Start, ..) => write!(f, "`{}`: nothing else could begin", self.row),
            (Where::Before(who, what) | Where::At(who, what), _, false) => {
                write!(f, "`{}`: {who} never came to {what}", self.row)
            }
            (Where::Before(..) | Where::At(..), Then::GoesOn(other), true) => {
                write!(f, "`{}`: {other} could not go on there", self.row)
            }
            (Where::Before(..) | Where::At(..), Then::Takes(kind, ..), true) => {
                write!(f, "`{}`: there was no such {kind} there", self.row)
            }
        }
    }
}

/// Rows, followed as far as the subject still does what they say.
#[derive(Default, Debug)]
pub(super) struct Words {
    actors: Actors,
    rows: Vec<Row>,
    /// The row that is to be followed next.
    next: usize,
    /// Its task has come to its point.
    reached: bool,
}

impl Words {
    pub(super) fn follow(&mut self, rows: Vec<Row>) {
        self.rows = rows;
        self.begin();
    }

    /// An execution begins.
    pub(super) fn begin(&mut self) {
        self.actors.begin();
        self.next = 0;
        self.reached = false;
    }

    /// The first row that the execution could not follow.
    pub(super) fn missed(&self) -> Option<Missed> {
        let row = self.rows.get(self.next)?.clone();
        Some(Missed {
            followed: self.next,
            row,
            reached: self.reached,
        })
    }

    fn done(&mut self) {
        self.next += 1;
        self.reached = false;
    }

    /// The task that stands where the next row says; the one that made the last step
    /// where that is the start.
    fn standing(&self, at: &Where, view: &View) -> Option<TaskId> {
        let task = match at {
            Where::Start => view.last,
            Where::Before(who, _) | Where::At(who, _) => self.actors.find(who)?,
        };
        (self.actors.stands(task).as_ref() == Some(at)).then_some(task)
    }

    /// Who goes on by the next row, or else who stays where it is.
    pub(super) fn task(&mut self, view: &View) -> Option<Result<TaskId, TaskId>> {
        let row = self.rows.get(self.next)?;
        let Then::GoesOn(who) = &row.then else {
            return None;
        };
        let task = self.standing(&row.at, view)?;
        let other = self.actors.find(who);
        let other = other.filter(|&other| view.runnable.contains(other));
        self.reached = true;
        Some(match other {
            Some(other) => {
                self.done();
                Ok(other)
            }
            // Perhaps later: it stays where it is as long as somebody else can go on.
            None => Err(task),
        })
    }

    /// What the environment does by the next row.
    pub(super) fn choice(&mut self, view: &View, kind: ChoiceKind, arity: u32) -> Option<u32> {
        self.actors.answers += 1;
        let row = self.rows.get(self.next)?;
        let Then::Takes(wanted, pick, nth) = row.then else {
            return None;
        };
        if self.standing(&row.at, view) != Some(view.last) {
            return None;
        }
        self.reached = true;
        let fits = wanted == kind && nth == self.actors.answers && pick < arity;
        fits.then(|| {
            self.done();
            pick
        })
    }

    // Without rows nobody need be known.

    /// `task` has this name.
    pub(super) fn called(&mut self, task: TaskId, name: &str) {
        if !self.rows.is_empty() {
            self.actors.named(task, name);
        }
    }

    /// `task` is about to do `op`.
    #[inline]
    pub(super) fn posted(&mut self, task: TaskId, op: &Op) {
        if !self.rows.is_empty() {
            self.actors.posted(task, op);
        }
    }

    /// `task` does `op`.
    #[inline]
    pub(super) fn ran(&mut self, task: TaskId, op: &Op) {
        if !self.rows.is_empty() {
            self.actors.ran(task, op);
        }
    }
}
