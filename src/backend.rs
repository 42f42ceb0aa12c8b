//! The seam's first implementation: scenarios executed on coroutines.

use std::cell::Cell;
use std::mem;
use std::rc::Rc;

use arbitrary::Unstructured;
use jostle_core::backend::{Backend, Capabilities, DuplicateName, Executed, Plan, Suite};
use jostle_core::kernel::Kernel;
use jostle_core::recording::Recording;
use jostle_core::strategy::Policy;

use crate::guard::watchdog;
use crate::rt::coroutine::Job;
use crate::rt::executor::Executor;
use crate::sanitizer::{self, Inside};
use crate::scenario::{Body, Scenario, registry};

/// The scenarios that are linked into the program, executed on coroutines.
#[derive(Clone, Copy, Default, Debug)]
pub struct Fibers;

/// Executes scenarios on the calling OS thread, one at a time.
///
/// An execution may leave its OS thread unable to panic, as when a destructor panics
/// while its task unwinds. Those that follow are then made on OS threads of their own.
#[derive(Debug)]
pub struct FiberBackend {
    executor: Executor,
    /// The kernel of the last execution, if that was made on another OS thread.
    elsewhere: Option<Kernel>,
    /// What the watchdog was told of last.
    announced: Option<(usize, Option<u64>)>,
    /// What the thread does between executions is none of the program's: it would cost
    /// ThreadSanitizer more than they do.
    _inside: Inside,
}

impl FiberBackend {
    /// A backend for the calling OS thread, with nothing in its pools.
    #[must_use]
    pub fn new() -> FiberBackend {
        watchdog::start();
        FiberBackend {
            executor: Executor::new(),
            elsewhere: None,
            announced: None,
            _inside: sanitizer::inside(),
        }
    }
}

impl FiberBackend {
    /// Executes on an OS thread of its own, which ends with the execution.
    #[cold]
    #[inline(never)]
    fn execute_elsewhere(
        &mut self,
        scenario: &Scenario,
        plan: &mut Plan<'_>,
        policy: Policy<'_>,
    ) -> Executed {
        let functions = self.executor.functions();
        let made = std::thread::scope(|scope| {
            let fresh = scope.spawn(|| {
                watchdog::subject(&scenario.subject, plan.campaign_seed);
                let mut executor = Executor::new();
                mem::swap(executor.functions(), functions);
                let executed = execute(&mut executor, scenario, plan, policy);
                mem::swap(executor.functions(), functions);
                (executed, executor.into_kernel())
            });
            fresh.join()
        });
        match made {
            Ok((executed, kernel)) => {
                self.elsewhere = Some(kernel);
                executed
            }
            Err(_) => Executed::Broken("the executor panicked".to_owned()),
        }
    }
}

impl Default for FiberBackend {
    fn default() -> FiberBackend {
        FiberBackend::new()
    }
}

impl Backend for FiberBackend {
    type Target = Scenario;

    fn capabilities(&self) -> Capabilities {
        capabilities()
    }

    #[inline]
    fn execute(&mut self, scenario: &Scenario, mut plan: Plan<'_>, policy: Policy<'_>) -> Executed {
        if self.executor.is_spoiled() {
            return self.execute_elsewhere(scenario, &mut plan, policy);
        }
        // The address is enough: a name that has moved is announced anew.
        let subject = (scenario.subject.name.as_ptr().addr(), plan.campaign_seed);
        if self.announced != Some(subject) {
            watchdog::subject(&scenario.subject, plan.campaign_seed);
            self.announced = Some(subject);
        }
        self.elsewhere = None;
        execute(&mut self.executor, scenario, &mut plan, policy)
    }

    fn recording(&self) -> Recording<'_> {
        match &self.elsewhere {
            Some(kernel) => kernel.recording(),
            None => self.executor.kernel().recording(),
        }
    }

    fn learn_functions(&mut self) -> bool {
        self.executor.functions().learn()
    }
}

#[inline]
fn execute(
    executor: &mut Executor,
    scenario: &Scenario,
    plan: &mut Plan<'_>,
    policy: Policy<'_>,
) -> Executed {
    let rejected;
    let (body, rejects): (Job, _) = match scenario.body {
        Body::Plain(body) => (Box::new(body), None),
        Body::Closure(body) => (Box::new(body), None),
        Body::Data(make) => {
            let data = plan.data.to_vec();
            rejected = Rc::new(Cell::new(false));
            let rejects = Rc::clone(&rejected);
            let body = move || match make(&mut Unstructured::new(&data)) {
                Ok(body) => body(),
                Err(_) => rejects.set(true),
            };
            (Box::new(body), Some(&rejected))
        }
    };
    let executed = executor.execute(&scenario.subject, plan, policy, body);
    match executed {
        Executed::Finished(_) if rejects.is_some_and(|r| r.get()) => Executed::Rejected,
        executed => executed,
    }
}

/// What coroutines can do in this build.
fn capabilities() -> Capabilities {
    Capabilities {
        races: sanitizer::SEES_RACES,
        virtual_time: true,
        cancellation: true,
        exhaustive: true,
    }
}

impl Suite for Fibers {
    type Backend = FiberBackend;

    fn backend(&self) -> FiberBackend {
        FiberBackend::new()
    }

    fn capabilities(&self) -> Capabilities {
        capabilities()
    }

    fn targets(&self) -> Result<Vec<&'static Scenario>, DuplicateName> {
        registry::scenarios()
    }
}
