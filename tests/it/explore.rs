//! Runs a body over many seeds and collects what came of it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::panic::Location;

use jostle::decision::Script;
use jostle::finding::{Finding, Kind as Found};
use jostle::scenario::Options;
use jostle::strategy::Kind;
use jostle::{Executor, Outcome, Plan};

/// How often each thing happened.
#[derive(Default, Debug)]
pub(crate) struct Explored {
    /// What the body returned, as `Debug` shows it.
    pub(crate) outcomes: BTreeMap<String, u64>,
    /// What the oracles found instead.
    pub(crate) findings: BTreeMap<String, u64>,
    /// One finding of each sort.
    pub(crate) examples: BTreeMap<String, Finding>,
    /// Stacks that had to be given up.
    pub(crate) abandoned: u32,
}

std::thread_local! {
    static OUTCOME: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Executes `body` under `n` seeds with the strategies in turn. Every eighth
/// execution, but not the first, is repeated and must be the same.
pub(crate) fn explore<R: Debug + 'static>(n: u64, body: fn() -> R) -> Explored {
    explore_with(n, Options::DEFAULT, body)
}

/// As [`explore`], with options.
pub(crate) fn explore_with<R: Debug + 'static>(
    n: u64,
    options: Options,
    body: fn() -> R,
) -> Explored {
    let mut explored = Explored::default();
    let mut seed = 0;
    while seed < n {
        // A spoiled executor needs another OS thread.
        std::thread::scope(|scope| {
            let series = || {
                let mut executor = Executor::new();
                while seed < n && !executor.is_spoiled() {
                    explored.add(&mut executor, seed, &options, body);
                    seed += 1;
                }
            };
            scope.spawn(series).join().expect("the series ends");
        });
    }
    explored
}

fn execute<R: Debug + 'static>(
    executor: &mut Executor,
    seed: u64,
    options: &Options,
    body: fn() -> R,
) -> (Outcome, Option<String>) {
    let kind = Kind::ALL[(seed % Kind::ALL.len() as u64) as usize];
    let plan = Plan {
        options,
        profile: &Default::default(),
        seed,
        script: Script::free(),
    };
    OUTCOME.set(None);
    let run = move || {
        let outcome = format!("{:?}", body());
        OUTCOME.set(Some(outcome));
    };
    let mut strategy = kind.build();
    let outcome = executor.execute(plan, &mut strategy, Location::caller(), Box::new(run));
    (outcome, OUTCOME.take())
}

impl Explored {
    fn add<R: Debug + 'static>(
        &mut self,
        executor: &mut Executor,
        seed: u64,
        options: &Options,
        body: fn() -> R,
    ) {
        let (outcome, returned) = execute(executor, seed, options, body);
        if seed % 8 == 7 && !executor.is_spoiled() {
            let fingerprint = executor.fingerprint();
            execute(executor, seed, options, body);
            assert_eq!(
                fingerprint,
                executor.fingerprint(),
                "seed {seed} gave two executions"
            );
        }
        self.abandoned += outcome.abandoned;
        match outcome.finding {
            Some(finding) => {
                let name = format!("{finding}");
                *self.findings.entry(name.clone()).or_default() += 1;
                self.examples.entry(name).or_insert(finding);
            }
            None => {
                let returned = returned.expect("a body without a finding returns");
                *self.outcomes.entry(returned).or_default() += 1;
            }
        }
    }

    /// Nothing was found, and the outcomes are these, each at least once.
    #[track_caller]
    pub(crate) fn gives<R: Debug>(&self, outcomes: impl IntoIterator<Item = R>) {
        assert!(self.findings.is_empty(), "{:#?}", self.findings);
        let mut expected: Vec<String> = outcomes.into_iter().map(|o| format!("{o:?}")).collect();
        expected.sort();
        let seen: Vec<&String> = self.outcomes.keys().collect();
        assert_eq!(expected.iter().collect::<Vec<_>>(), seen, "{self:#?}");
        assert_eq!(self.abandoned, 0, "stacks were given up");
    }

    /// Every finding is of this kind and has this text, and there is one.
    #[track_caller]
    pub(crate) fn finds(&self, kind: Found, text: &str) -> &Finding {
        let mut examples = self.examples.values();
        let first = examples.next().expect("there is a finding");
        for finding in self.examples.values() {
            assert_eq!(finding.kind, kind, "{finding}");
            assert!(finding.message.contains(text), "{finding}");
        }
        first
    }

    /// As [`finds`](Explored::finds), and there is no other end.
    #[track_caller]
    pub(crate) fn always_finds(&self, kind: Found, text: &str) -> &Finding {
        assert!(self.outcomes.is_empty(), "{:#?}", self.outcomes);
        self.finds(kind, text)
    }
}

/// Runs a body under both libraries. Under std it must end in one of `outcomes`,
/// under jostle in all of them and nothing else.
#[track_caller]
pub(crate) fn conform<R: Debug + 'static>(
    on_std: fn() -> R,
    on_jostle: fn() -> R,
    outcomes: impl IntoIterator<Item = R>,
) {
    let outcomes: Vec<String> = outcomes.into_iter().map(|o| format!("{o:?}")).collect();
    for _ in 0..20 {
        let outcome = format!("{:?}", on_std());
        assert!(outcomes.contains(&outcome), "std gave {outcome}");
    }
    let explored = explore(700, on_jostle);
    assert!(explored.findings.is_empty(), "{:#?}", explored.findings);
    let mut expected: Vec<&String> = outcomes.iter().collect();
    expected.sort();
    assert_eq!(expected, explored.outcomes.keys().collect::<Vec<_>>());
}

/// Declares tests whose body is compiled twice, with `sync`, `thread`, `time`,
/// `hint` of std and of jostle, and the outcomes that it may and must have.
macro_rules! conformance {
    ($($(#[$attr:meta])* $name:ident() -> $ret:ty $body:block gives $outcomes:expr;)*) => {
        $(
            $(#[$attr])*
            #[test]
            fn $name() {
                fn on_std() -> $ret {
                    #[allow(unused_imports)]
                    use std::{hint, sync, thread, thread_local, time};
                    $body
                }
                fn on_jostle() -> $ret {
                    #[allow(unused_imports)]
                    use jostle::thread::thread_local;
                    #[allow(unused_imports)]
                    use jostle::{hint, sync, thread, time};
                    $body
                }
                $crate::explore::conform(on_std, on_jostle, $outcomes);
            }
        )*
    };
}
pub(crate) use conformance;
