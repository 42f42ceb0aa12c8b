//! The campaign on one scenario.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::campaign::census::DISTINCT_LIMIT;
use crate::campaign::confirm::confirm;
use crate::campaign::profile::profile;
use crate::campaign::runner::Runner;
use crate::coverage::Aspects;
use crate::finding::{self, Finding};
use crate::guard::watchdog;
use crate::input::{self, Input};
use crate::sanitizer;
use crate::scenario::{Expect, Scenario};
use crate::strategy::{Kind, Profile};
use crate::trace::Trace;

/// How a scenario is explored.
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
    /// How many OS threads share the work.
    pub jobs: usize,
    /// Whether to end with the first finding, expected or not.
    pub stop_at_first: bool,
    /// What a guided campaign goes on from if it is new; [`Aspects::SEARCH`] unless you
    /// want to measure what something is worth.
    pub aspects: Aspects,
}

/// What a campaign came to.
#[derive(Clone, Debug)]
pub struct Summary {
    /// The scenario.
    pub scenario: &'static Scenario,
    /// How many executions were made.
    pub executions: u64,
    /// How many steps they made in all.
    pub steps: u64,
    /// How many inputs the scenario's argument could not be made of.
    pub rejected: u64,
    /// How many different executions there were: classes of equivalent ones (see
    /// [`Equivalence`](crate::coverage::Equivalence)) where the campaign was guided,
    /// interleavings where strategies took turns. Counts no further than
    /// [`DISTINCT_LIMIT`].
    pub distinct: u64,
    /// What is estimated to be missing, where the campaign was guided.
    pub unseen: Option<Unseen>,
    /// The findings, one of each signature, the first one first.
    pub findings: Vec<Found>,
    /// Inputs that reached something new and passed, where the campaign was guided:
    /// together with those that it began with, its corpus.
    pub kept: Vec<Input>,
    /// Whether [`Progress::stop`] ended it, and neither a limit nor a finding.
    pub stopped: bool,
    /// How long it took.
    pub elapsed: Duration,
}

/// An estimate of what a campaign has not seen; see
/// [`Census`](crate::campaign::Census) for what it is worth.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Unseen {
    /// About how likely the next execution would have been of a new class, from 0 to 1.
    pub probability: f64,
    /// How many classes are missing at least, about.
    pub classes: u64,
}

/// A finding of a campaign.
#[derive(Clone, Debug)]
pub struct Found {
    /// What was found. It has been confirmed.
    pub finding: Finding,
    /// Whether the scenario expects it.
    pub expected: bool,
    /// Which execution found it first, counted from 1.
    pub execution: u64,
    /// How many executions found it.
    pub count: u64,
    /// The input of that execution.
    pub input: Input,
    /// The record of that execution.
    pub trace: Trace,
}

/// Whether a campaign came out as the scenario expects.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// The expected finding was found, or nothing was and nothing was expected.
    AsExpected,
    /// Something was found that is not expected.
    Unexpected,
    /// A finding is expected and was not found.
    Missed,
    /// No execution got as far as the body of the scenario; see
    /// [`why_nothing_ran`](Summary::why_nothing_ran).
    NothingRan,
    /// The campaign was stopped, and had found nothing by then.
    Stopped,
    /// A data race is expected, and this build cannot see one. Nothing was
    /// executed.
    NotObservable,
}

impl Summary {
    /// Of no execution at all.
    pub(super) fn new(scenario: &'static Scenario) -> Summary {
        Summary {
            scenario,
            executions: 0,
            steps: 0,
            rejected: 0,
            distinct: 0,
            unseen: None,
            findings: Vec::new(),
            kept: Vec::new(),
            stopped: false,
            elapsed: Duration::ZERO,
        }
    }

    /// Why the verdict is [`Verdict::NothingRan`], if it is.
    #[must_use]
    pub fn why_nothing_ran(&self) -> String {
        match self.executions {
            0 => "nothing was executed; allow more executions or more time".to_owned(),
            n => format!("its argument could not be made in any of {n} executions"),
        }
    }

