//! One execution of a scenario, from an input or a record.

use std::cell::Cell;
use std::rc::Rc;

use arbitrary::Unstructured;

use crate::decision::{Choice, Script};
use crate::guard::watchdog;
use crate::input::Input;
use crate::rt::{Executor, Outcome, Plan};
use crate::scenario::{Body, Scenario};
use crate::strategy::{Kind, Profile, Strategy, TaskSize};
use crate::trace::Trace;

/// Executes scenarios on the calling OS thread.
#[derive(Debug)]
pub struct Runner {
    executor: Executor,
    /// One strategy of each kind that was asked for, kept for its memory.
    strategies: Vec<(Kind, Box<dyn Strategy>)>,
}

/// One execution.
#[derive(Debug)]
pub struct Run {
    /// What it came to.
    pub outcome: Outcome,
    /// The scenario's argument could not be made out of the data, so that its
    /// body never ran.
    pub rejected: bool,
}

impl Runner {
    /// A runner with nothing in its pools.
    #[must_use]
    pub fn new() -> Runner {
        Runner {
            executor: Executor::new(),
            strategies: Vec::new(),
        }
    }

    /// Whether this OS thread can execute nothing more; see
    /// [`Executor::is_spoiled`].
    #[must_use]
    pub fn is_spoiled(&self) -> bool {
        self.executor.is_spoiled()
    }

    /// Executes `scenario` once as `input` says.
    ///
    /// # Panics
    ///
    /// If the runner is spoiled.
    pub fn run(&mut self, scenario: &Scenario, profile: &Profile, input: &Input) -> Run {
        self.execute(
            scenario,
            profile,
            input.strategy,
            input.seed,
            Script::overrides(input.overrides.clone()),
            &input.data,
        )
    }

    /// Executes `scenario` once with recorded choices. Where they do not fit, or
    /// when they end, the execution goes on under [`Kind::Calm`], and the
    /// outcome says where that was.
    ///
    /// # Panics
    ///
    /// If the runner is spoiled.
    pub fn replay(&mut self, scenario: &Scenario, choices: Vec<Choice>, data: &[u8]) -> Run {
        let none = Profile::default();
        self.execute(scenario, &none, Kind::Calm, 0, Script::exact(choices), data)
    }

    fn execute(
        &mut self,
        scenario: &Scenario,
        profile: &Profile,
        kind: Kind,
        seed: u64,
        script: Script,
        data: &[u8],
    ) -> Run {
        let at = match self.strategies.iter().position(|(k, _)| *k == kind) {
            Some(at) => at,
            None => {
                self.strategies.push((kind, kind.build()));
                self.strategies.len() - 1
            }
        };
        let rejected = Rc::new(Cell::new(false));
        let body: Box<dyn FnOnce()> = match scenario.body {
            Body::Plain(body) => Box::new(body),
            Body::Data(make) => {
                let data = data.to_vec();
                let rejected = Rc::clone(&rejected);
                Box::new(move || match make(&mut Unstructured::new(&data)) {
                    Ok(body) => body(),
                    Err(_) => rejected.set(true),
                })
            }
        };
        let plan = Plan {
            options: &scenario.options,
            profile,
            seed,
            script,
        };
        watchdog::mark(kind, seed);
        let outcome = self
            .executor
            .execute(plan, &mut self.strategies[at].1, scenario.site, body);
        Run {
            outcome,
            rejected: rejected.get(),
        }
    }

    /// The record of the last execution.
    #[must_use]
    pub fn trace(&self) -> Trace {
        self.executor.trace()
    }

    /// See [`Trace::fingerprint`]; of the last execution.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        self.executor.fingerprint()
    }

    /// See [`Trace::interleaving`]; of the last execution.
    #[must_use]
    pub fn interleaving(&self) -> u64 {
        self.executor.interleaving()
    }

    /// See [`Executor::task_sizes`].
    #[must_use]
    pub fn task_sizes(&self) -> Vec<TaskSize> {
        self.executor.task_sizes()
    }
}

impl Default for Runner {
    fn default() -> Runner {
        Runner::new()
    }
}
