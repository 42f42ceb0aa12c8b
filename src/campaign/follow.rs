//! Schedules of one scenario executed, for minimizing and explaining.

use std::thread;

use crate::campaign::runner::Runner;
use crate::finding::Finding;
use crate::guard::watchdog;
use crate::minimize::{Schedule, Trial};
use crate::scenario::Scenario;
use crate::strategy::{Log, Pilot, Route, Strategy};
use crate::trace::Trace;

/// Executes schedules of a scenario on the calling OS thread.
#[derive(Debug)]
pub struct Follower {
    scenario: &'static Scenario,
    runner: Runner,
    pilot: Pilot,
    /// How many steps the largest execution with a record made.
    largest: u32,
}

/// A candidate may make so many times the steps of what it is to be smaller than, and
/// some more: one that turns out not to end should not cost a whole budget.
const LONGER: u32 = 4;
const MORE: u32 = 1_000;

/// An execution along a route.
#[derive(Clone, Debug)]
pub struct Followed {
    /// What was found.
    pub finding: Option<Finding>,
    /// What the minimizer is told of it.
    pub trial: Trial,
    /// The record.
    pub trace: Trace,
}

impl Follower {
    /// One that has executed nothing yet.
    #[must_use]
    pub fn new(scenario: &'static Scenario) -> Follower {
        watchdog::subject(scenario, None);
        Follower {
            scenario,
            runner: Runner::new(),
            pilot: Pilot::new(),
            largest: 0,
        }
    }

    /// Executes a candidate of the minimizer. One that makes many more steps than what
    /// was executed with a record is cut short and has no finding.
    pub fn trial(&mut self, schedule: &Schedule) -> Trial {
        let route = Route::Deviations(schedule.deviations.clone(), None);
        if self.is_spoiled() {
            return elsewhere(self.scenario, route, &schedule.data).trial;
        }
        let pilot = self.pilot(route);
        let most = self.largest.saturating_mul(LONGER).saturating_add(MORE);
        let (_, trial) = self.perform(&mut pilot.strategy(), most, &schedule.data);
        Trial {
            log: pilot.log(),
            ..trial
        }
    }

    /// Executes a schedule, and keeps the record.
    pub fn schedule(&mut self, schedule: &Schedule) -> Followed {
        let route = Route::Deviations(schedule.deviations.clone(), None);
        self.execute(route, &schedule.data)
    }

    /// Executes along `route`, and keeps the record.
    pub fn execute(&mut self, route: Route, data: &[u8]) -> Followed {
        if self.is_spoiled() {
            return elsewhere(self.scenario, route, data);
        }
        let pilot = self.pilot(route);
        let mut followed = self.under(&mut pilot.strategy(), data);
        followed.trial.log = pilot.log();
        followed
    }

    /// Whether this OS thread can execute nothing more.
    pub(super) fn is_spoiled(&self) -> bool {
        self.runner.is_spoiled()
    }

    /// Executes under a strategy of the caller's, and keeps the record but for what was
    /// decided.
    ///
    /// # Panics
    ///
    /// If the thread is spoiled.
    pub(super) fn under(&mut self, strategy: &mut Box<dyn Strategy>, data: &[u8]) -> Followed {
        let (finding, trial) = self.perform(strategy, u32::MAX, data);
        self.largest = self.largest.max(trial.steps);
        Followed {
            finding,
            trial,
            trace: self.runner.trace(),
        }
    }

    /// A pilot along `route`.
    pub(super) fn pilot(&self, route: Route) -> Pilot {
        self.pilot.follow(route);
        self.pilot.clone()
    }

    fn perform(
        &mut self,
        strategy: &mut Box<dyn Strategy>,
        most: u32,
        data: &[u8],
    ) -> (Option<Finding>, Trial) {
        let run = self.runner.under(self.scenario, strategy, most, data);
        // One that was cut short has not shown what it came to.
        let cut = run.outcome.steps >= most;
        let finding = run.outcome.finding.filter(|_| !cut);
        let trial = Trial {
            signature: finding.as_ref().map(Finding::signature),
            preemptions: run.outcome.preemptions,
            steps: run.outcome.steps,
            log: Log::default(),
        };
        (finding, trial)
    }
}

/// An earlier execution has spoiled the thread.
fn elsewhere(scenario: &'static Scenario, route: Route, data: &[u8]) -> Followed {
    let followed = thread::scope(|scope| {
        let fresh = scope.spawn(|| Follower::new(scenario).execute(route, data));
        fresh.join()
    });
    match followed {
        Ok(followed) => followed,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}
