//! The backend: executes the program from the fork point.

#![allow(unsafe_code)]

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use jostle_core::backend::{Backend, Capabilities, Executed, Plan};
use jostle_core::decision::{ChoiceKind, Prescription};
use jostle_core::finding::Finding;
use jostle_core::kernel::{Kernel, Next};
use jostle_core::recording::Recording;
use jostle_core::snapshot::Stop;
use jostle_core::strategy::{Kind, Policy, Profile};
use jostle_core::subject::Subject;

use crate::carrier::image::Image;
use crate::engine::end::End;
use crate::engine::standstill::Standstill;
use crate::engine::watch::Allocation;
use crate::engine::{self, harness};
use crate::heap::Reuse;
use crate::hot;
use crate::session::leaks::{self, Leaks, Sizes};
use crate::session::program::CAPABILITIES;
use crate::session::race::Race;
use crate::session::verdict;

/// Numbers of executions, which no two of the process share.
static EPOCH: AtomicU32 = AtomicU32::new(1);

/// Executions, and those that the limit of steps has cut.
static EXECUTIONS: AtomicU64 = AtomicU64::new(0);
static CUT: AtomicU64 = AtomicU64::new(0);

/// By so much threads are slow, in total, in an execution with slow threads: a timer may fire
/// although no thread has made the steps that would have taken the time.
///
/// A program that sleeps instead of joining relies on a timer being slower than threads, and
/// so does one whose ticks are meant to come after the work; such times are short, since
/// somebody waits for them. But published tests put threads in order by sleeps of 100 ms
/// (parking_lot) to a second (crossbeam-channel), and give others half a second lest they hang.
/// Nobody takes those for bugs. So the total is less than a tenth of a second.
const DELAY: Duration = Duration::from_millis(90);

/// How many executions there were, and how many of them were cut.
pub(crate) fn counts() -> (u64, u64) {
    (
        EXECUTIONS.load(Ordering::Relaxed),
        CUT.load(Ordering::Relaxed),
    )
}

/// Executes the program.
#[derive(Debug)]
pub(crate) struct Threads {
    /// Boxed: the engine has its address while it executes.
    kernel: Box<Kernel>,
    image: &'static Image,
    /// The calls at the earlier access of races that were found, by both addresses.
    earlier: BTreeMap<(usize, usize), Vec<usize>>,
    leaks: Leaks,
}

impl Threads {
    pub(crate) fn new(image: &'static Image) -> Threads {
        Threads {
            kernel: Box::default(),
            image,
            earlier: BTreeMap::new(),
            leaks: Leaks::default(),
        }
    }
}

impl Backend for Threads {
    type Target = Subject;

    fn capabilities(&self) -> Capabilities {
        CAPABILITIES
    }

    fn execute(&mut self, subject: &Subject, mut plan: Plan<'_>, policy: Policy<'_>) -> Executed {
        let (end, stopped) = match self.run(subject, &mut plan, policy) {
            Ok(ended) => ended,
            Err(why) => return Executed::Broken(why),
        };
        let finding = match end {
            End::Race => self.race(subject),
            End::Exit(0) => self.leak(subject),
            End::Endless => {
                self.kernel.judge();
                None
            }
            ref end => verdict::of(end),
        };
        if let Some(finding) = finding {
            self.kernel.overrule(finding);
        } else if let (End::Stopped, Next::Stop(stop)) = (&end, stopped) {
            match stop {
                // No end within the limit is none that could be told from a long way to it.
                Stop::OutOfSteps => {
                    CUT.fetch_add(1, Ordering::Relaxed);
                }
                Stop::Finished | Stop::Quiescent | Stop::Cycle => self.kernel.judge(),
            }
        }
        self.kernel.tear_down();
        Executed::Finished(self.kernel.outcome(0))
    }

    fn recording(&self) -> Recording<'_> {
        self.kernel.recording()
    }
}

