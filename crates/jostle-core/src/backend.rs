//! The traits of a backend, which executes scenarios for Jostle.
//!
//! A [`Backend`] executes a subject under a policy and keeps the record. Campaigns, search,
//! minimizer, explanation, verification and reports work over any backend.

use crate::decision::{Divergence, Prescription};
use crate::finding::Finding;
use crate::recording::Recording;
use crate::strategy::{Kind, Policy, Profile};
use crate::subject::Subject;

/// What a backend can do. Where a result would promise more, it says what is missing.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Capabilities {
    /// It sees data races on plain memory.
    pub races: bool,
    /// Time is virtual: no execution waits for the wall clock.
    pub virtual_time: bool,
    /// It can cancel async tasks at their awaits.
    pub cancellation: bool,
    /// It tells a strategy what each transition touches, so that every behaviour can
    /// be explored.
    pub exhaustive: bool,
}

/// The parameters of one execution.
#[derive(Debug)]
pub struct Plan<'a> {
    /// What the strategy knows beforehand.
    pub profile: &'a Profile,
    /// The seed of the random stream.
    pub seed: u64,
    /// What is prescribed. The backend follows what goes by number; all else is the
    /// policy's affair.
    pub prescription: Option<Box<Prescription>>,
    /// What the subject makes its argument of.
    pub data: &'a [u8],
    /// Steps under the strategy, if that is less than the subject's budget.
    pub steps: u32,
    /// Whether sites are to have the name of their function, which costs a walk over
    /// the stack at each operation. See [`Backend::learn_functions`].
    pub functions: bool,
    /// The strategy that makes the decisions, for messages of a process that dies.
    pub strategy: Kind,
    /// The seed of the campaign, likewise.
    pub campaign_seed: Option<u64>,
}

/// What an execution came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What the oracles found.
    pub finding: Option<Finding>,
    /// How many steps were made.
    pub steps: u32,
    /// How many preemptions there were.
    pub preemptions: u32,
    /// Where it departed from recorded choices that it had to follow exactly.
    pub divergence: Option<Divergence>,
    /// Tasks that could be neither finished nor unwound, whose memory stays
    /// allocated.
    pub abandoned: u32,
}

/// How an execution ended.
#[derive(Clone, Debug)]
pub enum Executed {
    /// With an outcome.
    Finished(Outcome),
    /// The subject's argument could not be made of the data, so that its body never
    /// ran.
    Rejected,
    /// The backend or a strategy failed: a fault of Jostle, which says nothing about
    /// the subject. In words.
    Broken(String),
}

/// The backend or a strategy failed, in words: a fault of Jostle, which says nothing about
/// the subject. Whatever depends on the execution has no answer.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct Broken(pub String);

/// Executes targets on the calling OS thread, one at a time.
///
/// Tables are kept from one execution to the next. Should an execution leave the OS
/// thread unusable, going on elsewhere is the backend's own affair.
pub trait Backend {
    /// What it executes.
    type Target: AsRef<Subject> + Sync + ?Sized + 'static;

    /// What it can do.
    fn capabilities(&self) -> Capabilities;

    /// Executes `target` once. The policy is called during this call only. One that
    /// explores is used only where [`Capabilities::exhaustive`] says so.
    ///
    /// # Panics
    ///
    /// If the OS thread is in the middle of another execution.
    fn execute(&mut self, target: &Self::Target, plan: Plan<'_>, policy: Policy<'_>) -> Executed;

    /// The record of the last execution.
    fn recording(&self) -> Recording<'_>;

    /// After an execution with [`Plan::functions`]: whether it met places whose
    /// functions are known only now, so that it has to be made again to have them.
    fn learn_functions(&mut self) -> bool {
        false
    }
}

/// The targets of a program, and a backend for each OS thread that executes them.
pub trait Suite: Sync {
    /// What executes them.
    type Backend: Backend;

    /// A backend for the calling OS thread.
    fn backend(&self) -> Self::Backend;

    /// What the backends can do.
    fn capabilities(&self) -> Capabilities;

    /// Whether the process may have OS threads besides the one that executes. Where it may
    /// not, everything is done on the calling one: campaigns have one lane, and what is
    /// to be executed apart is executed by a fresh backend only.
    fn threads(&self) -> bool {
        true
    }

    /// Strategies that a search gives a share of the executions, besides its own plan, because
    /// the executions of this suite are long: hundreds of steps and more.
    fn samplers(&self) -> &'static [Kind] {
        &[]
    }

    /// Every target, sorted by name.
    ///
    /// # Errors
    ///
    /// If two have the same name.
    fn targets(&self) -> Result<Vec<&'static TargetOf<Self>>, DuplicateName>;
}

/// What the backend of a suite executes.
pub type TargetOf<S> = <<S as Suite>::Backend as Backend>::Target;

/// Two subjects have the same name.
#[derive(Clone, Debug, thiserror::Error)]
#[error("two scenarios are named {name:?}, one at {first} and one at {second}; rename one of them")]
pub struct DuplicateName {
    /// The name.
    pub name: &'static str,
    /// Where one of them stands.
    pub first: crate::op::Site,
    /// Where the other one stands.
    pub second: crate::op::Site,
}