    /// Whether the campaign came out as the scenario expects.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        if !self.scenario.expect.is_observable() {
            Verdict::NotObservable
        } else if self.findings.iter().any(|f| !f.expected) {
            Verdict::Unexpected
        } else if self.stopped && self.findings.is_empty() {
            Verdict::Stopped
        } else if self.executions == self.rejected {
            Verdict::NothingRan
        } else if self.scenario.expect != Expect::Clean && self.findings.is_empty() {
            Verdict::Missed
        } else {
            Verdict::AsExpected
        }
    }
}

/// What a campaign has come to so far, for a progress line on another thread.
#[derive(Debug, Default)]
pub struct Progress {
    pub(super) executions: AtomicU64,
    pub(super) distinct: AtomicU64,
    /// Of those, seen once; counted in guided campaigns only.
    pub(super) once: AtomicU64,
    pub(super) findings: AtomicU64,
    pub(super) stop: AtomicBool,
}

impl Progress {
    /// Executions made so far.
    #[must_use]
    pub fn executions(&self) -> u64 {
        self.executions.load(Ordering::Relaxed)
    }

    /// Different interleavings so far.
    #[must_use]
    pub fn distinct(&self) -> u64 {
        self.distinct.load(Ordering::Relaxed)
    }

    /// About how likely the next execution is different from all so far, if that is
    /// known: it is in guided campaigns.
    #[must_use]
    pub fn unseen(&self) -> Option<f64> {
        let once = self.once.load(Ordering::Relaxed);
        let executions = self.executions();
        (once > 0 && executions > 0).then(|| once as f64 / executions as f64)
    }

    /// Executions with a finding so far.
    #[must_use]
    pub fn findings(&self) -> u64 {
        self.findings.load(Ordering::Relaxed)
    }

    /// Ends the campaign as soon as the present executions have ended.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// Executions that one OS thread makes before it asks for more. Large enough
/// that threads do not meet, small enough that a first finding ends a campaign
/// at once.
const CHUNK: u64 = 256;

/// The executions of one chunk.
struct Chunk {
    executions: u64,
    steps: u64,
    rejected: u64,
    interleavings: Vec<u64>,
    /// By signature.
    findings: BTreeMap<String, Sighting>,
    /// Ended by time or by a request to stop.
    cut: bool,
}

/// A finding of a chunk.
struct Sighting {
    /// The first execution that had it.
    first: u64,
    /// How many had it.
    count: u64,
    /// A data race with its record. Others are had by executing again; whether
    /// ThreadSanitizer sees a race is a matter of chance (see
    /// [`confirm`](fn@crate::campaign::confirm)).
    race: Option<Box<(Finding, Trace)>>,
}

/// What the OS threads of a campaign share.
struct Shared<'a> {
    campaign: &'a Campaign,
    scenario: &'static Scenario,
    profile: &'a Profile,
    progress: &'a Progress,
    deadline: Option<Instant>,
    /// The next chunk to be taken.
    next: AtomicU64,
    /// No chunk from here on is wanted.
    end: AtomicU64,
    chunks: Mutex<BTreeMap<u64, Chunk>>,
}

impl Campaign {
    /// Explores `scenario`.
    ///
    /// The result does not depend on how fast the OS threads are, unless time cuts
    /// the campaign short; and on their number only if the campaign is guided, since
    /// then each has a search of its own.
    ///
    /// A scenario whose bug this build cannot observe is not executed: its data race
    /// is undefined behaviour, for nothing.
    ///
    /// # Panics
    ///
    /// If the operating system gives no thread.
    #[must_use]
    pub fn explore(&self, scenario: &'static Scenario, progress: &Progress) -> Summary {
        self.explore_from(&[], scenario, progress)
    }

