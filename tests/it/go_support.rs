//! Runs a body under many seeds and several strategies and collects how the
//! executions came out.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::panic::Location;
use std::rc::Rc;

use jostle::decision::Script;
use jostle::finding::{Finding, Kind};
use jostle::scenario::Options;
use jostle::strategy::{self, Depth, Profile, Strategy};
use jostle::trace::Trace;
use jostle::{Executor, Outcome, Plan};

/// Strategies that differ in what they make likely. PCT and POS also make the
/// executor report every change to them.
const STRATEGIES: [strategy::Kind; 4] = [
    strategy::Kind::Random,
    strategy::Kind::Pct(Depth::DEFAULT),
    strategy::Kind::Pos,
    strategy::Kind::Calm,
];

/// How executions came out, and how often.
pub(crate) struct Outcomes {
    counts: BTreeMap<String, u64>,
    /// One finding of each sort.
    findings: BTreeMap<String, Finding>,
}

impl Outcomes {
    /// Every outcome, sorted.
    pub(crate) fn all(&self) -> Vec<&str> {
        self.counts.keys().map(String::as_str).collect()
    }

    /// How often `outcome` was seen.
    pub(crate) fn count(&self, outcome: &str) -> u64 {
        self.counts.get(outcome).copied().unwrap_or(0)
    }

    /// A finding that reads `outcome`.
    pub(crate) fn finding(&self, outcome: &str) -> &Finding {
        match self.findings.get(outcome) {
            Some(finding) => finding,
            None => panic!("no finding {outcome:?} among {:?}", self.counts),
        }
    }
}

/// Executes `body` with `seeds` seeds under each of the strategies. An outcome is
/// the text of the finding or else what the body returned.
pub(crate) fn outcomes<R: Display + 'static>(seeds: u64, body: fn() -> R) -> Outcomes {
    outcomes_with(&Options::DEFAULT, seeds, body)
}

/// As [`outcomes`], of a body that asserts everything itself: `"ok"` or a
/// finding.
pub(crate) fn explore(seeds: u64, body: fn()) -> Outcomes {
    outcomes_with(&Options::DEFAULT, seeds, move || {
        body();
        "ok"
    })
}

/// As [`outcomes`], with options.
pub(crate) fn outcomes_with<R: Display + 'static>(
    options: &Options,
    seeds: u64,
    body: impl Fn() -> R + Copy + 'static,
) -> Outcomes {
    let mut outcomes = Outcomes {
        counts: BTreeMap::new(),
        findings: BTreeMap::new(),
    };
    let mut executor = Executor::new();
    for kind in STRATEGIES {
        let mut strategy = kind.build();
        for seed in 0..seeds {
            let mut once = || {
                let returned = Rc::new(RefCell::new(None));
                let theirs = Rc::clone(&returned);
                let outcome = execute(&mut executor, &mut strategy, options, seed, move || {
                    *theirs.borrow_mut() = Some(body().to_string());
                });
                assert_eq!(outcome.abandoned, 0, "a stack was given up");
                let text = match &outcome.finding {
                    Some(finding) => finding.to_string(),
                    None => returned.take().expect("the body returned"),
                };
                (text, outcome.finding, executor.fingerprint())
            };
            let (text, finding, fingerprint) = once();
            if seed % 16 == 0 {
                let again = once();
                assert_eq!((&text, fingerprint), (&again.0, again.2), "seed {seed}");
            }
            *outcomes.counts.entry(text.clone()).or_default() += 1;
            if let Some(finding) = finding {
                assert_ne!(finding.kind, Kind::Nondeterminism, "{finding}");
                outcomes.findings.insert(text, finding);
            }
        }
    }
    outcomes
}

/// The trace of one execution of `body` under the calm strategy.
pub(crate) fn trace(body: impl FnOnce() + 'static) -> Trace {
    let mut executor = Executor::new();
    let mut calm = strategy::Kind::Calm.build();
    execute(&mut executor, &mut calm, &Options::DEFAULT, 0, body);
    executor.trace()
}

fn execute(
    executor: &mut Executor,
    strategy: &mut Box<dyn Strategy>,
    options: &Options,
    seed: u64,
    body: impl FnOnce() + 'static,
) -> Outcome {
    let plan = Plan {
        options,
        profile: &Profile::default(),
        seed,
        script: Script::free(),
    };
    executor.execute(plan, strategy, Location::caller(), Box::new(body))
}

/// What the tasks of one execution tell the test. An ordinary lock will do, since
/// it is never held across a scheduling point.
#[derive(Clone, Default)]
pub(crate) struct Log(std::sync::Arc<std::sync::Mutex<Vec<String>>>);

impl Log {
    pub(crate) fn new() -> Log {
        Log::default()
    }

    pub(crate) fn push(&self, entry: impl Display) {
        self.0.lock().unwrap().push(entry.to_string());
    }

    /// Everything so far, in order, separated by spaces.
    pub(crate) fn read(&self) -> String {
        self.0.lock().unwrap().join(" ")
    }
}
