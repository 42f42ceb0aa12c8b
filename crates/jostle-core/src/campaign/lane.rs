//! The part of a campaign that one OS thread runs.
//!
//! Lane `l` of `n` makes executions `l`, `l + n`, `l + 2n`... in this order, whether
//! they come from strategies in turn or from its own search. So what a campaign does is a
//! function of its seed, the target and, with searches, the number of lanes, but not of how
//! fast the OS threads are: a finding counts only if no lane has one with a smaller number,
//! and later executions are not counted.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::backend::{Suite, TargetOf};
use crate::campaign::explore::Campaign;
use crate::campaign::progress::Progress;
use crate::campaign::runner::{Run, Runner};
use crate::campaign::species::SpeciesCount;
use crate::coverage::Equivalence;
use crate::finding::Finding;
use crate::history::History;
use crate::input::{self, Input};
use crate::search::Search;
use crate::strategy::Profile;
use crate::trace::Trace;

/// Executions whose sizes go into the profile of a search: all of the first ones, and
/// then one in this many.
const PROFILED: u64 = 32;

/// What the lanes share.
pub(super) struct Shared<'a, S: Suite> {
    pub(super) campaign: &'a Campaign,
    pub(super) suite: &'a S,
    pub(super) target: &'a TargetOf<S>,
    pub(super) progress: &'a Progress,
    pub(super) deadline: Option<Instant>,
    /// The corpus to begin with: the inputs of the first executions.
    pub(super) seeds: &'a [Input],
    /// What was measured beforehand.
    pub(super) profile: &'a Profile,
    pub(super) lanes: u64,
    /// No execution from this one on is wanted.
    pub(super) end: AtomicU64,
    /// The next execution of each lane.
    pub(super) next: Vec<AtomicU64>,
    /// The first execution in which the backend failed, and how.
    pub(super) broken: Mutex<Option<(u64, String)>>,
}

impl<S: Suite> Shared<'_, S> {
    fn is_over(&self) -> bool {
        self.progress.is_stopped()
            || self
                .deadline
                .is_some_and(|deadline| Instant::now() >= deadline)
    }

    fn breaks(&self, execution: u64, why: String) {
        let mut broken = self.broken.lock().unwrap_or_else(PoisonError::into_inner);
        if broken.as_ref().is_none_or(|(first, _)| execution < *first) {
            *broken = Some((execution, why));
        }
        self.end.fetch_min(execution, Ordering::Relaxed);
    }

    /// How the backend failed, if it did.
    pub(super) fn take_broken(self) -> Option<String> {
        let broken = self.broken.into_inner();
        let broken = broken.unwrap_or_else(PoisonError::into_inner);
        broken.map(|(_, why)| why)
    }
}

/// One execution that may yet turn out not to count.
struct Provisional {
    execution: u64,
    steps: u32,
    rejected: bool,
    class: Option<u64>,
    /// The signature of what was found.
    found: Option<String>,
}

/// A finding of a lane, the first one with its signature.
pub(super) struct First {
    pub(super) execution: u64,
    pub(super) finding: Finding,
    pub(super) trace: Trace,
    pub(super) input: Input,
}

/// Where the inputs of a lane come from.
enum Inputs {
    /// Strategies in turn.
    Turns(Box<Equivalence>),
    Search(Box<Search>),
}

/// Executions of one OS thread and what they have come to.
pub(super) struct Lane {
    number: u64,
    next: u64,
    inputs: Inputs,
    profile: Profile,
    history: History,
    provisional: Vec<Provisional>,
    /// The executions that count.
    pub(super) executions: u64,
    /// Their steps.
    pub(super) steps: u64,
    /// How many of them were rejected.
    pub(super) rejected: u64,
    /// Their classes.
    pub(super) species: SpeciesCount,
    /// The first finding of each signature.
    pub(super) firsts: BTreeMap<String, First>,
    /// How many executions had each.
    pub(super) counts: BTreeMap<String, u64>,
    /// Inputs that had something new and no finding, by the number of the execution.
    pub(super) kept: Vec<(u64, Input)>,
}

/// Inputs kept for the corpus by each lane at most: what is new after that many is
/// seldom worth it.
const KEPT: usize = 4096;

/// Executions kept before those that count for sure are counted.
const PROVISIONAL: usize = 256;

impl Lane {
    pub(super) fn new<S: Suite>(number: u64, shared: &Shared<'_, S>) -> Lane {
        let campaign = shared.campaign;
        let takes_data = shared.target.as_ref().takes_data;
        Lane {
            number,
            next: number,
            inputs: match campaign.strategies.is_empty() {
                true => {
                    let search = Search::of(takes_data, campaign.features);
                    Inputs::Search(Box::new(search.with_samplers(shared.suite.samplers())))
                }
                false => Inputs::Turns(Box::default()),
            },
            profile: shared.profile.clone(),
            history: History::default(),
            provisional: Vec::new(),
            executions: 0,
            steps: 0,
            rejected: 0,
            species: SpeciesCount::default(),
            firsts: BTreeMap::new(),
            counts: BTreeMap::new(),
            kept: Vec::new(),
        }
    }