    /// As [`explore`](Campaign::explore), beginning with the executions of `corpus`,
    /// which a guided campaign builds on. Others have no use for it.
    ///
    /// # Panics
    ///
    /// As [`explore`](Campaign::explore).
    #[must_use]
    pub fn explore_from(
        &self,
        corpus: &[Input],
        scenario: &'static Scenario,
        progress: &Progress,
    ) -> Summary {
        let start = Instant::now();
        if !scenario.expect.is_observable() {
            return self.sum_up(scenario, &Profile::default(), BTreeMap::new(), start);
        }
        watchdog::start();
        let mut summary = if self.strategies.is_empty() {
            self.explore_guided(scenario, corpus, progress, start)
        } else {
            self.explore_in_turn(scenario, progress, start)
        };
        let satisfied = self.stop_at_first && !summary.findings.is_empty();
        summary.stopped = progress.is_stopped() && summary.executions < self.runs && !satisfied;
        summary
    }

    /// Explores `scenario` by its strategies.
    fn explore_in_turn(
        &self,
        scenario: &'static Scenario,
        progress: &Progress,
        start: Instant,
    ) -> Summary {
        let profile = thread::scope(|scope| {
            let measured = scope.spawn(|| {
                watchdog::subject(scenario, None);
                profile(&mut Runner::new(), scenario)
            });
            measured.join().unwrap_or_default()
        });
        let shared = Shared {
            campaign: self,
            scenario,
            profile: &profile,
            progress,
            deadline: self.time.and_then(|t| start.checked_add(t)),
            next: AtomicU64::new(0),
            end: AtomicU64::new(self.runs.div_ceil(CHUNK)),
            chunks: Mutex::new(BTreeMap::new()),
        };
        thread::scope(|scope| {
            for _ in 0..self.jobs.max(1) {
                scope.spawn(|| {
                    // A spoiled OS thread is left for a new one.
                    while thread::scope(|inner| {
                        inner.spawn(|| work(&shared)).join().unwrap_or(true)
                    }) {}
                });
            }
        });
        let chunks = std::mem::take(&mut *lock(&shared.chunks));
        self.sum_up(scenario, &profile, chunks, start)
    }

    /// The input of execution `index`, counted from 0, where strategies are taken in
    /// turn.
    ///
    /// # Panics
    ///
    /// If the campaign is guided: its inputs depend on what earlier ones came to.
    #[must_use]
    pub fn input(&self, scenario: &Scenario, index: u64) -> Input {
        assert!(!self.strategies.is_empty(), "the campaign is guided");
        let kind = self.strategies[(index % self.strategies.len() as u64) as usize];
        Input::from_seed(kind, input::seed_of(self.seed, scenario.name, index))
    }

    fn sum_up(
        &self,
        scenario: &'static Scenario,
        profile: &Profile,
        chunks: BTreeMap<u64, Chunk>,
        start: Instant,
    ) -> Summary {
        let mut summary = Summary::new(scenario);
        let mut distinct: HashSet<u64> = HashSet::new();
        let mut findings: BTreeMap<String, Sighting> = BTreeMap::new();
        // In their order, up to the one that ended the campaign: those behind it
        // depend on how fast the other threads were.
        for (_, chunk) in chunks {
            summary.executions += chunk.executions;
            summary.steps += chunk.steps;
            summary.rejected += chunk.rejected;
            distinct.extend(
                chunk
                    .interleavings
                    .iter()
                    .take(DISTINCT_LIMIT.saturating_sub(distinct.len())),
            );
            let found = !chunk.findings.is_empty();
            for (signature, sighting) in chunk.findings {
                match findings.entry(signature) {
                    Entry::Occupied(mut known) => known.get_mut().count += sighting.count,
                    Entry::Vacant(new) => {
                        new.insert(sighting);
                    }
                }
            }
            if chunk.cut || (self.stop_at_first && found) {
                break;
            }
        }
        summary.distinct = distinct.len() as u64;
        for sighting in findings.into_values() {
            summary
                .findings
                .extend(self.recover(scenario, profile, sighting));
        }
        summary.findings.sort_by_key(|f| f.execution);
        summary.elapsed = start.elapsed();
        summary
    }

