//! Runs a campaign on one target.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::backend::{Broken, Suite, TargetOf};
use crate::campaign::lane::{Lane, Shared};
use crate::campaign::profile::profile;
use crate::campaign::progress::Progress;
use crate::campaign::runner::apart;
use crate::campaign::summary::Summary;
use crate::campaign::tally::Tally;
use crate::coverage::FeatureKinds;
use crate::input::{self, Input};
use crate::strategy::{Kind, Profile};

/// How a target is explored.
#[derive(Clone, Debug)]
pub struct Campaign {
    /// The strategies, taken in turn; none for a [`Search`](crate::search::Search),
    /// by which executions build on each other.
    pub strategies: Vec<Kind>,
    /// How many executions at most.
    pub runs: u64,
    /// How long at most, `None` for no limit. A campaign that time cuts short is
    /// still made of the same executions up to there.
    pub time: Option<Duration>,
    /// What all its inputs derive from.
    pub seed: u64,
    /// How many OS threads share the work. With a search there are as many searches,
    /// which know nothing of each other.
    pub jobs: usize,
    /// Whether to end with the first finding, expected or not.
    pub stop_at_first: bool,
    /// What a search goes on from if it is new; [`FeatureKinds::SEARCH`] unless you
    /// want to measure what something is worth.
    pub features: FeatureKinds,
}

impl Campaign {
    /// Explores `target`.
    ///
    /// The result does not depend on how fast the OS threads are, unless time cuts
    /// the campaign short; and on their number only if the campaign searches, since
    /// then each has a search of its own.
    ///
    /// A target whose bug the backend cannot observe is not executed: its data race
    /// is undefined behaviour, for nothing.
    ///
    /// # Panics
    ///
    /// If the operating system gives no thread.
    #[must_use]
    pub fn explore<S: Suite>(
        &self,
        suite: &S,
        target: &TargetOf<S>,
        progress: &Progress,
    ) -> Summary {
        self.explore_from(&[], suite, target, progress)
    }

    /// As [`explore`](Campaign::explore), beginning with the executions of `corpus`,
    /// which a search builds on. Strategies in turn have no use for it.
    ///
    /// # Panics
    ///
    /// As [`explore`](Campaign::explore).
    #[must_use]
    pub fn explore_from<S: Suite>(
        &self,
        corpus: &[Input],
        suite: &S,
        target: &TargetOf<S>,
        progress: &Progress,
    ) -> Summary {
        let start = Instant::now();
        let subject = *target.as_ref();
        let mut summary = Summary::new(subject, suite.capabilities());
        if subject.expect.is_observable(summary.capabilities) {
            self.execute(corpus, suite, target, progress, start, &mut summary);
        }
        let satisfied = self.stop_at_first && !summary.findings.is_empty();
        summary.stopped = progress.is_stopped() && summary.executions < self.runs && !satisfied;
        summary.elapsed = start.elapsed();
        summary
    }

    fn execute<S: Suite>(
        &self,
        corpus: &[Input],
        suite: &S,
        target: &TargetOf<S>,
        progress: &Progress,
        start: Instant,
        summary: &mut Summary,
    ) {
        let searches = self.strategies.is_empty();
        // A search measures as it goes. Strategies in turn are to be the same whatever
        // the number of OS threads.
        let measured = match searches {
            true => Ok(Profile::default()),
            false => apart(suite, |runner| profile(runner, target)),
        };
        let measured = match measured {
            Ok(measured) => measured,
            Err(Broken(why)) => {
                summary.broken = Some(why);
                return;
            }
        };
        let lanes = match suite.threads() {
            true => self.jobs.max(1) as u64,
            false => 1,
        };
        let shared = Shared {
            campaign: self,
            suite,
            target,
            progress,
            deadline: self.time.and_then(|t| start.checked_add(t)),
            seeds: if searches { corpus } else { &[] },
            profile: &measured,
            lanes,
            end: AtomicU64::new(self.runs),
            next: (0..lanes).map(AtomicU64::new).collect(),
            broken: Mutex::new(None),
        };
        let lanes = match suite.threads() {
            true => on_threads(lanes, |number| Lane::new(number, &shared).run(&shared)),
            false => vec![Lane::new(0, &shared).run(&shared)],
        };
        let end = shared.end.load(Ordering::Relaxed);
        let written = Tally::of(lanes, end, searches).write(suite, target, summary);
        summary.broken = shared
            .take_broken()
            .or(written.err().map(|broken| broken.0));
    }

    /// The input of execution `index`, counted from 0, where strategies are taken in
    /// turn.
    ///
    /// # Panics
    ///
    /// If the campaign searches: its inputs depend on what earlier ones came to.
    #[must_use]
    pub fn input(&self, name: &str, index: u64) -> Input {
        assert!(!self.strategies.is_empty(), "the campaign is a search");
        let kind = self.strategies[(index % self.strategies.len() as u64) as usize];
        Input::from_seed(kind, input::seed_of(self.seed, name, index))
    }
}

/// Runs each lane on an OS thread of its own.
fn on_threads(lanes: u64, run: impl Fn(u64) -> Lane + Sync) -> Vec<Lane> {
    thread::scope(|scope| {
        let run = &run;
        let lanes: Vec<_> = (0..lanes)
            .map(|number| scope.spawn(move || run(number)))
            .collect();
        lanes
            .into_iter()
            .map(|lane| match lane.join() {
                Ok(lane) => lane,
                Err(panic) => std::panic::resume_unwind(panic),
            })
            .collect()
    })
}
