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

/// What one execution came to: what was found, what the body returned, and the
/// fingerprint.
type Once = (Outcome, Option<String>, u64);

/// Executes a blocking body under every strategy with `runs` seeds each, each of
/// them twice: the same seed gives the same execution.
pub(crate) fn explore_with(
    runs: u64,
    options: &Options,
    body: impl Fn() -> String + Clone + Send + 'static,
) -> Explored {
    let plans: Vec<_> = Strategy::ALL
        .iter()
        .flat_map(|&kind| (0..2 * runs).map(move |i| (kind, i / 2)))
        .collect();
    let mut results: Vec<Once> = Vec::new();
    while results.len() < plans.len() {
        // Another OS thread goes on where one was spoiled.
        let rest = plans[results.len()..].to_vec();
        let (body, options) = (body.clone(), *options);
        let thread = std::thread::spawn(move || execute(&rest, &options, body));
        match thread.join() {
            Ok(some) => results.extend(some),
            Err(payload) => std::panic::resume_unwind(payload),
        }
    }
    let mut explored = Explored::default();
    for ((kind, seed), twice) in plans.iter().step_by(2).zip(results.chunks(2)) {
        let same = twice[0].2 == twice[1].2 && twice[0].1 == twice[1].1;
        assert!(
            same,
            "{kind} is not deterministic with seed {seed}: {twice:?}"
        );
        explored.add(&twice[0]);
    }
    explored
}

/// Executes as many of `plans` as this OS thread can.
fn execute(
    plans: &[(Strategy, u64)],
    options: &Options,
    body: impl Fn() -> String + Clone + 'static,
) -> Vec<Once> {
    let mut executor = Executor::new();
    let mut results = Vec::new();
    for &(kind, seed) in plans {
        let said = Arc::new(Mutex::new(None));
        let (to, body) = (Arc::clone(&said), body.clone());
        let plan = Plan {
            options,
            profile: &Profile::default(),
            seed,
            script: Script::free(),
        };
        let main = Box::new(move || {
            let text = body();
            *to.lock().unwrap() = Some(text);
        });
        let outcome = executor.execute(plan, &mut kind.build(), Location::caller(), main);
        let text = said.lock().unwrap().take();
        results.push((outcome, text, executor.fingerprint()));
        if executor.is_spoiled() {
            break;
        }
    }
    results
}

impl Explored {
    fn add(&mut self, (outcome, text, _): &Once) {
        self.abandoned += outcome.abandoned;
        let text = match (&outcome.finding, text) {
            (Some(finding), _) => format!("finding: {}", finding.kind),
            (None, Some(text)) => text.clone(),
            (None, None) => panic!("the body was left early, and nothing was found"),
        };
        *self.outcomes.entry(text).or_default() += 1;
        self.findings.extend(outcome.finding.clone());
    }
}

/// Executes a blocking body with the default options.
pub(crate) fn explore(runs: u64, body: impl Fn() -> String + Clone + Send + 'static) -> Explored {
    explore_with(runs, &Options::DEFAULT, body)
}

/// Executes an async body with the default options.
pub(crate) fn explore_async<F>(runs: u64, body: impl Fn() -> F + Clone + Send + 'static) -> Explored
where
    F: Future<Output = String>,
{
    explore(runs, move || task::block_on(body()))
}

/// Executes an async body.
pub(crate) fn explore_async_with<F>(
    runs: u64,
    options: &Options,
    body: impl Fn() -> F + Clone + Send + 'static,
) -> Explored
where
    F: Future<Output = String>,
{
    explore_with(runs, options, move || task::block_on(body()))
}
