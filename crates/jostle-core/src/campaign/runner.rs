//! Executes a target once, from an input or a record.

use crate::backend::{Backend, Broken, Executed, Outcome, Plan, Suite};
use crate::decision::{Choice, Prescription};
use crate::history::History;
use crate::input::{Input, Steering};
use crate::recording::Recording;
use crate::strategy::{Constrained, Kind, Policy, Profile, Strategy};
use crate::trace::Trace;

/// Executes targets on the calling OS thread.
#[derive(Debug)]
pub struct Runner<B> {
    backend: B,
    /// The seed of the campaign, for messages of a process that dies.
    campaign_seed: Option<u64>,
    /// One strategy of each kind that was asked for, kept for its memory.
    strategies: Vec<(Kind, Box<dyn Strategy>)>,
    /// The same, under constraints.
    constrained: Vec<(Kind, Constrained)>,
}

/// One execution.
#[derive(Debug)]
pub struct Run {
    /// What it came to.
    pub outcome: Outcome,
    /// The target's argument could not be made out of the data, so that its
    /// body never ran.
    pub rejected: bool,
    /// The backend failed, in words; then the outcome says nothing.
    pub broken: Option<String>,
}

impl Run {
    /// The same, unless the backend failed.
    ///
    /// # Errors
    ///
    /// If it did.
    pub fn sound(self) -> Result<Run, Broken> {
        match self.broken {
            Some(why) => Err(Broken(why)),
            None => Ok(self),
        }
    }
}

impl From<Executed> for Run {
    #[inline]
    fn from(executed: Executed) -> Run {
        let none = Outcome {
            finding: None,
            steps: 0,
            preemptions: 0,
            divergence: None,
            abandoned: 0,
        };
        let (outcome, rejected, broken) = match executed {
            Executed::Finished(outcome) => (outcome, false, None),
            Executed::Rejected => (none, true, None),
            Executed::Broken(why) => (none, false, Some(why)),
        };
        Run {
            outcome,
            rejected,
            broken,
        }
    }
}

impl<B: Backend> Runner<B> {
    /// A runner over `backend`.
    #[must_use]
    pub fn new(backend: B) -> Runner<B> {
        Runner {
            backend,
            campaign_seed: None,
            strategies: Vec::new(),
            constrained: Vec::new(),
        }
    }

    /// A runner over a backend of `suite` for the calling OS thread.
    #[must_use]
    pub fn of<S: Suite<Backend = B>>(suite: &S) -> Runner<B> {
        Runner::new(suite.backend())
    }

    /// The same, as part of the campaign with this seed.
    #[must_use]
    pub fn in_campaign(mut self, seed: u64) -> Runner<B> {
        self.campaign_seed = Some(seed);
        self
    }

    /// Executes `target` once as `input` says.
    pub fn run(&mut self, target: &B::Target, profile: &Profile, input: &Input) -> Run {
        let plain = input.overrides.is_empty() && input.steering.prefix.picks.is_empty();
        let prescription = (!plain).then(|| {
            let overrides = Prescription::overrides(input.overrides.clone());
            Box::new(overrides.with_prefix(input.steering.prefix.clone()))
        });
        self.execute(target, profile, input, prescription)
    }

    /// Executes `target` once with recorded choices. Where they do not fit, or
    /// when they end, the execution goes on under [`Kind::NonPreemptive`], and the
    /// outcome says where that was.
    pub fn replay(&mut self, target: &B::Target, choices: Vec<Choice>, data: &[u8]) -> Run {
        let default = Input {
            strategy: Kind::NonPreemptive,
            seed: 0,
            steering: Steering::none(),
            overrides: Vec::new(),
            data: data.to_vec(),
        };
        self.execute(
            target,
            &Profile::default(),
            &default,
            Some(Box::new(Prescription::exact(choices))),
        )
    }

    /// Executes `target` once under a policy of the caller's, with nothing
    /// prescribed and no more than `steps` steps under the strategy. With
    /// `functions`, sites have the names of their functions as far as they are known;
    /// see [`Plan::functions`].
    pub fn under(
        &mut self,
        target: &B::Target,
        policy: Policy<'_>,
        steps: u32,
        functions: bool,
        data: &[u8],
    ) -> Run {
        let plan = Plan {
            profile: &Profile::default(),
            seed: 0,
            prescription: None,
            data,
            steps,
            functions,
            strategy: Kind::NonPreemptive,
            campaign_seed: self.campaign_seed,
        };
        self.backend.execute(target, plan, policy).into()
    }

    /// Executes `target` as `input` says, with `prescription` for what goes by number.
    fn execute(
        &mut self,
        target: &B::Target,
        profile: &Profile,
        input: &Input,
        prescription: Option<Box<Prescription>>,
    ) -> Run {
        let plan = Plan {
            profile,
            seed: input.seed,
            prescription,
            data: &input.data,
            steps: u32::MAX,
            functions: false,
            strategy: input.strategy,
            campaign_seed: self.campaign_seed,
        };
        let (kind, steering) = (input.strategy, &input.steering);
        let strategy: &mut dyn Strategy = if steering.orders.is_empty() && steering.hold.is_none() {
            &mut **kept(&mut self.strategies, kind, || kind.build())
        } else {
            let constrained = kept(&mut self.constrained, kind, || {
                Constrained::new(kind.build())
            });
            constrained.follow(&steering.orders, steering.hold);
            constrained
        };
        self.backend
            .execute(target, plan, Policy::Sample(strategy))
            .into()
    }

    /// After an execution with functions: whether it met places whose functions are
    /// known only now, so that it has to be made again to have them.
    pub fn learn_functions(&mut self) -> bool {
        self.backend.learn_functions()
    }

    /// The record of the last execution.
    #[must_use]
    pub fn recording(&self) -> Recording<'_> {
        self.backend.recording()
    }

    /// What the last execution did, in place of what `history` held.
    pub fn recount(&self, history: &mut History) {
        self.recording().recount(history);
    }

    /// The trace of the last execution.
    #[must_use]
    pub fn trace(&self) -> Trace {
        self.recording().trace()
    }

    /// See [`Trace::fingerprint`]; of the last execution.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        self.recording().fingerprint()
    }

    /// See [`Trace::interleaving`]; of the last execution.
    #[must_use]
    pub fn interleaving(&self) -> u64 {
        self.recording().interleaving()
    }

    /// See [`Recording::measure`].
    pub fn measure(&self, profile: &mut Profile) {
        self.recording().measure(profile);
    }
}

/// What there is for `kind`, made if there is nothing yet.
fn kept<T>(list: &mut Vec<(Kind, T)>, kind: Kind, make: impl FnOnce() -> T) -> &mut T {
    let at = match list.iter().position(|(known, _)| *known == kind) {
        Some(at) => at,
        None => {
            list.push((kind, make()));
            list.len() - 1
        }
    };
    &mut list[at].1
}

/// Executes on a fresh OS thread, with a runner of its own; on the calling one where the
/// suite has no others (see [`Suite::threads`]).
///
/// # Panics
///
/// If the operating system gives no thread.
pub fn apart<S: Suite, T: Send>(
    suite: &S,
    work: impl FnOnce(&mut Runner<S::Backend>) -> T + Send,
) -> T {
    if !suite.threads() {
        return work(&mut Runner::of(suite));
    }
    std::thread::scope(|scope| {
        let worker = scope.spawn(|| work(&mut Runner::of(suite)));
        match worker.join() {
            Ok(value) => value,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}
