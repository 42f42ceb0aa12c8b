//! Puts a schedule into rows while it is executed.

use crate::decision::{ChoiceKind, Environment, Rng};
use crate::id::{ObjectId, TaskId};
use crate::op::{Op, Site};
use crate::prescription::{Actors, Row, Then};
use crate::strategy::{Birth, Directed, Profile, Strategy, View};

/// Follows a schedule as a [`Directed`] strategy does, and puts the deviations into words.
#[derive(Debug)]
pub struct Witness<'a> {
    directed: &'a mut Directed,
    actors: Actors,
    rows: Vec<Row>,
    /// Nobody could say who or where.
    nameless: bool,
}

impl<'a> Witness<'a> {
    /// One that watches `directed`.
    #[must_use]
    pub fn new(directed: &'a mut Directed) -> Witness<'a> {
        Witness {
            directed,
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
        if !self.directed.deviates() {
            return;
        }
        let at = self.actors.stands(view.last);
        match at.zip(then(&self.actors)) {
            Some((at, then)) => self.rows.push(Row { at, then }),
            None => self.nameless = true,
        }
    }
}

impl Strategy for Witness<'_> {
    fn begin(&mut self, profile: &Profile, rng: &mut Rng) {
        self.actors.begin();
        self.rows.clear();
        self.nameless = false;
        self.directed.begin(profile, rng);
    }

    fn environment(&self) -> Environment {
        self.directed.environment()
    }

    fn watches(&self) -> bool {
        true
    }

    fn pick(&mut self, view: &View, rng: &mut Rng) -> TaskId {
        let picked = self.directed.pick(view, rng);
        self.note(view, |actors| actors.who(picked).map(Then::GoesOn));
        picked
    }

    fn answer(&mut self, view: &View, kind: ChoiceKind, arity: u32) -> Option<u32> {
        let picked = self.directed.answer(view, kind, arity)?;
        self.actors.answers += 1;
        self.note(view, |actors| {
            Some(Then::Takes(kind, picked, actors.answers))
        });
        Some(picked)
    }

    fn spawned(&mut self, task: TaskId, birth: &Birth, rng: &mut Rng) {
        self.directed.spawned(task, birth, rng);
    }

    fn appeared(&mut self, object: ObjectId, site: Site) {
        self.directed.appeared(object, site);
    }

    fn called(&mut self, task: TaskId, name: &str) {
        self.directed.called(task, name);
        self.actors.named(task, name);
    }

    fn posted(&mut self, task: TaskId, op: &Op, rng: &mut Rng) {
        self.directed.posted(task, op, rng);
        self.actors.posted(task, op);
    }

    fn ran(&mut self, task: TaskId, op: &Op, rng: &mut Rng) {
        self.actors.ran(task, op);
        self.directed.ran(task, op, rng);
    }
}
