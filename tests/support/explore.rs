//! Executes a body under many seeds and collects how the executions ended.
//!
//! [`explore`] and [`explore_async`] do for most tests. A [`Series`] also has options,
//! its choice of strategies, and what it tolerates.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::future::Future;
use std::sync::{Arc, Mutex};

use jostle::{FiberBackend, task};
use jostle_core::backend::Backend;
use jostle_core::finding::{Finding, Kind as Found};
use jostle_core::strategy::Kind;
use jostle_core::subject::Options;
use jostle_core::trace::Trace;

use crate::support::execute::execute;

/// Executes `body` under as many seeds, with every strategy in turn.
pub(crate) fn explore<R: Debug + 'static>(
    executions: u64,
    body: impl Fn() -> R + Clone + Send + 'static,
) -> Explored {
    Series::of(executions).explore(body)
}

/// As [`explore`], of an async body.
pub(crate) fn explore_async<F>(
    executions: u64,
    body: impl Fn() -> F + Clone + Send + 'static,
) -> Explored
where
    F: Future<Output: Debug + 'static>,
{
    Series::of(executions).explore_async(body)
}

/// The trace of one execution of `body` under the non-preemptive strategy.
pub(crate) fn trace(body: impl FnOnce() + Send + 'static) -> Trace {
    let mut backend = FiberBackend::new();
    execute(
        &mut backend,
        Kind::NonPreemptive,
        0,
        &Options::DEFAULT,
        body,
    );
    backend.recording().trace()
}

/// Which executions there are of a body.
#[derive(Clone, Copy)]
pub(crate) struct Series {
    executions: u64,
    strategies: &'static [Kind],
    options: Options,
    twice: bool,
    abandons: bool,
}

impl Series {
    /// So many seeds, every strategy in turn, with the default options.
    pub(crate) const fn of(executions: u64) -> Series {
        Series {
            executions,
            strategies: Kind::ALL,
            options: Options::DEFAULT,
            twice: true,
            abandons: false,
        }
    }

    pub(crate) const fn options(mut self, options: Options) -> Series {
        self.options = options;
        self
    }

    /// These strategies in turn.
    pub(crate) const fn strategies(mut self, strategies: &'static [Kind]) -> Series {
        self.strategies = strategies;
        self
    }

    /// Each seed is executed once. Otherwise it is executed a second time, which must
    /// give the same execution.
    pub(crate) const fn once(mut self) -> Series {
        self.twice = false;
        self
    }

    /// Stacks that cannot be unwound are no failure of the test.
    pub(crate) const fn may_abandon(mut self) -> Series {
        self.abandons = true;
        self
    }

    /// As [`explore`](Series::explore), of an async body.
    pub(crate) fn explore_async<F>(self, body: impl Fn() -> F + Clone + Send + 'static) -> Explored
    where
        F: Future<Output: Debug + 'static>,
    {
        self.explore(move || task::block_on(body()))
    }

    /// Executes `body`.
    pub(crate) fn explore<R: Debug + 'static>(
        self,
        body: impl Fn() -> R + Clone + Send + 'static,
    ) -> Explored {
        let times = if self.twice { 2 } else { 1 };
        let total = times * self.executions;
        let series = move || {
            let mut backend = FiberBackend::new();
            let seeds = (0..total).map(|n| n / times);
            seeds
                .map(|seed| self.execute(&mut backend, seed, body.clone()))
                .collect()
        };
        // On an OS thread of its own, which executions may spoil.
        let ends: Vec<End> = match std::thread::spawn(series).join() {
            Ok(ends) => ends,
            Err(payload) => std::panic::resume_unwind(payload),
        };
        let mut explored = Explored {
            executions: total,
            ..Explored::default()
        };
        let mut ends = ends.into_iter();
        for seed in 0..self.executions {
            let end = ends.next().expect("every seed was executed");
            if self.twice {
                let again = ends.next().expect("every seed was executed twice");
                let same = (end.fingerprint, &end.text) == (again.fingerprint, &again.text);
                let strategy = self.strategy(seed);
                assert!(
                    same,
                    "seed {seed} under {strategy}: {end:?}, then {again:?}"
                );
            }
            assert!(self.abandons || end.abandoned == 0, "seed {seed}: {end:?}");
            explored.add(end);
        }
        explored
    }

    fn strategy(&self, seed: u64) -> Kind {
        self.strategies[(seed % self.strategies.len() as u64) as usize]
    }

