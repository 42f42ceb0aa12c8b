//! The policy of an execution: a strategy that samples, or an exhaustive exploration.

use crate::decision::{ChoiceKind, Environment, Rng};
use crate::id::{ObjectId, TaskId};
use crate::op::{Op, Site};
use crate::strategy::{Birth, Explorer, Profile, Strategy, View};

/// What decides an execution.
///
/// A backend asks once, before an execution, which of the two it is, and keeps the
/// answer among its attention flags: at a step nothing has to be asked again.
#[derive(Debug)]
pub enum Policy<'a> {
    /// A strategy draws one of many schedules. It is asked where two or more tasks can
    /// go on.
    Sample(&'a mut dyn Strategy),
    /// Every behaviour is explored, one execution after the other. It is asked at every
    /// step.
    Explore(&'a mut dyn Explorer),
}

impl<'a> From<&'a mut dyn Strategy> for Policy<'a> {
    fn from(strategy: &'a mut dyn Strategy) -> Policy<'a> {
        Policy::Sample(strategy)
    }
}

impl<'a> From<&'a mut dyn Explorer> for Policy<'a> {
    fn from(explorer: &'a mut dyn Explorer) -> Policy<'a> {
        Policy::Explore(explorer)
    }
}

impl Policy<'_> {
    /// The same, for a shorter time.
    #[must_use]
    pub fn reborrow(&mut self) -> Policy<'_> {
        match self {
            Policy::Sample(strategy) => Policy::Sample(&mut **strategy),
            Policy::Explore(explorer) => Policy::Explore(&mut **explorer),
        }
    }

    /// The exploration, if it is one.
    #[inline]
    pub fn explorer(&mut self) -> Option<&mut (dyn Explorer + '_)> {
        match self {
            Policy::Sample(_) => None,
            Policy::Explore(explorer) => Some(&mut **explorer),
        }
    }

    /// Whether it is an exploration.
    #[inline]
    #[must_use]
    pub fn explores(&self) -> bool {
        matches!(self, Policy::Explore(_))
    }

    /// A new execution begins.
    pub fn begin(&mut self, profile: &Profile, rng: &mut Rng) {
        match self {
            Policy::Sample(strategy) => strategy.begin(profile, rng),
            Policy::Explore(explorer) => explorer.begin(),
        }
    }

    /// See [`Strategy::environment`]. An explorer answers every choice itself.
    #[must_use]
    pub fn environment(&self) -> Environment {
        match self {
            Policy::Sample(strategy) => strategy.environment(),
            Policy::Explore(_) => Environment::Random,
        }
    }

    /// See [`Strategy::is_uniform`].
    #[must_use]
    pub fn is_uniform(&self) -> bool {
        match self {
            Policy::Sample(strategy) => strategy.is_uniform(),
            Policy::Explore(_) => false,
        }
    }

    /// See [`Strategy::watches`].
    #[must_use]
    pub fn watches(&self) -> bool {
        match self {
            Policy::Sample(strategy) => strategy.watches(),
            Policy::Explore(_) => false,
        }
    }

    /// The task that goes on; see [`Strategy::pick`] and [`Explorer::pick`].
    #[inline]
    pub fn pick(&mut self, view: &View, rng: &mut Rng) -> TaskId {
        match self {
            Policy::Sample(strategy) => strategy.pick(view, rng),
            Policy::Explore(explorer) => explorer.pick(view),
        }
    }

    /// What it says about a choice of the environment; `None` leaves that to
    /// [`Decisions`](crate::decision::Decisions).
    pub fn answer(&mut self, view: &View, kind: ChoiceKind, arity: u32) -> Option<u32> {
        match self {
            Policy::Sample(strategy) => strategy.answer(view, kind, arity),
            Policy::Explore(explorer) => Some(explorer.choose(kind, arity)),
        }
    }
}

/// What a strategy that [watches](Strategy::watches) is told; an exploration is told
/// other things, through [`Policy::explorer`].
impl Policy<'_> {
    #[inline]
    fn sampler(&mut self) -> Option<&mut (dyn Strategy + '_)> {
        match self {
            Policy::Sample(strategy) => Some(&mut **strategy),
            Policy::Explore(_) => None,
        }
    }

    /// See [`Strategy::spawned`].
    #[inline]
    pub fn spawned(&mut self, task: TaskId, birth: &Birth, rng: &mut Rng) {
        if let Some(strategy) = self.sampler() {
            strategy.spawned(task, birth, rng);
        }
    }

    /// See [`Strategy::appeared`].
    #[inline]
    pub fn appeared(&mut self, object: ObjectId, site: Site) {
        if let Some(strategy) = self.sampler() {
            strategy.appeared(object, site);
        }
    }

    /// See [`Strategy::called`].
    #[inline]
    pub fn called(&mut self, task: TaskId, name: &str) {
        if let Some(strategy) = self.sampler() {
            strategy.called(task, name);
        }
    }

    /// See [`Strategy::posted`].
    #[inline]
    pub fn posted(&mut self, task: TaskId, op: &Op, rng: &mut Rng) {
        if let Some(strategy) = self.sampler() {
            strategy.posted(task, op, rng);
        }
    }

    /// See [`Strategy::runnable`].
    #[inline]
    pub fn runnable(&mut self, task: TaskId) {
        if let Some(strategy) = self.sampler() {
            strategy.runnable(task);
        }
    }

    /// See [`Strategy::ran`].
    #[inline]
    pub fn ran(&mut self, task: TaskId, op: &Op, rng: &mut Rng) {
        if let Some(strategy) = self.sampler() {
            strategy.ran(task, op, rng);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strategy::{Pos, Random};

    #[test]
    fn a_policy_is_what_its_strategy_is() {
        for strategy in [&mut Random as &mut dyn Strategy, &mut Pos::new()] {
            let (uniform, watches) = (strategy.is_uniform(), strategy.watches());
            let mut policy = Policy::from(strategy);
            assert!(!policy.explores() && policy.explorer().is_none());
            let policy = policy.reborrow();
            assert_eq!((policy.is_uniform(), policy.watches()), (uniform, watches));
        }
    }
}
