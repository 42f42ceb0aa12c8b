//! Strategies, which pick the runnable task that runs next.
//!
//! A strategy sees a plain [`View`] and a stream of random numbers; it knows
//! nothing of the runtime.
//!
//! - [`mod@self`]: [`Strategy`], the trait.
//! - `kind`: [`Kind`], the list of strategies by name.
//! - `profile`: [`Profile`], the sizes measured in earlier executions.
//! - `non_preemptive`: runs a task until it blocks; overrides deviate from it.
//! - `directed`: preempts only where a prescription says so, and records a
//!   [`Transcript`].
//! - `round_robin`: every task in turn.
//! - `newest`: every task in turn, from the newest to the oldest.
//! - `random`: every runnable task with the same probability.
//! - `delay`: a random walk in which up to two tasks sleep while the others run.
//! - `pct`: priorities with a few change points.
//! - `pos`: priorities of operations, redrawn on conflict.
//! - `urw`: every interleaving with the same probability.
//! - `constrained`: any strategy, under constraints.
//! - `priority`: draws the priorities of `pct` and `pos`.
//! - `explorer`: [`Explorer`], the trait of an exhaustive exploration.
//! - `policy`: [`Policy`], a strategy or an exploration, as backends take it.
//! - `tree`, `pending`: the tables of `pct`, `pos` and `urw`, which keep a decision from
//!   costing more because there are more tasks.

mod constrained;
mod delay;
mod directed;
mod explorer;
mod kind;
mod newest;
mod non_preemptive;
mod pct;
mod pending;
mod policy;
mod pos;
mod priority;
mod profile;
mod random;
mod round_robin;
mod tree;
mod urw;

#[cfg(test)]
mod model;

pub use crate::view::{Birth, TaskView, View};
pub use constrained::Constrained;
pub use delay::Delay;
pub use directed::{Decision, Directed, Transcript};
pub use explorer::{Explorer, Gate, Touch};
pub use kind::{Kind, UnknownStrategy};
pub use newest::Newest;
pub use non_preemptive::NonPreemptive;
pub use pct::{Depth, Pct};
pub use policy::Policy;
pub use pos::Pos;
pub use profile::{Profile, TaskSize};
pub use random::Random;
pub use round_robin::RoundRobin;
pub use urw::Urw;

use crate::decision::{ChoiceKind, Environment, Rng};
use crate::id::{ObjectId, TaskId};
use crate::op::{Op, Site};
use crate::task_set::TaskSet;

/// Any of the runnable tasks, each with the same probability.
///
/// # Panics
///
/// If there is none.
#[inline]
#[must_use]
pub fn uniform(runnable: &TaskSet, rng: &mut Rng) -> TaskId {
    // The first of the tries below, which is nearly always the last.
    if runnable.is_dense()
        && let Some(number) = rng.peek_below(runnable.span())
        && runnable.contains(TaskId(number))
    {
        rng.drop_peeked();
        return TaskId(number);
    }
    uniform_at_length(runnable, rng)
}

/// As [`uniform`], in all cases. Not inlined, so that the usual case saves no
/// registers for what is called here.
#[inline(never)]
fn uniform_at_length(runnable: &TaskSet, rng: &mut Rng) -> TaskId {
    // Where most numbers are those of runnable tasks, a few tries find one sooner
    // than counting does. Whether they do or not, nobody is favoured.
    if runnable.is_dense() {
        for _ in 0..8 {
            let task = TaskId(rng.below(runnable.span()));
            if runnable.contains(task) {
                return task;
            }
        }
    }
    runnable.nth(rng.below(runnable.len()))
}

/// A policy that picks the next task.
///
/// The executor calls [`begin`](Strategy::begin) once per execution, then at
/// each decision [`pick`](Strategy::pick). The other methods tell a strategy
/// that keeps its own tables what changed; they are called only if
/// [`watches`](Strategy::watches) says so.
///
/// A strategy is used for one execution after the other and keeps the memory of
/// its tables, so that after the first few executions none allocates.
///
/// It may be a user's. While it is called there is no current execution: a strategy
/// that uses a primitive panics, and the execution is
/// [`Broken`](crate::backend::Executed::Broken), as after any other panic of a strategy.
/// It is `Send`, because a backend may execute on another OS thread.
pub trait Strategy: std::fmt::Debug + Send {
    /// A new execution begins; forget the last one.
    fn begin(&mut self, profile: &Profile, rng: &mut Rng) {
        let _ = (profile, rng);
    }

    /// How the environment behaves under this strategy.
    fn environment(&self) -> Environment {
        Environment::Random
    }

    /// Whether `pick` is [`uniform`] and nothing else, so that the caller may
    /// do the same without the call.
    fn is_uniform(&self) -> bool {
        false
    }

    /// Whether the methods below `pick` are to be called.
    fn watches(&self) -> bool {
        false
    }

    /// The task that goes on, one of `view.runnable`.
    ///
    /// # Panics
    ///
    /// A strategy that keeps its own tables may panic if a task is in
    /// `view.runnable` of which the methods below have not told it.
    fn pick(&mut self, view: &View, rng: &mut Rng) -> TaskId;

    /// What the environment does at a choice among `arity` alternatives, at least
    /// two; `None` leaves it to the [`environment`](Strategy::environment).
    fn answer(&mut self, view: &View, kind: ChoiceKind, arity: u32) -> Option<u32> {
        let _ = (view, kind, arity);
        None
    }

    /// `task` has appeared. The clock appears before all others.
    fn spawned(&mut self, task: TaskId, birth: &Birth, rng: &mut Rng) {
        let _ = (task, birth, rng);
    }

    /// `object`, which was created at `site`, takes part from now on.
    /// [`ObjectId::WORLD`] appears before all others.
    fn appeared(&mut self, object: ObjectId, site: Site) {
        let _ = (object, site);
    }

    /// `task`, which is about to appear, has this name.
    fn called(&mut self, task: TaskId, name: &str) {
        let _ = (task, name);
    }

    /// `task` is about to do `op`. It need not be runnable. Called anew for every
    /// step, also if the operation is the same as the one before.
    fn posted(&mut self, task: TaskId, op: &Op, rng: &mut Rng) {
        let _ = (task, op, rng);
    }

    /// `task` has become runnable, either because it posted an operation that is
    /// enabled or because its operation was enabled by another task. There is
    /// no call for the opposite: look at `view.runnable`.
    fn runnable(&mut self, task: TaskId) {
        let _ = task;
    }

    /// `task` has been scheduled and now does `op`.
    fn ran(&mut self, task: TaskId, op: &Op, rng: &mut Rng) {
        let _ = (task, op, rng);
    }
}
