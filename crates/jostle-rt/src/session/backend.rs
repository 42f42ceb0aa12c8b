//! The backend: executes the program from the fork point.

#![allow(unsafe_code)]

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use jostle_core::backend::{Backend, Capabilities, Executed, Plan};
use jostle_core::kernel::{Kernel, Next};
use jostle_core::recording::Recording;
use jostle_core::snapshot::Stop;
use jostle_core::strategy::Policy;
use jostle_core::subject::Subject;

use crate::carrier::image::Image;
use crate::engine::end::End;
use crate::engine::{self, harness};
use crate::hot::{self, Phase};
use crate::session::program::CAPABILITIES;
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
}

impl Threads {
    pub(crate) fn new(image: &'static Image) -> Threads {
        Threads {
            kernel: Box::default(),
            image,
        }
    }
}

impl Backend for Threads {
    type Target = Subject;

    fn capabilities(&self) -> Capabilities {
        CAPABILITIES
    }

    fn execute(
        &mut self,
        subject: &Subject,
        mut plan: Plan<'_>,
        mut policy: Policy<'_>,
    ) -> Executed {
        let epoch = EPOCH.fetch_add(1, Ordering::Relaxed);
        self.kernel.begin(epoch, subject, &mut plan, &mut policy);
        let from = restore(self.image);
        if !engine::with(|e| e.harness.exists())
            && let Err(error) = begin_main(&mut self.kernel, subject)
        {
            return Executed::Broken(error);
        }
        let kernel: *mut Kernel = &raw mut *self.kernel;
        let lent: *mut Policy<'_> = &raw mut policy;
        let end = engine::run(kernel, lent.cast(), Phase::Run, from);
        engine::with(|e| e.outside.restore());
        EXECUTIONS.fetch_add(1, Ordering::Relaxed);
        if let End::Broken(why) = end {
            return Executed::Broken(why);
        }
        let stopped = self.kernel.next();
        self.kernel.end(&mut policy);
        if let Some(finding) = verdict::of(&end, &self.kernel) {
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
        for slot in e.threads.used().skip(1) {
            e.stacks.trim(slot as u16);
        }
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
        hot::enter(harness::SLOT, e.harness.exists(), row.calls);
        row.context
    })
}