impl Threads {
    /// Executes the program once. Returns how it ended, and what the kernel had to say last.
    fn run(
        &mut self,
        subject: &Subject,
        plan: &mut Plan<'_>,
        mut policy: Policy<'_>,
    ) -> Result<(End, Next), String> {
        let epoch = EPOCH.fetch_add(1, Ordering::Relaxed);
        self.kernel.begin(epoch, subject, plan, &mut policy);
        let mut asks = |kind| self.kernel.choose(kind, 2, &mut policy) == 1;
        let (is_delayed, reuses) = (asks(ChoiceKind::Delay), asks(ChoiceKind::Reuse));
        if is_delayed {
            self.kernel.allow_delay(DELAY);
        }
        let from = restore(self.image);
        if reuses {
            engine::with(|e| e.heap.set_reuse(Reuse::AtOnce));
        }
        let phase = engine::with(|e| e.harness.phase(harness::SLOT));
        if !engine::with(|e| e.harness.exists()) {
            begin_main(&mut self.kernel, subject)?;
        }
        let kernel: *mut Kernel = &raw mut *self.kernel;
        let lent: *mut Policy<'_> = &raw mut policy;
        let end = engine::run(kernel, lent.cast(), phase, from);
        engine::with(|e| e.outside.restore());
        EXECUTIONS.fetch_add(1, Ordering::Relaxed);
        if let End::Broken(why) = end {
            return Err(why);
        }
        let stopped = self.kernel.next();
        self.kernel.end(&mut policy);
        Ok((end, stopped))
    }

    /// What the race detector has found, with the calls at both accesses.
    ///
    /// Those at the earlier one are gone when the later one is made. The same choices give
    /// the same access again, in an execution that watches for it.
    fn race(&mut self, subject: &Subject) -> Option<Finding> {
        let calls = hot::calls().iter().map(|call| call.pc).collect();
        let race = engine::with(|e| Race::take(e, calls))?;
        let key = (race.report.earlier.pc, race.report.later.pc);
        if !self.earlier.contains_key(&key) {
            let calls = self.watch(subject, &race);
            self.earlier.insert(key, calls);
        }
        let earlier = self.earlier.get(&key);
        let earlier = earlier.map(Vec::as_slice).unwrap_or_default();
        Some(engine::with(|e| race.finding(e, earlier)))
    }

    /// The calls at the earlier access of a race; none if it is not made again.
    fn watch(&mut self, subject: &Subject, race: &Race) -> Vec<usize> {
        engine::with(|e| {
            e.watched = None;
            e.detector.watch(&race.report);
        });
        self.run_again(subject);
        engine::with(|e| {
            e.detector.unwatch();
            e.detector.take_report();
            e.watched.take().unwrap_or_default()
        })
    }
}

impl Threads {
    /// Memory that this execution has lost and others have not.
    fn leak(&mut self, subject: &Subject) -> Option<Finding> {
        if !engine::with(|e| self.leaks.may_be(e)) {
            return None;
        }
        let (live, lost) = engine::with(|e| (e.heap.live(), leaks::lost(e)));
        let unusual = match &lost[..] {
            [] => Vec::new(),
            lost => {
                // SAFETY: The program has ended, and nothing has changed since.
                let first = unsafe { leaks::first(lost) };
                let usual = self.usually_lost(subject);
                let unusual = usual.map(|usual| leaks::beyond(lost, usual));
                let mut unusual = unusual.unwrap_or_default();
                // The one to name comes first.
                unusual.sort_by_key(|block| Some(*block) != first);
                unusual
            }
        };
        let found = unusual.first().and_then(|block| {
            let allocation = self.allocation(subject, block.ordinal)?;
            let count = unusual.len();
            Some(engine::with(|e| {
                leaks::finding(e, &allocation, *block, count)
            }))
        });
        if found.is_none() {
            self.leaks.is_clean(live);
        }
        found
    }

