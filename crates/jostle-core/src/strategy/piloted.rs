//! A schedule followed: calm but for a list of deviations, and every decision
//! noted.
//!
//! A deviation names the point at which it applies by the task that made the last
//! step and how many steps that task had made, and not by the number of the
//! decision: so the others keep their meaning when one of them is left out. Tasks
//! are named by their keys, which do not depend on the order in which different
//! tasks spawn.

use crate::decision::{Choice, ChoiceKind, Environment, Rng};
use crate::id::TaskId;
use crate::op::Op;
use crate::strategy::calm;
use crate::strategy::{Profile, Strategy, View};
use crate::task_set::TaskSet;

/// A point of an execution at which a choice is made.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Point {
    /// The key of the task that made the last step; see
    /// [`TaskView::key`](crate::strategy::TaskView::key).
    pub task: u64,
    /// How many steps it had made.
    pub steps: u32,
    /// For a choice of the environment: how many of them there were since that
    /// step. 0 for a choice of the next task.
    pub nth: u32,
}

/// What is chosen at a point instead of the calm alternative.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Deviation {
    /// Where.
    pub at: Point,
    /// What about. At a point that is about something else, the deviation does
    /// not apply.
    pub kind: ChoiceKind,
    /// For [`ChoiceKind::Task`] the key of the task that goes on, which has to be
    /// ready; otherwise the number of the alternative, which has to exist.
    pub pick: u64,
}

/// A task that is not to go on before another one has.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Stay {
    /// The key of the task that is held, and after how many of its steps.
    pub task: (u64, u32),
    /// The key of the other one, and how many steps it has to have made.
    pub until: (u64, u32),
}

/// What a [`Pilot`] follows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Route {
    /// Recorded choices, as far as they fit.
    Choices(Vec<Choice>),
    /// The calm schedule but for these deviations, as far as they apply. As long
    /// as anybody else can go on, the task that is held does not.
    Deviations(Vec<Deviation>, Option<Stay>),
}

/// A choice that was made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decision {
    /// Where.
    pub at: Point,
    /// What about.
    pub kind: ChoiceKind,
    /// Which choice of the execution it was, counted from 0.
    pub number: u32,
    /// What there was to choose from: keys of tasks, by the numbers of the tasks,
    /// or numbers of alternatives.
    pub options: Vec<u64>,
    /// What the calm schedule would have chosen.
    pub calm: u64,
    /// What was chosen.
    pub picked: u64,
    /// The key of the task that could have gone on, so that choosing another one
    /// is a preemption.
    pub running: Option<u64>,
}

impl Decision {
    /// The deviation that chooses `pick` here.
    #[must_use]
    pub fn deviation(&self, pick: u64) -> Deviation {
        Deviation {
            at: self.at,
            kind: self.kind,
            pick,
        }
    }

    /// Whether choosing `pick` is a preemption.
    #[must_use]
    pub fn preempts(&self, pick: u64) -> bool {
        self.running.is_some_and(|running| running != pick)
    }

    /// The position of what was picked among the options, as an
    /// [`Override`](crate::decision::Override) has it.
    #[must_use]
    pub fn rank(&self) -> u32 {
        let at = self.options.iter().position(|&o| o == self.picked);
        at.unwrap_or(0) as u32
    }
}

/// What a [`Pilot`] saw of an execution.
#[derive(Clone, Default, Debug)]
pub struct Log {
    /// Every choice among two or more, in order; of a very long execution, those
    /// at its beginning.
    pub decisions: Vec<Decision>,
    /// Who made each step, and what it did.
    pub steps: Vec<(TaskId, Op)>,
}

impl Log {
    /// The deviations from the calm schedule, in order.
    #[must_use]
    pub fn deviations(&self) -> Vec<Deviation> {
        let deviating = self.decisions.iter().filter(|d| d.picked != d.calm);
        deviating.map(|d| d.deviation(d.picked)).collect()
    }
}

/// Decisions and steps that are noted at most. Each costs a hundred bytes, and
/// an execution that does not end makes as many steps as its budget has.
const MOST: usize = 1 << 16;

/// Follows a route, and notes what it saw.
#[derive(Default, Debug)]
pub struct Pilot {
    choices: Vec<Choice>,
    /// Invariant: sorted.
    deviations: Vec<Deviation>,
    hold: Option<Stay>,
    log: Log,
    /// How many choices there were.
    number: u32,
    /// How many steps each task has made, by number.
    steps: Vec<u32>,
    /// Choices of the environment since the last step.
    answers: u32,
}

impl Pilot {
    /// A pilot that follows the calm schedule.
    #[must_use]
    pub fn new() -> Pilot {
        Pilot::default()
    }

