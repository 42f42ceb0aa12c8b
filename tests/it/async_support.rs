//! Executions by the hundred, and what they came to.

use std::collections::BTreeMap;
use std::future::Future;
use std::panic::Location;
use std::sync::{Arc, Mutex};

use jostle::decision::Script;
use jostle::finding::{Finding, Kind};
use jostle::scenario::Options;
use jostle::strategy::{Kind as Strategy, Profile};
use jostle::{Executor, Outcome, Plan, task};

/// What a number of executions came to.
#[derive(Default)]
pub(crate) struct Explored {
    /// What the bodies returned, or the kind of what was found instead, and how
    /// often.
    pub(crate) outcomes: BTreeMap<String, u32>,
    pub(crate) findings: Vec<Finding>,
    /// Stacks that could not be unwound.
    pub(crate) abandoned: u32,
}

impl Explored {
    /// The different outcomes, in order.
    pub(crate) fn seen(&self) -> Vec<&str> {
        self.outcomes.keys().map(String::as_str).collect()
    }

    /// Asserts that these outcomes came up and no others.
    #[track_caller]
    pub(crate) fn assert(&self, expected: &[&str]) {
        assert_eq!(self.seen(), expected, "{:?}", self.findings.first());
    }

    /// Asserts that every execution ended in a finding of this kind, and gives
    /// one of them.
    #[track_caller]
    pub(crate) fn always(&self, kind: Kind) -> &Finding {
        self.assert(&[&format!("finding: {kind}")]);
        &self.findings[0]
    }

    /// Asserts that a finding of this kind came up and no other, and gives it.
    #[track_caller]
    pub(crate) fn finding(&self, kind: Kind) -> &Finding {
        let others = self.findings.iter().find(|f| f.kind != kind);
        assert_eq!(others, None);
        match self.findings.first() {
            Some(finding) => finding,
            None => panic!("nothing was found: {:?}", self.outcomes),
        }
    }
}

/// Executes a blocking body under every strategy with `runs` seeds each, each of
/// them twice: the same seed gives the same execution.
pub(crate) fn explore_with(
    runs: u64,
    options: &Options,
    body: impl Fn() -> String + Clone + 'static,
) -> Explored {
    let mut explored = Explored::default();
    let mut executor = Executor::new();
    for &kind in Strategy::ALL {
        let mut strategy = kind.build();
        for seed in 0..runs {
            let mut once = || {
                if executor.is_spoiled() {
                    executor = Executor::new();
                }
                let said = Arc::new(Mutex::new(None));
                let (to, body) = (Arc::clone(&said), body.clone());
                let plan = Plan {
                    options,
                    profile: &Profile::default(),
                    seed,
                    script: Script::free(),
                };
                let outcome = executor.execute(
                    plan,
                    &mut strategy,
                    Location::caller(),
                    Box::new(move || {
                        let text = body();
                        *to.lock().unwrap() = Some(text);
                    }),
                );
                let text = said.lock().unwrap().take();
                (outcome, text, executor.fingerprint())
            };
            let (outcome, text, fingerprint) = once();
            let again = once();
            assert_eq!(
                again.2, fingerprint,
                "{kind} is not deterministic at {seed}"
            );
            assert_eq!(again.1, text);
            explored.add(outcome, text);
        }
    }
    explored
}

impl Explored {
    fn add(&mut self, outcome: Outcome, text: Option<String>) {
        self.abandoned += outcome.abandoned;
        let text = match &outcome.finding {
            Some(finding) => format!("finding: {}", finding.kind),
            None => text.expect("a body that is left early is a finding"),
        };
        *self.outcomes.entry(text).or_default() += 1;
        self.findings.extend(outcome.finding);
    }
}

/// Executes a blocking body with the default options.
pub(crate) fn explore(runs: u64, body: impl Fn() -> String + Clone + 'static) -> Explored {
    explore_with(runs, &Options::DEFAULT, body)
}

/// Executes an async body with the default options.
pub(crate) fn explore_async<F>(runs: u64, body: impl Fn() -> F + Clone + 'static) -> Explored
where
    F: Future<Output = String>,
{
    explore(runs, move || task::block_on(body()))
}

/// Executes an async body.
pub(crate) fn explore_async_with<F>(
    runs: u64,
    options: &Options,
    body: impl Fn() -> F + Clone + 'static,
) -> Explored
where
    F: Future<Output = String>,
{
    explore_with(runs, options, move || task::block_on(body()))
}
