//! Putting a schedule into rows.

use crate::decision::{ChoiceKind, Environment, Rng};
use crate::id::TaskId;
use crate::op::Op;
use crate::regression::actors::Actors;
use crate::regression::row::{Row, Then};
use crate::strategy::sealed::Sealed;
use crate::strategy::{Pilot, Profile, Strategy, View};

/// Follows a schedule as its [`Pilot`] does, and puts the deviations into words.
#[derive(Debug)]
pub struct Witness<'a> {
    pilot: &'a mut Pilot,
    actors: Actors,
    rows: Vec<Row>,
    /// Nobody could say who or where.
    nameless: bool,
}

impl<'a> Witness<'a> {
    /// One that watches `pilot`.
    #[must_use]
    pub fn new(pilot: &'a mut Pilot) -> Witness<'a> {
        Witness {
            pilot,
            actors: Actors::default(),
            rows: Vec::new(),
            nameless: false,
        }
    }

    /// The deviations of the last execution; `None` if not all could be put into words.
    #[must_use]
    pub fn rows(self) -> Option<Vec<Row>> {
        (!self.nameless).then_some(self.rows)
    }

    /// Notes the last decision if it deviates.
    fn note(&mut self, view: &View, then: impl FnOnce(&Actors) -> Option<Then>) {
        if !self.pilot.deviates() {
            return;
        }
        let at = self.actors.stands(view.last);
        match at.zip(then(&self.actors)) {
            Some((at, then)) => self.rows.push(Row { at, then }),
            None => self.nameless = true,
        }
    }
}

impl Sealed for Witness<'_> {}

impl Strategy for Witness<'_> {
    fn begin(&mut self, profile: &Profile, rng: &mut Rng) {
        self.actors.begin();
        self.rows.clear();
        self.nameless = false;
        self.pilot.begin(profile, rng);
    }

    fn environment(&self) -> Environment {
        self.pilot.environment()
    }

    fn watches(&self) -> bool {
        true
    }

    fn pick(&mut self, view: &View, rng: &mut Rng) -> TaskId {
        let picked = self.pilot.pick(view, rng);
        self.note(view, |actors| actors.who(picked).map(Then::GoesOn));
        picked
    }

    fn answer(&mut self, view: &View, kind: ChoiceKind, arity: u32) -> Option<u32> {
        let picked = self.pilot.answer(view, kind, arity)?;
        self.actors.answers += 1;
        self.note(view, |actors| {
            Some(Then::Takes(kind, picked, actors.answers))
        });
        Some(picked)
    }

    fn called(&mut self, task: TaskId, name: &str) {
        self.actors.named(task, name);
    }

    fn posted(&mut self, task: TaskId, op: &Op, _rng: &mut Rng) {
        self.actors.posted(task, op);
    }

    fn ran(&mut self, task: TaskId, op: &Op, rng: &mut Rng) {
        self.actors.ran(task, op);
        self.pilot.ran(task, op, rng);
    }
}