    /// What the next executions follow.
    pub fn follow(&mut self, route: Route) {
        self.hold = None;
        self.deviations.clear();
        self.choices.clear();
        match route {
            Route::Choices(choices) => self.choices = choices,
            Route::Deviations(mut deviations, hold) => {
                deviations.sort_unstable();
                self.deviations = deviations;
                self.hold = hold;
            }
        }
    }

    /// Whether the last decision was not the calm one.
    #[must_use]
    pub fn deviates(&self) -> bool {
        let last = self.log.decisions.last();
        last.is_some_and(|d| d.picked != d.calm && d.number + 1 == self.number)
    }

    /// What the last execution was like.
    #[must_use]
    pub fn log(&mut self) -> Log {
        std::mem::take(&mut self.log)
    }

    fn point(&self, view: &View, nth: u32) -> Point {
        let last = view.last;
        Point {
            task: key_of(view, last),
            steps: self.steps.get(last.index()).copied().unwrap_or(0),
            nth,
        }
    }

    /// The pick of the deviation that applies.
    fn deviation(&self, at: Point, kind: ChoiceKind) -> Option<u64> {
        let found = self
            .deviations
            .binary_search_by_key(&(at, kind), |d| (d.at, d.kind));
        found.ok().map(|i| self.deviations[i].pick)
    }

    /// The recorded choice, if it is of this kind and out of as many.
    fn recorded(&self, kind: ChoiceKind, arity: u32) -> Option<u32> {
        let choice = self.choices.get(self.number as usize)?;
        (choice.kind == kind && choice.arity == arity).then_some(choice.picked)
    }

    fn note(&mut self, decision: Decision) {
        self.number += 1;
        if self.log.decisions.len() < MOST {
            self.log.decisions.push(decision);
        }
    }

    /// The task that is held back at present.
    fn held(&self, view: &View) -> Option<TaskId> {
        let hold = self.hold?;
        let stands = |(key, steps): (u64, u32)| {
            let task = (0..view.tasks.len()).find(|&i| view.tasks[i].key == key)?;
            let made = self.steps.get(task).copied().unwrap_or(0);
            Some((TaskId::from_index(task), made >= steps))
        };
        let (task, arrived) = stands(hold.task)?;
        let released = stands(hold.until).is_some_and(|(_, done)| done);
        (arrived && !released).then_some(task)
    }
}

fn key_of(view: &View, task: TaskId) -> u64 {
    view.tasks.get(task.index()).map_or(0, |row| row.key)
}

impl Strategy for Pilot {
    fn begin(&mut self, _profile: &Profile, _rng: &mut Rng) {
        let state = self;
        state.log = Log::default();
        state.number = 0;
        state.answers = 0;
        state.steps.clear();
    }

    fn environment(&self) -> Environment {
        Environment::Calm
    }

    fn watches(&self) -> bool {
        true
    }

    fn pick(&mut self, view: &View, _rng: &mut Rng) -> TaskId {
        let state = self;
        let at = state.point(view, 0);
        let last = view.tasks[view.last.index()].op.kind;
        let held = state.held(view);
        let without;
        let ready: &TaskSet = match held {
            Some(held) if view.ready.contains(held) => {
                without = view.ready.iter().filter(|&t| t != held).collect();
                &without
            }
            _ => &view.ready,
        };
        let calm = calm::pick(ready, view.last, last);
        let deviation = state.deviation(at, ChoiceKind::Task);
        let named = deviation.and_then(|key| ready.iter().find(|&t| key_of(view, t) == key));
        let recorded = state
            .recorded(ChoiceKind::Task, view.ready.len())
            .map(TaskId)
            .filter(|&task| ready.contains(task));
        let picked = recorded.or(named).unwrap_or(calm);
        let stays =
            view.ready.contains(view.last) && view.last != TaskId::CLOCK && !last.offers_to_wait();
        let unheld = calm::pick(&view.ready, view.last, last);
        state.note(Decision {
            at,
            kind: ChoiceKind::Task,
            number: state.number,
            options: view.ready.iter().map(|t| key_of(view, t)).collect(),
            calm: key_of(view, unheld),
            picked: key_of(view, picked),
            running: stays.then_some(at.task),
        });
        picked
    }

    fn answer(&mut self, view: &View, kind: ChoiceKind, arity: u32) -> Option<u32> {
        let state = self;
        let at = state.point(view, state.answers);
        state.answers += 1;
        let deviation = state.deviation(at, kind);
        let picked = state
            .recorded(kind, arity)
            .or(deviation.and_then(|pick| u32::try_from(pick).ok()))
            .filter(|&picked| picked < arity)
            .unwrap_or(0);
        state.note(Decision {
            at,
            kind,
            number: state.number,
            options: (0..u64::from(arity)).collect(),
            calm: 0,
            picked: u64::from(picked),
            running: None,
        });
        Some(picked)
    }

