//! One execution of a scenario, from an input or a record.

use std::cell::Cell;
use std::rc::Rc;

use arbitrary::Unstructured;

use crate::decision::{Choice, Script};
use crate::guard::watchdog;
use crate::history::History;
use crate::input::{Input, Steering};
use crate::rt::{Executor, Outcome, Plan};
use crate::scenario::{Body, Scenario};
use crate::strategy::{Guide, Kind, Profile, Strategy};
use crate::trace::Trace;

/// Executes scenarios on the calling OS thread.
#[derive(Debug)]
pub struct Runner {
    executor: Executor,
    /// One strategy of each kind that was asked for, kept for its memory; those
    /// that are steered apart from those that are not.
    strategies: Vec<(Kind, bool, Box<dyn Strategy>)>,
    /// Whether the data of the last execution was rejected; see [`Run::rejected`].
    rejected: Rc<Cell<bool>>,
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
            rejected: Rc::new(Cell::new(false)),
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
        let overrides = Script::overrides(input.overrides.clone());
        let script = overrides.with_tape(input.steering.tape.clone());
        self.execute(scenario, profile, input, script)
    }

    /// Executes `scenario` once with recorded choices. Where they do not fit, or
    /// when they end, the execution goes on under [`Kind::Calm`], and the
    /// outcome says where that was.
    ///
    /// # Panics
    ///
    /// If the runner is spoiled.
    pub fn replay(&mut self, scenario: &Scenario, choices: Vec<Choice>, data: &[u8]) -> Run {
        let calm = Input {
            strategy: Kind::Calm,
            seed: 0,
            steering: Steering::none(),
            overrides: Vec::new(),
            data: data.to_vec(),
        };
        self.execute(scenario, &Profile::default(), &calm, Script::exact(choices))
    }

    /// Executes `scenario` once under a strategy of the caller's, with nothing
    /// prescribed.
    ///
    /// # Panics
    ///
    /// If the runner is spoiled.
    pub fn explore(
        &mut self,
        scenario: &Scenario,
        strategy: &mut Box<dyn Strategy>,
        data: &[u8],
    ) -> Run {
        watchdog::mark(Kind::Calm, 0);
        let plan = Plan {
            options: &scenario.options,
            profile: &Profile::default(),
            seed: 0,
            script: Script::free(),
        };
        let (executor, rejected) = (&mut self.executor, &self.rejected);
        execute(executor, rejected, scenario, strategy, plan, data)
    }

    /// As [`explore`](Runner::explore), with no more than `steps` steps under the
    /// strategy.
    ///
    /// # Panics
    ///
    /// If the runner is spoiled.
    pub fn under(
        &mut self,
        scenario: &Scenario,
        strategy: &mut Box<dyn Strategy>,
        steps: u32,
        data: &[u8],
    ) -> Run {
        let mut short = *scenario;
        short.options.budget.steps = scenario.options.budget.steps.min(steps);
        self.explore(&short, strategy, data)
    }

    /// Executes `scenario` as `input` says, with `script` for what it prescribes.
    fn execute(
        &mut self,
        scenario: &Scenario,
        profile: &Profile,
        input: &Input,
        script: Script,
    ) -> Run {
        let at = self.strategy(input.strategy, &input.steering);
        watchdog::mark(input.strategy, input.seed);
        let plan = Plan {
            options: &scenario.options,
            profile,
            seed: input.seed,
            script,
        };
        let strategy = &mut self.strategies[at].2;
        let (executor, rejected) = (&mut self.executor, &self.rejected);
        execute(executor, rejected, scenario, strategy, plan, &input.data)
    }

    /// Where the strategy of this kind is, steered like this.
    fn strategy(&mut self, kind: Kind, steering: &Steering) -> usize {
        let steered = !steering.orders.is_empty() || steering.hold.is_some();
        let known = self
            .strategies
            .iter()
            .position(|s| s.0 == kind && s.1 == steered);
        let at = known.unwrap_or_else(|| {
            let strategy = match steered {
                true => Box::new(Guide::new(kind.build())),
                false => kind.build(),
            };
            self.strategies.push((kind, steered, strategy));
            self.strategies.len() - 1
        });
        if steered {
            self.strategies[at].2.steer(&steering.orders, steering.hold);
        }
        at
    }

    /// What the last execution did, in place of what `history` held.
    pub fn recount(&self, history: &mut History) {
        self.executor.recount(history);
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

    /// See [`Executor::measure`].
    pub fn measure(&self, profile: &mut Profile) {
        self.executor.measure(profile);
    }
}

impl Default for Runner {
    fn default() -> Runner {
        Runner::new()
    }
}

fn execute(
    executor: &mut Executor,
    rejected: &Rc<Cell<bool>>,
    scenario: &Scenario,
    strategy: &mut Box<dyn Strategy>,
    plan: Plan<'_>,
    data: &[u8],
) -> Run {
    rejected.set(false);
    let body: Box<dyn FnOnce()> = match scenario.body {
        Body::Plain(body) => Box::new(body),
        Body::Data(make) => {
            let data = data.to_vec();
            let rejected = Rc::clone(rejected);
            Box::new(move || match make(&mut Unstructured::new(&data)) {
                Ok(body) => body(),
                Err(_) => rejected.set(true),
            })
        }
    };
    let run = Run {
        outcome: executor.execute(plan, strategy, scenario.site, body),
        rejected: rejected.get(),
    };
    if let Some(fault) = &run.outcome.broken {
        panic!("this is a bug in jostle, not in {}: {fault}", scenario.name);
    }
    run
}
