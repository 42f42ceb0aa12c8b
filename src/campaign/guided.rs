//! The guided campaign: executions that build on each other.
//!
//! With several OS threads there are as many *lanes*, each with a search of its own:
//! lane `l` of `n` makes executions `l`, `l + n`, `l + 2n`... in this order. So what a
//! guided campaign does is a function of its seed, the scenario and the number of
//! jobs, but not of how fast the threads are: a finding counts only if no lane has one
//! with a smaller number, and executions behind it are not counted.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use crate::campaign::census::Census;
use crate::campaign::confirm::confirm;
use crate::campaign::explore::{Campaign, Found, Progress, Summary, Unseen};
use crate::campaign::runner::Runner;
use crate::coverage::Aspects;
use crate::decision::{Pick, Tape};
use crate::finding::Finding;
use crate::guard::watchdog;
use crate::history::History;
use crate::input::{self, Input, Steering};
use crate::sanitizer;
use crate::scenario::Scenario;
use crate::search::Search;
use crate::strategy::Profile;
use crate::trace::Trace;

/// Executions whose sizes go into the profile: all of the first ones, and then one
/// in this many.
const PROFILED: u64 = 32;

/// What the lanes share.
struct Shared<'a> {
    campaign: &'a Campaign,
    scenario: &'static Scenario,
    progress: &'a Progress,
    deadline: Option<Instant>,
    /// The corpus to begin with: the inputs of the first executions.
    seeds: &'a [Input],
    lanes: u64,
    /// No execution from this one on is wanted.
    end: AtomicU64,
    /// The next execution of each lane.
    next: Vec<AtomicU64>,
}

/// One execution that may yet turn out not to count.
struct Row {
    execution: u64,
    steps: u32,
    rejected: bool,
    class: Option<u64>,
}

/// A finding of a lane, the first one with its signature.
struct First {
    execution: u64,
    finding: Finding,
    trace: Trace,
    input: Input,
}

/// A search and what it has come to.
struct Lane {
    number: u64,
    next: u64,
    search: Search,
    profile: Profile,
    history: History,
    executions: u64,
    steps: u64,
    rejected: u64,
    census: Census,
    rows: Vec<Row>,
    firsts: BTreeMap<String, First>,
    /// The number of each execution with a finding and its signature's place.
    counts: Vec<(u64, String)>,
    /// Inputs that had something new and no finding, by the number of the execution.
    kept: Vec<(u64, Input)>,
}

/// Inputs kept for the corpus by each lane at most: what is new after that many is
/// seldom worth it.
const KEPT: usize = 4096;

/// Rows kept before those that count for sure are counted.
const ROWS: usize = 256;

impl Campaign {
    /// Explores `scenario` by a [`Search`].
    pub(super) fn explore_guided(
        &self,
        scenario: &'static Scenario,
        seeds: &[Input],
        progress: &Progress,
        start: Instant,
    ) -> Summary {
        let lanes = self.jobs.max(1) as u64;
        let shared = Shared {
            campaign: self,
            scenario,
            progress,
            deadline: self.time.and_then(|t| start.checked_add(t)),
            seeds,
            lanes,
            end: AtomicU64::new(self.runs),
            next: (0..lanes).map(AtomicU64::new).collect(),
        };
        let lanes: Vec<Lane> = thread::scope(|scope| {
            let lanes: Vec<_> = (0..lanes)
                .map(|number| {
                    let shared = &shared;
                    scope.spawn(move || {
                        let mut lane = Lane::new(number, scenario, shared.campaign.aspects);
                        // A spoiled OS thread is left for a new one.
                        while on_a_new_thread(|| lane.run(shared)) {}
                        lane
                    })
                })
                .collect();
            lanes.into_iter().map(|lane| rejoin(lane.join())).collect()
        });
        let end = shared.end.load(Ordering::Relaxed);
        self.sum_up_lanes(scenario, lanes, end, start)
    }

    fn sum_up_lanes(
        &self,
        scenario: &'static Scenario,
        lanes: Vec<Lane>,
        end: u64,
        start: Instant,
    ) -> Summary {
        let mut summary = Summary::new(scenario);
        let mut census = Census::default();
        let mut firsts: BTreeMap<String, (First, u64)> = BTreeMap::new();
        for mut lane in lanes {
            lane.settle(end);
            summary.executions += lane.executions;
            summary.steps += lane.steps;
            summary.rejected += lane.rejected;
            for class in lane.rows.iter().filter_map(|row| row.class) {
                lane.census.remove(class);
            }
            census.merge(&lane.census);
            let kept = lane.kept.into_iter().filter(|&(n, _)| n < end);
            summary.kept.extend(kept.map(|(_, input)| input));
            for (signature, first) in lane.firsts {
                if first.execution >= end {
                    continue;
                }
                let same = |c: &&(u64, String)| c.0 < end && c.1 == signature;
                let count = lane.counts.iter().filter(same).count() as u64;
                match firsts.get_mut(&signature) {
                    Some((known, counted)) => {
                        *counted += count;
                        if first.execution < known.execution {
                            *known = first;
                        }
                    }
                    None => {
                        firsts.insert(signature, (first, count));
                    }
                }
            }
        }
        summary.distinct = census.distinct();
        if let (Some(probability), Some(classes)) = (census.unseen(), census.missing()) {
            summary.unseen = Some(Unseen {
                probability,
                classes,
            });
        }
        for (first, count) in firsts.into_values() {
            let confirmed = confirm(scenario, first.finding, first.trace, &first.input.data);
            summary.findings.push(Found {
                expected: scenario.expect.allows(&confirmed.finding),
                finding: confirmed.finding,
                execution: first.execution + 1,
                count,
                input: exact(first.input, &confirmed.trace),
                trace: confirmed.trace,
            });
        }
        summary.findings.sort_by_key(|f| f.execution);
        summary.elapsed = start.elapsed();
        summary
    }
}