    /// What other executions lose at least: one without preemption, and random ones until one
    /// loses nothing.
    fn usually_lost(&mut self, subject: &Subject) -> Option<&Sizes> {
        /// Executions that are compared with.
        const OTHERS: u64 = 16;
        if self.leaks.usual.is_none() {
            let mut usual: Option<Sizes> = None;
            for seed in 0..OTHERS {
                let kind = match seed {
                    0 => Kind::NonPreemptive,
                    _ => Kind::Random,
                };
                let mut plan = plan(kind, seed, None);
                let mut strategy = kind.build();
                let policy = Policy::Sample(&mut *strategy);
                let ended = Threads::new(self.image).run(subject, &mut plan, policy);
                if !matches!(ended, Ok((End::Exit(0), _))) {
                    continue;
                }
                let lost = leaks::sizes(&engine::with(|e| leaks::lost(e)));
                let least = usual.map_or(lost.clone(), |usual| leaks::least(&usual, &lost));
                let is_none = least.is_empty();
                usual = Some(least);
                if is_none {
                    break;
                }
            }
            self.leaks.usual = Some(usual);
        }
        self.leaks.usual.as_ref().and_then(Option::as_ref)
    }

    /// Where this execution has made the allocation with this ordinal; `None` if no thread of
    /// the program has.
    fn allocation(&mut self, subject: &Subject, ordinal: u64) -> Option<Allocation> {
        engine::with(|e| {
            e.allocation = None;
            e.awaited = ordinal;
        });
        self.run_again(subject);
        engine::with(|e| {
            e.awaited = 0;
            e.allocation.take()
        })
    }

    /// The finding of an execution without preemption, if the way it ended is one.
    pub(crate) fn try_once(&mut self, subject: &Subject) -> Option<Finding> {
        let kind = Kind::NonPreemptive;
        let mut strategy = kind.build();
        let policy = Policy::Sample(&mut *strategy);
        match self.run(subject, &mut plan(kind, 0, None), policy) {
            Ok((end, _)) => verdict::of(&end),
            Err(_) => None,
        }
    }

    /// Makes the same choices again. That it breaks is no matter: then what is watched for is
    /// not seen.
    fn run_again(&mut self, subject: &Subject) {
        let choices = self.kernel.recording().choices().collect();
        let exact = Box::new(Prescription::exact(choices));
        let mut plan = plan(Kind::NonPreemptive, 0, Some(exact));
        let mut strategy = Kind::NonPreemptive.build();
        let policy = Policy::Sample(&mut *strategy);
        let _ = Threads::new(self.image).run(subject, &mut plan, policy);
    }
}

/// The plan of an execution of the backend's own.
fn plan(strategy: Kind, seed: u64, prescription: Option<Box<Prescription>>) -> Plan<'static> {
    static PROFILE: LazyLock<Profile> = LazyLock::new(Profile::default);
    Plan {
        profile: &PROFILE,
        seed,
        prescription,
        data: &[],
        steps: u32::MAX,
        functions: false,
        strategy,
        campaign_seed: None,
    }
}

/// Where the program's own `main` is the scenario, it is the main task.
fn begin_main(kernel: &mut Kernel, subject: &Subject) -> Result<(), String> {
    let main = kernel.spawn_main(subject.site).map_err(|e| e.to_string())?;
    kernel.set_current(main);
    engine::with(|e| e.threads.main_is(main));
    Ok(())
}

/// Puts everything back to the fork point. Returns where the main thread goes on.
fn restore(image: &Image) -> crate::carrier::context::Context {
    engine::with(|e| {
        e.stacks.leave(e.threads.used().end);
        e.threads.restore(&e.tls);
        e.waiters.reset();
        e.objects.reset();
        e.harness.reset();
        e.detector.reset();
        e.heap.rollback();
        e.random = 0;
        e.standstill = Standstill::NONE;
    });
    crate::session::panics::forget();
    // SAFETY: The program does not run, and what was copied is still mapped.
    unsafe { image.restore() };
    engine::with(|e| {
        e.detector.thread_start(None, harness::SLOT);
        let row = e.threads.row(harness::SLOT);
        hot::enter(harness::SLOT, row.calls);
        row.context
    })
}