    /// Makes executions until there are none left.
    pub(super) fn run<S: Suite>(mut self, shared: &Shared<'_, S>) -> Lane {
        let mut runner = Runner::of(shared.suite).in_campaign(shared.campaign.seed);
        // Executions of other lanes behind the one at which time or a request to stop
        // ends this lane may count: the campaign was cut short, and nobody can tell
        // where.
        while self.next < shared.end.load(Ordering::Relaxed) && !shared.is_over() {
            self.execute(shared, &mut runner);
            self.next += shared.lanes;
            shared.next[self.number as usize].store(self.next, Ordering::Release);
            if self.provisional.len() >= PROVISIONAL {
                // The end may yet fall to an execution that a lane has before it. A lane
                // that has passed one has also set the end, so that the end is to be
                // read second.
                let next = shared.next.iter().map(|n| n.load(Ordering::Acquire));
                let passed = next.min().unwrap_or(0);
                self.settle(passed.min(shared.end.load(Ordering::Relaxed)));
            }
        }
        self
    }

    fn execute<S: Suite>(&mut self, shared: &Shared<'_, S>, runner: &mut Runner<S::Backend>) {
        let input = self.input(shared);
        let run = runner.run(shared.target, &self.profile, &input);
        if let Some(why) = run.broken {
            return shared.breaks(self.next, why);
        }
        let class = match run.rejected {
            true => None,
            false => self.learn(shared, runner, &run, &input),
        };
        shared.progress.executions.fetch_add(1, Ordering::Relaxed);
        let signature = run.outcome.finding.as_ref().map(Finding::signature);
        self.provisional.push(Provisional {
            execution: self.next,
            steps: run.outcome.steps,
            rejected: run.rejected,
            class,
            found: signature.clone(),
        });
        if let Some((finding, signature)) = run.outcome.finding.zip(signature) {
            shared.progress.findings.fetch_add(1, Ordering::Relaxed);
            self.firsts.entry(signature).or_insert_with(|| First {
                execution: self.next,
                finding,
                trace: runner.trace(),
                input,
            });
            if shared.campaign.stop_at_first {
                shared.end.fetch_min(self.next + 1, Ordering::Relaxed);
            }
        }
    }

    fn input<S: Suite>(&mut self, shared: &Shared<'_, S>) -> Input {
        let name = shared.target.as_ref().name;
        match &mut self.inputs {
            Inputs::Turns(_) => shared.campaign.input(name, self.next),
            Inputs::Search(search) => match shared.seeds.get(self.next as usize) {
                Some(input) => input.clone(),
                None => search.next(input::seed_of(shared.campaign.seed, name, self.next)),
            },
        }
    }

    /// Learns from the last execution. Returns its class if there was room to count it.
    fn learn<S: Suite>(
        &mut self,
        shared: &Shared<'_, S>,
        runner: &Runner<S::Backend>,
        run: &Run,
        input: &Input,
    ) -> Option<u64> {
        runner.recount(&mut self.history);
        // Data that nothing is made of makes no difference.
        let data = match shared.target.as_ref().takes_data {
            true => input.data.as_slice(),
            false => &[],
        };
        let class = match &mut self.inputs {
            Inputs::Turns(equivalence) => equivalence.class(&self.history, data),
            Inputs::Search(search) => {
                let class = search.learn(&self.history, data);
                let is_seed = self.next < shared.seeds.len() as u64;
                // A fuzz target would stop at one that fails whenever it begins.
                let passes = run.outcome.finding.is_none();
                if passes
                    && !is_seed
                    && self.kept.len() < KEPT
                    && let Some(input) = search.novel()
                {
                    self.kept.push((self.next, input));
                }
                let number = self.next / shared.lanes;
                if number < PROFILED || number.is_multiple_of(PROFILED) {
                    runner.measure(&mut self.profile);
                }
                class
            }
        };
        let before = self.species.add(class)?;
        match before {
            0 => {
                shared.progress.distinct.fetch_add(1, Ordering::Relaxed);
                shared.progress.once.fetch_add(1, Ordering::Relaxed);
            }
            1 => {
                shared.progress.once.fetch_sub(1, Ordering::Relaxed);
            }
            _ => {}
        }
        Some(class)
    }

    /// Counts the executions below `end`, which are known to count.
    fn settle(&mut self, end: u64) {
        let counting = self.provisional.partition_point(|row| row.execution < end);
        for row in self.provisional.drain(..counting) {
            self.executions += 1;
            self.steps += u64::from(row.steps);
            self.rejected += u64::from(row.rejected);
            if let Some(signature) = row.found {
                *self.counts.entry(signature).or_insert(0) += 1;
            }
        }
    }

    /// Counts the executions below `end` and forgets the others.
    pub(super) fn finish(&mut self, end: u64) {
        self.settle(end);
        for row in self.provisional.drain(..) {
            if let Some(class) = row.class {
                self.species.remove(class);
            }
        }
        self.firsts.retain(|_, first| first.execution < end);
        self.kept.retain(|&(execution, _)| execution < end);
    }
}