/// The input that gives this very execution in any process. What a search asked for
/// gives it only together with the profile that it had measured by then.
fn exact(input: Input, trace: &Trace) -> Input {
    Input {
        steering: Steering {
            tape: Tape {
                picks: trace.choices.iter().map(|&c| Pick::from(c)).collect(),
                strict: true,
            },
            ..Steering::none()
        },
        overrides: Vec::new(),
        ..input
    }
}

fn on_a_new_thread<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| rejoin(scope.spawn(work).join()))
}

fn rejoin<T>(result: thread::Result<T>) -> T {
    match result {
        Ok(value) => value,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

impl Lane {
    fn new(number: u64, scenario: &Scenario, aspects: Aspects) -> Lane {
        Lane {
            number,
            next: number,
            search: Search::of(scenario.takes_data(), aspects),
            profile: Profile::default(),
            history: History::default(),
            executions: 0,
            steps: 0,
            rejected: 0,
            census: Census::default(),
            rows: Vec::new(),
            firsts: BTreeMap::new(),
            counts: Vec::new(),
            kept: Vec::new(),
        }
    }

    /// Makes executions until there are none left. Returns true if this OS thread is
    /// spoiled and the work should go on on another one.
    fn run(&mut self, shared: &Shared<'_>) -> bool {
        let _inside = sanitizer::inside();
        let mut runner = Runner::new();
        watchdog::subject(shared.scenario, Some(shared.campaign.seed));
        loop {
            if self.next >= shared.end.load(Ordering::Relaxed) {
                return false;
            }
            if is_over(shared) {
                // Executions of other lanes behind this one may count: the campaign
                // was cut short, and nobody can tell where.
                return false;
            }
            self.execute(shared, &mut runner);
            self.next += shared.lanes;
            shared.next[self.number as usize].store(self.next, Ordering::Release);
            if self.rows.len() >= ROWS {
                // The end may yet fall to an execution that a lane has before it. A lane
                // that has passed one has also set the end, so that the end is to be
                // read second.
                let next = shared.next.iter().map(|n| n.load(Ordering::Acquire));
                let passed = next.min().unwrap_or(0);
                self.settle(passed.min(shared.end.load(Ordering::Relaxed)));
            }
            if runner.is_spoiled() {
                return true;
            }
        }
    }

    fn execute(&mut self, shared: &Shared<'_>, runner: &mut Runner) {
        let Shared {
            campaign, scenario, ..
        } = *shared;
        let input = match shared.seeds.get(self.next as usize) {
            Some(input) => input.clone(),
            None => {
                let seed = input::seed_of(campaign.seed, scenario.name, self.next);
                self.search.next(seed)
            }
        };
        let run = runner.run(scenario, &self.profile, &input);
        let spoiled = runner.is_spoiled();
        let mut class = None;
        if !spoiled && !run.rejected {
            runner.recount(&mut self.history);
            let this = self.search.learn(&self.history, &input.data);
            class = self.count(shared.progress, this);
            let is_seed = self.next < shared.seeds.len() as u64;
            // A fuzz target would stop at one that fails whenever it begins.
            let passes = run.outcome.finding.is_none();
            if passes
                && !is_seed
                && self.kept.len() < KEPT
                && let Some(input) = self.search.novel()
            {
                self.kept.push((self.next, input));
            }
            let number = self.next / shared.lanes;
            if number < PROFILED || number.is_multiple_of(PROFILED) {
                runner.measure(&mut self.profile);
            }
        }
        self.rows.push(Row {
            execution: self.next,
            steps: run.outcome.steps,
            rejected: run.rejected,
            class,
        });
        shared.progress.executions.fetch_add(1, Ordering::Relaxed);
        if let Some(finding) = run.outcome.finding {
            shared.progress.findings.fetch_add(1, Ordering::Relaxed);
            let signature = finding.signature();
            self.counts.push((self.next, signature.clone()));
            self.firsts.entry(signature).or_insert_with(|| First {
                execution: self.next,
                finding,
                trace: runner.trace(),
                input,
            });
            if campaign.stop_at_first {
                shared.end.fetch_min(self.next + 1, Ordering::Relaxed);
            }
        }
    }

    /// Counts an execution of `class`; returns the class if there was room for it.
    fn count(&mut self, progress: &Progress, class: u64) -> Option<u64> {
        let before = self.census.add(class)?;
        match before {
            0 => {
                progress.distinct.fetch_add(1, Ordering::Relaxed);
                progress.once.fetch_add(1, Ordering::Relaxed);
            }
            1 => {
                progress.once.fetch_sub(1, Ordering::Relaxed);
            }
            _ => {}
        }
        Some(class)
    }

    /// Counts the executions below `end`, which are known to count.
    fn settle(&mut self, end: u64) {
        let counting = self.rows.partition_point(|row| row.execution < end);
        for row in self.rows.drain(..counting) {
            self.executions += 1;
            self.steps += u64::from(row.steps);
            self.rejected += u64::from(row.rejected);
        }
    }
}

fn is_over(shared: &Shared<'_>) -> bool {
    shared.progress.is_stopped()
        || shared
            .deadline
            .is_some_and(|deadline| Instant::now() >= deadline)
}
