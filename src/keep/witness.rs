//! Putting a schedule into rows.

use std::cell::RefCell;
use std::rc::Rc;

use crate::decision::{ChoiceKind, Environment, Rng};
use crate::id::TaskId;
use crate::keep::actors::Actors;
use crate::keep::functions::Functions;
use crate::keep::row::{Row, Then};
use crate::op::Op;
use crate::strategy::{Pilot, Profile, Strategy, View};

/// Watches a [`Pilot`]'s schedule and puts its deviations into words.
#[derive(Clone, Default, Debug)]
pub struct Witness(Rc<RefCell<State>>);

#[derive(Default, Debug)]
struct State {
    actors: Actors,
    rows: Vec<Row>,
    /// Nobody could say who or where.
    nameless: bool,
}

impl Witness {
    /// One that knows no function yet.
    #[must_use]
    pub fn new() -> Witness {
        Witness::default()
    }

    /// The strategy of `pilot`, watched.
    #[must_use]
    pub fn strategy(&self, pilot: &Pilot) -> Box<dyn Strategy> {
        Box::new(Watched {
            pilot: pilot.clone(),
            piloted: pilot.strategy(),
            state: Rc::clone(&self.0),
        })
    }

    /// The deviations of the last execution; `None` if it met functions whose names
    /// are known only now, so that it has to be made again.
    #[must_use]
    pub fn rows(&self) -> Option<Vec<Row>> {
        let state = &mut *self.0.borrow_mut();
        let functions: &mut Functions = &mut state.actors.functions;
        let complete = !functions.learn() && !state.nameless;
        complete.then(|| std::mem::take(&mut state.rows))
    }
}

#[derive(Debug)]
struct Watched {
    pilot: Pilot,
    piloted: Box<dyn Strategy>,
    state: Rc<RefCell<State>>,
}

impl Watched {
    /// Notes the last decision if it deviates.
    fn note(&self, view: &View, then: impl FnOnce(&Actors) -> Option<Then>) {
        if !self.pilot.deviates() {
            return;
        }
        let state = &mut *self.state.borrow_mut();
        let at = state.actors.stands(view.last);
        match at.zip(then(&state.actors)) {
            Some((at, then)) => state.rows.push(Row { at, then }),
            None => state.nameless = true,
        }
    }
}

impl Strategy for Watched {
    fn begin(&mut self, profile: &Profile, rng: &mut Rng) {
        let state = &mut *self.state.borrow_mut();
        state.actors.begin();
        state.rows.clear();
        state.nameless = false;
        self.piloted.begin(profile, rng);
    }

    fn environment(&self) -> Environment {
        self.piloted.environment()
    }

    fn watches(&self) -> bool {
        true
    }

    fn pick(&mut self, view: &View, rng: &mut Rng) -> TaskId {
        let picked = self.piloted.pick(view, rng);
        self.note(view, |actors| actors.who(picked).map(Then::GoesOn));
        picked
    }

    fn answer(&mut self, view: &View, kind: ChoiceKind, arity: u32) -> Option<u32> {
        let picked = self.piloted.answer(view, kind, arity)?;
        self.state.borrow_mut().actors.answers += 1;
        self.note(view, |actors| {
            Some(Then::Takes(kind, picked, actors.answers))
        });
        Some(picked)
    }

    fn called(&mut self, task: TaskId, name: &str) {
        self.state.borrow_mut().actors.named(task, name);
    }

    fn posted(&mut self, task: TaskId, op: &Op, _rng: &mut Rng) {
        self.state.borrow_mut().actors.posted(task, op);
    }

    fn ran(&mut self, task: TaskId, op: &Op, rng: &mut Rng) {
        self.state.borrow_mut().actors.ran(task, op);
        self.piloted.ran(task, op, rng);
    }
}
