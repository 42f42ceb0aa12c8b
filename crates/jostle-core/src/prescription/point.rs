//! Rules keyed by a point of the execution: which task made the last step, and how many
//! steps it had made.
//!
//! A point does not depend on the number of the decision: so deviations keep their
//! meaning when one of them is left out. Tasks are named by their keys, which do not
//! depend on the order in which different tasks spawn.

use crate::choice::ChoiceKind;
use crate::id::TaskId;
use crate::view::View;

/// A point of an execution at which a choice is made.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Point {
    /// The key of the task that made the last step; see
    /// [`TaskView::key`](crate::view::TaskView::key).
    pub task: u64,
    /// How many steps it had made.
    pub steps: u32,
    /// For a choice of the environment: how many of them there were since that
    /// step. 0 for a choice of the next task.
    pub nth: u32,
}

/// What is chosen at a point instead of what the non-preemptive schedule has.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Deviation {
    /// Where.
    pub at: Point,
    /// What about. At a point that is about something else, the deviation does
    /// not apply.
    pub kind: ChoiceKind,
    /// For [`ChoiceKind::Task`] the key of the task that goes on, which has to be
    /// runnable; otherwise the number of the alternative, which has to exist.
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

/// Deviations and a task that is to stay, followed.
#[derive(Default, Debug)]
pub(super) struct Points {
    /// Invariant: sorted.
    deviations: Vec<Deviation>,
    stay: Option<Stay>,
    /// How many steps each task has made, by number.
    steps: Vec<u32>,
    /// Choices of the environment since the last step.
    answers: u32,
    /// Nobody asks where the execution is.
    idle: bool,
}

impl Points {
    pub(super) fn follow(&mut self, mut deviations: Vec<Deviation>, stay: Option<Stay>) {
        deviations.sort_unstable();
        self.deviations = deviations;
        self.stay = stay;
        self.idle = false;
    }

    /// Nobody will ask where the execution is, so that no steps need be counted.
    pub(super) fn rest(&mut self) {
        self.deviations.clear();
        self.stay = None;
        self.idle = true;
    }

    /// An execution begins.
    pub(super) fn begin(&mut self) {
        self.steps.clear();
        self.answers = 0;
    }

    /// `task` makes a step.
    #[inline]
    pub(super) fn ran(&mut self, task: TaskId) {
        if self.idle {
            return;
        }
        if self.steps.len() <= task.index() {
            self.steps.resize(task.index() + 1, 0);
        }
        self.steps[task.index()] += 1;
        self.answers = 0;
    }

    /// The environment makes a choice. Returns where.
    pub(super) fn answer(&mut self, view: &View) -> Point {
        let point = self.point(view, self.answers);
        self.answers += 1;
        point
    }

    /// Where a decision about tasks is made.
    pub(super) fn decision(&self, view: &View) -> Point {
        self.point(view, 0)
    }

    fn point(&self, view: &View, nth: u32) -> Point {
        Point {
            task: key_of(view, view.last),
            steps: self.steps_of(view.last.index()),
            nth,
        }
    }

    fn steps_of(&self, task: usize) -> u32 {
        self.steps.get(task).copied().unwrap_or(0)
    }

    /// The pick of the deviation that applies.
    pub(super) fn deviation(&self, at: Point, kind: ChoiceKind) -> Option<u64> {
        let found = self
            .deviations
            .binary_search_by_key(&(at, kind), |d| (d.at, d.kind));
        found.ok().map(|i| self.deviations[i].pick)
    }

    /// The task that is to stay where it is at present.
    pub(super) fn held(&self, view: &View) -> Option<TaskId> {
        let stay = self.stay?;
        let stands = |(key, steps): (u64, u32)| {
            let task = view.tasks.iter().position(|row| row.key == key)?;
            Some((TaskId::from_index(task), self.steps_of(task) >= steps))
        };
        let (task, arrived) = stands(stay.task)?;
        let released = stands(stay.until).is_some_and(|(_, done)| done);
        (arrived && !released).then_some(task)
    }
}

/// The key of `task`, 0 if it is not known.
pub(crate) fn key_of(view: &View, task: TaskId) -> u64 {
    view.tasks.get(task.index()).map_or(0, |row| row.key)
}