    fn execute<R: Debug + 'static>(
        &self,
        backend: &mut FiberBackend,
        seed: u64,
        body: impl Fn() -> R + Send + 'static,
    ) -> End {
        let returned = Arc::new(Mutex::new(None));
        let theirs = Arc::clone(&returned);
        let strategy = self.strategy(seed);
        let outcome = execute(backend, strategy, seed, &self.options, move || {
            let value = text(&body());
            *theirs.lock().expect("nobody panics with it") = Some(value);
        });
        let text = match &outcome.finding {
            Some(finding) => finding.to_string(),
            None => {
                let value = returned.lock().expect("nobody panics with it").take();
                value.expect("a body without a finding returns")
            }
        };
        End {
            text,
            finding: outcome.finding,
            fingerprint: backend.recording().fingerprint(),
            abandoned: outcome.abandoned,
        }
    }
}

/// How an execution ended.
#[derive(Debug)]
struct End {
    text: String,
    finding: Option<Finding>,
    fingerprint: u64,
    abandoned: u32,
}

/// What a body returned: nothing is `ok`, a string is its text.
fn text<R: Debug + 'static>(value: &R) -> String {
    let any: &dyn Any = value;
    if any.is::<()>() {
        "ok".to_owned()
    } else if let Some(text) = any.downcast_ref::<String>() {
        text.clone()
    } else if let Some(text) = any.downcast_ref::<&'static str>() {
        (*text).to_owned()
    } else {
        format!("{value:?}")
    }
}

/// How the executions of a series ended, and how many of them in each way.
#[derive(Default, Debug)]
pub(crate) struct Explored {
    /// What the body returned.
    returned: BTreeMap<String, u64>,
    /// The texts of the findings.
    found: BTreeMap<String, u64>,
    /// Every finding, in the order of the seeds.
    pub(crate) findings: Vec<Finding>,
    /// Stacks that could not be unwound.
    pub(crate) abandoned: u32,
    /// How often the body was executed.
    pub(crate) executions: u64,
}

impl Explored {
    fn add(&mut self, end: End) {
        self.abandoned += end.abandoned;
        let ends = match end.finding {
            Some(_) => &mut self.found,
            None => &mut self.returned,
        };
        *ends.entry(end.text).or_default() += 1;
        self.findings.extend(end.finding);
    }

    /// Every way to end, sorted: what the body returned and what was found instead.
    pub(crate) fn all(&self) -> Vec<&str> {
        let ends = self.returned.keys().chain(self.found.keys());
        let mut all: Vec<&str> = ends.map(String::as_str).collect();
        all.sort_unstable();
        all
    }

    /// How many seeds ended in this way.
    pub(crate) fn count(&self, end: &str) -> u64 {
        let ends = self.returned.get(end).or_else(|| self.found.get(end));
        ends.copied().unwrap_or(0)
    }

    /// A finding that reads `text`.
    #[track_caller]
    pub(crate) fn finding(&self, text: &str) -> &Finding {
        let finding = self.findings.iter().find(|f| f.to_string() == text);
        finding.unwrap_or_else(|| panic!("no finding {text:?} among {:?}", self.all()))
    }

    /// Nothing was found, and the body returned these values, each at least once.
    #[track_caller]
    pub(crate) fn gives<R: Debug + 'static>(&self, values: impl IntoIterator<Item = R>) {
        assert!(self.found.is_empty(), "{:#?}", self.found);
        self.returns(values);
    }

    /// Where nothing was found, the body returned these values, each at least once.
    #[track_caller]
    pub(crate) fn returns<R: Debug + 'static>(&self, values: impl IntoIterator<Item = R>) {
        let mut expected: Vec<String> = values.into_iter().map(|value| text(&value)).collect();
        expected.sort_unstable();
        let returned: Vec<&String> = self.returned.keys().collect();
        assert_eq!(expected.iter().collect::<Vec<_>>(), returned, "{self:#?}");
    }

    /// Something was found, and all of it is of this kind and has this text.
    #[track_caller]
    pub(crate) fn finds(&self, kind: Found, text: &str) -> &Finding {
        for finding in &self.findings {
            assert_eq!(finding.kind, kind, "{finding}");
            assert!(finding.message.contains(text), "{finding}");
        }
        let first = self.findings.first();
        first.unwrap_or_else(|| panic!("nothing was found: {:?}", self.returned))
    }

    /// As [`finds`](Explored::finds), under every seed.
    #[track_caller]
    pub(crate) fn always_finds(&self, kind: Found, text: &str) -> &Finding {
        assert!(self.returned.is_empty(), "{:#?}", self.returned);
        self.finds(kind, text)
    }
}