    /// Makes the first execution again, for its record.
    fn recover(
        &self,
        scenario: &'static Scenario,
        profile: &Profile,
        sighting: Sighting,
    ) -> Option<Found> {
        let input = self.input(scenario, sighting.first);
        let (finding, trace) = match sighting.race {
            Some(race) => (Some(race.0), race.1),
            None => thread::scope(|scope| {
                let again = scope.spawn(|| {
                    let mut runner = Runner::new();
                    let run = runner.run(scenario, profile, &input);
                    (run.outcome.finding, runner.trace())
                });
                again.join().ok()
            })?,
        };
        let finding = finding.unwrap_or_else(|| {
            Finding::new(
                finding::Kind::Nondeterminism,
                "the same input had a finding and then had none",
            )
        });
        let confirmed = confirm(scenario, finding, trace, &input.data);
        Some(Found {
            expected: scenario.expect.allows(&confirmed.finding),
            finding: confirmed.finding,
            execution: sighting.first + 1,
            count: sighting.count,
            input,
            trace: confirmed.trace,
        })
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes chunks until there are none left. Returns true if this OS thread is
/// spoiled and the work should go on on another one.
fn work(shared: &Shared<'_>) -> bool {
    let _inside = sanitizer::inside();
    let mut runner = Runner::new();
    watchdog::subject(shared.scenario, Some(shared.campaign.seed));
    loop {
        if runner.is_spoiled() {
            return true;
        }
        let index = shared.next.fetch_add(1, Ordering::Relaxed);
        if index >= shared.end.load(Ordering::Relaxed) {
            return false;
        }
        let chunk = make_chunk(shared, &mut runner, index);
        let ends = chunk.cut || (shared.campaign.stop_at_first && !chunk.findings.is_empty());
        lock(&shared.chunks).insert(index, chunk);
        if ends {
            shared.end.fetch_min(index, Ordering::Relaxed);
        }
    }
}

fn make_chunk(shared: &Shared<'_>, runner: &mut Runner, index: u64) -> Chunk {
    let campaign = shared.campaign;
    let first = index * CHUNK;
    let last = (first + CHUNK).min(campaign.runs);
    let mut chunk = Chunk {
        executions: 0,
        steps: 0,
        rejected: 0,
        interleavings: Vec::with_capacity(CHUNK as usize),
        findings: BTreeMap::new(),
        cut: false,
    };
    for execution in first..last {
        if is_over(shared) {
            chunk.cut = true;
            break;
        }
        let input = campaign.input(shared.scenario, execution);
        let run = run_somewhere(shared, runner, &input);
        chunk.executions += 1;
        chunk.steps += u64::from(run.outcome.steps);
        chunk.rejected += u64::from(run.rejected);
        if !runner.is_spoiled() {
            chunk.interleavings.push(runner.interleaving());
        }
        shared.progress.executions.fetch_add(1, Ordering::Relaxed);
        if let Some(finding) = run.outcome.finding {
            shared.progress.findings.fetch_add(1, Ordering::Relaxed);
            let is_race = finding.kind == finding::Kind::Race && !runner.is_spoiled();
            let entry = chunk.findings.entry(finding.signature());
            entry
                .or_insert_with(|| Sighting {
                    first: execution,
                    count: 0,
                    race: is_race.then(|| Box::new((finding, runner.trace()))),
                })
                .count += 1;
            if campaign.stop_at_first {
                break;
            }
        }
    }
    chunk.interleavings.sort_unstable();
    chunk.interleavings.dedup();
    shared
        .progress
        .distinct
        .fetch_add(chunk.interleavings.len() as u64, Ordering::Relaxed);
    chunk
}

/// Executes on this OS thread, or on a new one if this one is spoiled.
fn run_somewhere(shared: &Shared<'_>, runner: &mut Runner, input: &Input) -> crate::campaign::Run {
    if !runner.is_spoiled() {
        return runner.run(shared.scenario, shared.profile, input);
    }
    let run = thread::scope(|scope| {
        let fresh = scope.spawn(|| Runner::new().run(shared.scenario, shared.profile, input));
        fresh.join()
    });
    match run {
        Ok(run) => run,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

fn is_over(shared: &Shared<'_>) -> bool {
    shared.progress.stop.load(Ordering::Relaxed)
        || shared
            .deadline
            .is_some_and(|deadline| Instant::now() >= deadline)
}
