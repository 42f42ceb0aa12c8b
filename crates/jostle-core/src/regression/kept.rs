//! Following rows.

use std::fmt;

use crate::decision::{ChoiceKind, Environment, Rng};
use crate::id::TaskId;
use crate::op::Op;
use crate::regression::actors::Actors;
use crate::regression::row::{Row, Then, Where, Who};
use crate::strategy::{Profile, Strategy, View, calm_pick};

/// Follows rows as far as the scenario still does what they say.
#[derive(Debug)]
pub struct Kept {
    actors: Actors,
    rows: Vec<Row>,
    /// The row that is to be followed next.
    next: usize,
    /// Its task has come to its point.
    reached: bool,
}

/// Where rows could not be followed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Missed {
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

impl Kept {
    /// One that follows `rows`.
    #[must_use]
    pub fn new(rows: Vec<Row>) -> Kept {
        Kept {
            actors: Actors::default(),
            rows,
            next: 0,
            reached: false,
        }
    }

    /// The first row that the last execution could not follow.
    #[must_use]
    pub fn missed(&self) -> Option<Missed> {
        let row = self.rows.get(self.next)?.clone();
        Some(Missed {
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

    /// Who goes on by the next row, or else who does not.
    fn by_row(&mut self, view: &View) -> Option<Result<TaskId, TaskId>> {
        let row = self.rows.get(self.next)?;
        let Then::GoesOn(who) = &row.then else {
            return None;
        };
        let task = self.standing(&row.at, view)?;
        let other = self.find(who).filter(|&other| view.ready.contains(other));
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

    fn find(&self, who: &Who) -> Option<TaskId> {
        self.actors.find(who)
    }
}

impl Strategy for Kept {
    fn begin(&mut self, _profile: &Profile, _rng: &mut Rng) {
        let state = self;
        state.actors.begin();
        state.next = 0;
        state.reached = false;
    }

    fn environment(&self) -> Environment {
        Environment::Calm
    }

    fn watches(&self) -> bool {
        true
    }

    fn pick(&mut self, view: &View, _rng: &mut Rng) -> TaskId {
        let op = view.tasks[view.last.index()].op.kind;
        match self.by_row(view) {
            Some(Ok(task)) => task,
            Some(Err(waits)) if view.ready.contains(waits) && view.ready.len() > 1 => {
                let others = view.ready.iter().filter(|&t| t != waits).collect();
                calm_pick(&others, view.last, op)
            }
            _ => calm_pick(&view.ready, view.last, op),
        }
    }

    fn answer(&mut self, view: &View, kind: ChoiceKind, arity: u32) -> Option<u32> {
        let state = self;
        state.actors.answers += 1;
        if let Some(row) = state.rows.get(state.next)
            && let Then::Takes(wanted, pick, nth) = row.then
            && state.standing(&row.at, view) == Some(view.last)
        {
            state.reached = true;
            if wanted == kind && nth == state.actors.answers && pick < arity {
                state.done();
                return Some(pick);
            }
        }
        Some(0)
    }

    fn called(&mut self, task: TaskId, name: &str) {
        self.actors.named(task, name);
    }

    fn posted(&mut self, task: TaskId, op: &Op, _rng: &mut Rng) {
        self.actors.posted(task, op);
    }

    fn ran(&mut self, task: TaskId, op: &Op, _rng: &mut Rng) {
        self.actors.ran(task, op);
    }
}