    fn ran(&mut self, task: TaskId, op: &Op, _rng: &mut Rng) {
        let state = self;
        if state.steps.len() <= task.index() {
            state.steps.resize(task.index() + 1, 0);
        }
        state.steps[task.index()] += 1;
        state.answers = 0;
        if state.log.steps.len() < MOST {
            state.log.steps.push((task, *op));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strategy::model::{Model, numbers, task, writes};
    use crate::strategy::{Calm, Random};

    /// Main spawns tasks 2 and 3; each makes three steps.
    fn three() -> Model {
        Model::of([writes(1, 3), writes(1, 3), writes(1, 3)])
    }

    fn run(route: Route) -> (Vec<usize>, Log) {
        let mut pilot = Pilot::new();
        pilot.follow(route);
        let order = three().run(&mut pilot, 0);
        (numbers(&order), pilot.log())
    }

    fn deviations(list: &[(u64, u32, u64)]) -> Route {
        let deviation = |&(task, steps, pick): &(u64, u32, u64)| Deviation {
            at: Point {
                task,
                steps,
                nth: 0,
            },
            kind: ChoiceKind::Task,
            pick,
        };
        Route::Deviations(list.iter().map(deviation).collect(), None)
    }

    // The model gives main the key 1, and the tasks that it spawns 101 and 102.

    #[test]
    fn without_deviations_it_is_calm() {
        let (order, log) = run(deviations(&[]));
        assert_eq!(order, numbers(&three().run(&mut Calm, 0)));
        assert!(log.deviations().is_empty());
        assert_eq!(log.steps.len(), 9);
        assert_eq!(log.steps[3].0, task(2));
    }

    #[test]
    fn a_deviation_applies_where_its_task_stands() {
        // After main's first step task 3, after whose second step task 2.
        let (order, log) = run(deviations(&[(102, 2, 101), (1, 1, 102)]));
        assert_eq!(order, [1, 3, 3, 2, 2, 2, 1, 1, 3]);
        let taken = log.deviations();
        assert_eq!(taken.len(), 2);
        assert!(taken[0].at.task == 1 && taken[1].at.task == 102);
        let preempting = |d: &&Decision| d.preempts(d.picked);
        assert_eq!(log.decisions.iter().filter(preempting).count(), 2);
    }

    #[test]
    fn what_does_not_apply_changes_nothing() {
        let calm = run(deviations(&[])).0;
        // A task that is not there, a point that is not reached, one who has ended.
        for wrong in [(1, 1, 7), (1, 9, 102), (102, 1, 1)] {
            let (order, log) = run(deviations(&[wrong]));
            assert_eq!(order, calm, "{wrong:?}");
            assert!(log.deviations().is_empty());
        }
    }

    #[test]
    fn any_execution_is_deviations_from_the_calm_one() {
        for seed in 0..50 {
            let order = numbers(&three().run(&mut Random, seed));
            // Those at which two or more could go on, as the record has them.
            let mut left = [3; 3];
            let mut choices = Vec::new();
            for &task in &order {
                let arity = left.iter().filter(|n| **n > 0).count() as u32;
                left[task - 1] -= 1;
                let picked = task as u32;
                choices.push(Choice {
                    kind: ChoiceKind::Task,
                    arity,
                    picked,
                });
            }
            choices.retain(|c| c.arity > 1);
            let (again, log) = run(Route::Choices(choices));
            assert_eq!(again, order);
            let (followed, _) = run(Route::Deviations(log.deviations(), None));
            assert_eq!(followed, order);
        }
    }

    #[test]
    fn who_is_held_waits_for_the_other_one() {
        let hold = Stay {
            task: (1, 1),
            until: (102, 2),
        };
        let (order, log) = run(Route::Deviations(Vec::new(), Some(hold)));
        // Nobody but main is held: task 2 goes first, as in the calm schedule.
        assert_eq!(order, [1, 2, 2, 2, 3, 3, 3, 1, 1]);
        let (again, _) = run(Route::Deviations(log.deviations(), None));
        assert_eq!(again, order);
    }

    #[test]
    fn who_is_held_goes_on_if_nobody_else_can() {
        let hold = Stay {
            task: (1, 1),
            until: (77, 1),
        };
        let (order, _) = run(Route::Deviations(Vec::new(), Some(hold)));
        assert_eq!(order, [1, 2, 2, 2, 3, 3, 3, 1, 1]);
    }
}
