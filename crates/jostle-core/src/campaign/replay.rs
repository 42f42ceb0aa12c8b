//! Re-executes schedules of one target, for minimizing and explaining.

use crate::backend::{Backend, Broken, Suite, TargetOf};
use crate::campaign::runner::Runner;
use crate::finding::Finding;
use crate::minimize::{Schedule, Trial};
use crate::prescription::Prescription;
use crate::strategy::{Directed, Policy, Strategy, Transcript};
use crate::trace::Trace;

/// Executes schedules of a target on the calling OS thread.
///
/// An execution in which the backend fails is neither one that fails nor one that passes.
/// After the first of them there are no others, and whatever is asked is answered with that
/// failure.
#[derive(Debug)]
pub struct Replayer<'a, B: Backend> {
    target: &'a B::Target,
    runner: Runner<B>,
    directed: Directed,
    /// How many steps the largest execution with a record made.
    largest: u32,
    /// How the backend failed, if it did.
    broken: Option<Broken>,
}

/// A candidate may make so many times the steps of what it is to be smaller than, and
/// some more: one that turns out not to end should not cost a whole budget.
const LONGER: u32 = 4;
const MORE: u32 = 1_000;

/// An execution that replayed a prescription.
#[derive(Clone, Debug)]
pub struct Replayed {
    /// What was found.
    pub finding: Option<Finding>,
    /// What the minimizer is told of it.
    pub trial: Trial,
    /// The record.
    pub trace: Trace,
}

impl<'a, B: Backend> Replayer<'a, B> {
    /// One that has executed nothing yet.
    #[must_use]
    pub fn new<S: Suite<Backend = B>>(suite: &S, target: &'a TargetOf<S>) -> Replayer<'a, B> {
        Replayer {
            target,
            runner: Runner::of(suite),
            directed: Directed::new(),
            largest: 0,
            broken: None,
        }
    }

    /// Whether the backend has done all that it was asked to do so far.
    ///
    /// # Errors
    ///
    /// How it failed, if it did.
    pub fn check(&self) -> Result<(), Broken> {
        match &self.broken {
            Some(broken) => Err(broken.clone()),
            None => Ok(()),
        }
    }

    /// Executes a candidate of the minimizer. One that makes many more steps than what
    /// was executed with a record is cut short and has no finding. `None` if the backend
    /// fails, as [`check`](Replayer::check) tells.
    pub fn trial(&mut self, schedule: &Schedule) -> Option<Trial> {
        self.directed
            .follow(Prescription::deviations(schedule.deviations.clone()));
        let most = self.largest.saturating_mul(LONGER).saturating_add(MORE);
        let mut directed = std::mem::take(&mut self.directed);
        let performed = self.perform(&mut directed, most, false, &schedule.data);
        let transcript = directed.transcript();
        self.directed = directed;
        let (_, trial) = performed.ok()?;
        Some(Trial {
            transcript,
            ..trial
        })
    }

    /// Executes a schedule, and keeps the record.
    ///
    /// # Errors
    ///
    /// If the backend fails.
    pub fn schedule(&mut self, schedule: &Schedule) -> Result<Replayed, Broken> {
        let prescription = Prescription::deviations(schedule.deviations.clone());
        self.execute(prescription, &schedule.data)
    }

    /// Executes as prescribed, and keeps the record.
    ///
    /// # Errors
    ///
    /// If the backend fails.
    pub fn execute(&mut self, prescription: Prescription, data: &[u8]) -> Result<Replayed, Broken> {
        self.directed.follow(prescription);
        let mut directed = std::mem::take(&mut self.directed);
        let replayed = self.under(&mut directed, false, data);
        let transcript = directed.transcript();
        self.directed = directed;
        let mut replayed = replayed?;
        replayed.trial.transcript = transcript;
        Ok(replayed)
    }

    /// Executes under a strategy of the caller's, with the functions of all places if
    /// they are wanted, and keeps the record but for what was decided.
    pub(super) fn under(
        &mut self,
        strategy: &mut dyn Strategy,
        functions: bool,
        data: &[u8],
    ) -> Result<Replayed, Broken> {
        let mut performed = self.perform(strategy, u32::MAX, functions, data)?;
        // Each execution knows the functions that the last one met.
        for _ in 1..ROUNDS {
            if !functions || !self.runner.learn_functions() {
                break;
            }
            performed = self.perform(strategy, u32::MAX, functions, data)?;
        }
        let (finding, trial) = performed;
        self.largest = self.largest.max(trial.steps);
        Ok(Replayed {
            finding,
            trial,
            trace: self.runner.trace(),
        })
    }

    fn perform(
        &mut self,
        strategy: &mut dyn Strategy,
        most: u32,
        functions: bool,
        data: &[u8],
    ) -> Result<(Option<Finding>, Trial), Broken> {
        self.check()?;
        let policy = Policy::Sample(strategy);
        let run = self
            .runner
            .under(self.target, policy, most, functions, data);
        let run = run.sound().inspect_err(|broken| {
            self.broken = Some(broken.clone());
        })?;
        // One that was cut short has not shown what it came to.
        let cut = run.outcome.steps >= most;
        let finding = run.outcome.finding.filter(|_| !cut);
        let trial = Trial {
            signature: finding.as_ref().map(Finding::signature),
            preemptions: run.outcome.preemptions,
            steps: run.outcome.steps,
            transcript: Transcript::default(),
        };
        Ok((finding, trial))
    }
}

/// Executions for which new functions may be met.
const ROUNDS: usize = 8;
