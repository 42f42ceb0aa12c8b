//! The backend: executes the program from the fork point.

#![allow(unsafe_code)]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use jostle_core::backend::{Backend, Capabilities, Executed, Plan};
use jostle_core::decision::Prescription;
use jostle_core::finding::Finding;
use jostle_core::kernel::{Kernel, Next};
use jostle_core::recording::Recording;
use jostle_core::snapshot::Stop;
use jostle_core::strategy::{Kind, Policy, Profile};
use jostle_core::subject::Subject;

use crate::carrier::image::Image;
use crate::engine::end::End;
use crate::engine::{self, harness};
use crate::hot;
use crate::session::program::CAPABILITIES;
use crate::session::race::Race;
use crate::session::verdict;

/// Numbers of executions, which no two of the process share.
static EPOCH: AtomicU32 = AtomicU32::new(1);

/// Executions, and those that the limit of steps has cut.
static EXECUTIONS: AtomicU64 = AtomicU64::new(0);
static CUT: AtomicU64 = AtomicU64::new(0);

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
}

impl Threads {
    pub(crate) fn new(image: &'static Image) -> Threads {
        Threads {
            kernel: Box::default(),
            image,
            earlier: BTreeMap::new(),
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
        let from = restore(self.image);
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
        let choices = self.kernel.recording().choices().collect();
        let mut again = Threads::new(self.image);
        let mut strategy = Kind::NonPreemptive.build();
        let mut plan = Plan {
            profile: &Profile::default(),
            seed: 0,
            prescription: Some(Box::new(Prescription::exact(choices))),
            data: &[],
            steps: u32::MAX,
            functions: false,
            strategy: Kind::NonPreemptive,
            campaign_seed: None,
        };
        // That it breaks is no matter: then the access is not found.
        let _ = again.run(subject, &mut plan, Policy::Sample(&mut *strategy));
        engine::with(|e| {
            e.detector.unwatch();
            e.detector.take_report();
            e.watched.take().unwrap_or_default()
        })
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
