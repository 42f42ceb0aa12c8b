//! Tries candidates, keeps the best, and counts what was spent.

use std::collections::HashSet;

use crate::minimize::schedule::{Cost, Schedule, Trial};

/// What minimizing may spend.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Candidates in all.
    pub trials: u64,
    /// Candidates of one search for a schedule with fewer preemptions.
    pub search: u64,
    /// Steps of all candidates together.
    pub steps: u64,
}

impl Limits {
    /// 20,000 candidates, 3,000 in a search, 20 million steps: a second or two of a
    /// release build.
    pub const DEFAULT: Limits = Limits {
        trials: 20_000,
        search: 3_000,
        steps: 20_000_000,
    };
}

impl Default for Limits {
    fn default() -> Limits {
        Limits::DEFAULT
    }
}

/// A failing schedule, and what it took to find it.
#[derive(Clone, Debug)]
pub struct Minimized {
    /// The smallest failing schedule that was found.
    pub schedule: Schedule,
    /// What its execution was like.
    pub trial: Trial,
    /// How many candidates were tried.
    pub trials: u64,
    /// Whether it came to its end: neither were the limits reached, nor did the
    /// closure end it.
    pub complete: bool,
}

impl Minimized {
    pub(super) fn cost(&self) -> Cost {
        Cost::of(&self.schedule, &self.trial)
    }
}

/// What the passes work with.
pub(super) struct Trials<'a> {
    goal: String,
    best: Minimized,
    limits: Limits,
    steps: u64,
    /// The closure ended it.
    ended: bool,
    /// Candidates that [`improves`](Trials::improves) has tried.
    seen: HashSet<Schedule>,
    /// The data with which there has been a search.
    searched: Option<Vec<u8>>,
    run: &'a mut dyn FnMut(&Schedule) -> Option<Trial>,
    watch: &'a mut dyn FnMut(u64, Option<&Minimized>),
}

impl<'a> Trials<'a> {
    /// Makes a schedule of the execution `first` and tries it. `None` if it does not
    /// fail in the same way.
    pub(super) fn begin(
        first: Trial,
        data: Vec<u8>,
        limits: Limits,
        run: &'a mut dyn FnMut(&Schedule) -> Option<Trial>,
        watch: &'a mut dyn FnMut(u64, Option<&Minimized>),
    ) -> Option<Trials<'a>> {
        let goal = first.signature.clone()?;
        let schedule = Schedule {
            data,
            deviations: first.transcript.deviations(),
        };
        let trial = run(&schedule).filter(|trial| trial.signature.as_ref() == Some(&goal))?;
        let mut trials = Trials {
            goal,
            steps: u64::from(trial.steps),
            best: Minimized {
                schedule,
                trial,
                trials: 1,
                complete: false,
            },
            limits,
            ended: false,
            seen: HashSet::new(),
            searched: None,
            run,
            watch,
        };
        trials.announce();
        Some(trials)
    }

    pub(super) fn best(&self) -> &Minimized {
        &self.best
    }

    /// How many candidates one search may try.
    pub(super) fn search_limit(&self) -> u64 {
        self.limits.search
    }

    /// Whether no further candidate may be tried.
    pub(super) fn is_over(&self) -> bool {
        self.ended || self.best.trials >= self.limits.trials || self.steps >= self.limits.steps
    }

    /// Whether a search with the data of the best candidate is still to be made. From
    /// now on it is not.
    pub(super) fn begin_search(&mut self) -> bool {
        let data = Some(self.best.schedule.data.clone());
        std::mem::replace(&mut self.searched, data) != self.searched
    }

    /// Tries `candidate`, and keeps it if it fails in the same way and is smaller
    /// than the best so far. One that has been tried before is not tried again.
    pub(super) fn improves(&mut self, candidate: Schedule) -> bool {
        let before = self.best.cost();
        if self.seen.insert(candidate.clone()) {
            self.run(candidate);
        }
        self.best.cost() < before
    }

    /// As [`improves`](Trials::improves), also for one that has been tried before,
    /// and gives the execution; `None` if there is nothing left to spend.
    pub(super) fn run(&mut self, candidate: Schedule) -> Option<Trial> {
        if self.is_over() {
            return None;
        }
        let Some(trial) = (self.run)(&candidate) else {
            self.ended = true;
            return None;
        };
        self.best.trials += 1;
        self.steps += u64::from(trial.steps);
        if trial.signature.as_ref() == Some(&self.goal) {
            self.keep(candidate, &trial);
        }
        if self.best.trials.is_multiple_of(64) {
            (self.watch)(self.best.trials, None);
        }
        Some(trial)
    }

    fn keep(&mut self, candidate: Schedule, trial: &Trial) {
        // Deviations that did not apply, or only said what goes without saying, go.
        let schedule = Schedule {
            deviations: trial.transcript.deviations(),
            data: candidate.data,
        };
        if Cost::of(&schedule, trial) < self.best.cost() {
            self.best.schedule = schedule;
            self.best.trial = trial.clone();
            self.announce();
        }
    }

    fn announce(&mut self) {
        (self.watch)(self.best.trials, Some(&self.best));
    }

    pub(super) fn end(mut self) -> Minimized {
        self.best.complete = !self.is_over();
        self.best
    }
}
