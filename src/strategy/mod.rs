//! Strategies: which of the ready tasks goes on.
//!
//! A strategy sees a plain [`View`] and a stream of random numbers; it knows
//! nothing of the runtime. See [`Kind`] for the list.

use crate::decision::{Environment, Rng};
use crate::id::TaskId;
use crate::op::Op;
use crate::ready::TaskSet;

/// What a strategy may know about a task.
#[derive(Clone, Copy, Debug)]
pub struct TaskView {
    /// The operation that the task will do when it is scheduled.
    pub op: Op,
    /// Identifies the task across executions: a hash of its parent's key and of
    /// how many tasks the parent had spawned before it.
    pub key: u64,
}

/// What a strategy sees at a decision.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The tasks that can go on, at least two.
    pub ready: &'a TaskSet,
    /// Every task, by number. Row 0 is the clock.
    pub tasks: &'a [TaskView],
    /// The task that made the last step.
    pub last: TaskId,
    /// How many steps the execution has made.
    pub step: u32,
}

/// What earlier executions of the same scenario tell about its size.
///
/// Made by a fixed handful of executions before a campaign, so that it is a
/// function of the scenario and not of the campaign's history.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Profile {
    /// The largest number of scheduling decisions seen.
    pub decisions: u32,
    /// The largest number of steps seen for each task key, sorted by key.
    pub steps: Vec<(u64, u32)>,
}

impl Profile {
    /// The largest number of steps seen for the task with `key`, 0 if unknown.
    #[must_use]
    pub fn steps_of(&self, key: u64) -> u32 {
        self.steps
            .binary_search_by_key(&key, |&(k, _)| k)
            .map_or(0, |i| self.steps[i].1)
    }
}

/// A policy that picks the next task.
///
/// The executor calls [`begin`](Strategy::begin) once per execution, then at
/// each decision [`pick`](Strategy::pick). The other methods tell a strategy
/// that keeps its own tables what changed; they are called only if
/// [`watches`](Strategy::watches) says so.
pub trait Strategy: std::fmt::Debug {
    /// A new execution begins; forget the last one.
    fn begin(&mut self, profile: &Profile, rng: &mut Rng) {
        let _ = (profile, rng);
    }

    /// How the environment behaves under this strategy.
    fn environment(&self) -> Environment {
        Environment::Random
    }

    /// Whether the methods below `pick` are to be called.
    fn watches(&self) -> bool {
        false
    }

    /// The task that goes on, one of `view.ready`.
    fn pick(&mut self, view: &View<'_>, rng: &mut Rng) -> TaskId;

    /// `task` has appeared. The clock appears before all others.
    fn spawned(&mut self, task: TaskId, key: u64, rng: &mut Rng) {
        let _ = (task, key, rng);
    }

    /// `task` is about to do `op`. It need not be ready.
    fn posted(&mut self, task: TaskId, op: &Op, rng: &mut Rng) {
        let _ = (task, op, rng);
    }

    /// `task` has become ready, either because it posted an operation that is
    /// enabled or because its operation was enabled by another task. There is
    /// no call for the opposite: look at `view.ready`.
    fn ready(&mut self, task: TaskId) {
        let _ = task;
    }

    /// `task` has been scheduled and now does `op`.
    fn ran(&mut self, task: TaskId, op: &Op, rng: &mut Rng) {
        let _ = (task, op, rng);
    }
}

/// TEMP
#[derive(Debug)]
pub struct RandomT;
impl Strategy for RandomT {
    fn pick(&mut self, view: &View<'_>, rng: &mut Rng) -> TaskId {
        view.ready.nth(rng.below(view.ready.len()))
    }
}
/// TEMP
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// t
    Calm,
}
impl Kind {
    /// t
    pub fn build(self) -> Box<dyn Strategy> {
        Box::new(RandomT)
    }
}
