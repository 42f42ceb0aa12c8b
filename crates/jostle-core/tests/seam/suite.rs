//! Programs and backends as campaigns take them, and how they are made to fail.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jostle_core::backend::{Capabilities, DuplicateName, Suite};
use jostle_core::decision::{ChoiceKind, Environment, Rng};
use jostle_core::id::{ObjectId, TaskId};
use jostle_core::op::{Op, Site};
use jostle_core::strategy::{Birth, Explorer, Gate, Policy, Profile, Strategy, Touch, View};

use crate::carrier::{CAPABILITIES, Machine, Paths};
use crate::program::Program;

/// How an execution is made to fail.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fault {
    /// The strategy panics when it is asked.
    StrategyPanics,
    /// The strategy picks a task that is not there.
    PicksNobody,
    /// The carrier panics.
    CarrierPanics,
}

/// Which executions of a suite fail, counted over all its backends.
#[derive(Clone, Default, Debug)]
pub(crate) struct Faults {
    made: Arc<AtomicU64>,
    /// From this one on.
    planned: Option<(u64, Fault)>,
}

impl Faults {
    /// Every execution from number `from` on fails.
    pub(crate) fn from(from: u64, fault: Fault) -> Faults {
        Faults {
            made: Arc::default(),
            planned: Some((from, fault)),
        }
    }

    /// What is wrong with the execution that begins.
    pub(crate) fn next(&self) -> Option<Fault> {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        let (from, fault) = self.planned?;
        (number >= from).then_some(fault)
    }

    /// How many executions there were.
    pub(crate) fn made(&self) -> u64 {
        self.made.load(Ordering::Relaxed)
    }
}

impl Fault {
    /// The same policy with the fault.
    pub(crate) fn over(self, policy: Policy<'_>) -> Faulty<'_> {
        match policy {
            Policy::Sample(strategy) => Faulty::Sampler(Sampler(self, strategy)),
            Policy::Explore(explorer) => Faulty::Explorer(Exploring(self, explorer)),
        }
    }

    /// Whom a faulty policy picks instead.
    fn pick(self) -> TaskId {
        match self {
            Fault::StrategyPanics => fails("the strategy failed"),
            Fault::PicksNobody => TaskId(99),
            Fault::CarrierPanics => fails("the carrier failed"),
        }
    }
}

/// Panics with no word on standard error.
fn fails(why: &'static str) -> ! {
    std::panic::resume_unwind(Box::new(why))
}

/// A policy with a fault.
pub(crate) enum Faulty<'a> {
    Sampler(Sampler<'a>),
    Explorer(Exploring<'a>),
}

impl Faulty<'_> {
    pub(crate) fn policy(&mut self) -> Policy<'_> {
        match self {
            Faulty::Sampler(strategy) => Policy::Sample(strategy),
            Faulty::Explorer(explorer) => Policy::Explore(explorer),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Sampler<'a>(Fault, &'a mut dyn Strategy);

impl Strategy for Sampler<'_> {
    fn begin(&mut self, profile: &Profile, rng: &mut Rng) {
        if self.0 == Fault::CarrierPanics {
            fails("the carrier failed");
        }
        self.1.begin(profile, rng);
    }

    fn environment(&self) -> Environment {
        self.1.environment()
    }

    fn watches(&self) -> bool {
        self.1.watches()
    }

    fn pick(&mut self, _: &View, _: &mut Rng) -> TaskId {
        self.0.pick()
    }

    fn answer(&mut self, view: &View, kind: ChoiceKind, arity: u32) -> Option<u32> {
        self.1.answer(view, kind, arity)
    }

    fn spawned(&mut self, task: TaskId, birth: &Birth, rng: &mut Rng) {
        self.1.spawned(task, birth, rng);
    }

    fn appeared(&mut self, object: ObjectId, site: Site) {
        self.1.appeared(object, site);
    }

    fn called(&mut self, task: TaskId, name: &str) {
        self.1.called(task, name);
    }

    fn posted(&mut self, task: TaskId, op: &Op, rng: &mut Rng) {
        self.1.posted(task, op, rng);
    }

    fn runnable(&mut self, task: TaskId) {
        self.1.runnable(task);
    }

    fn ran(&mut self, task: TaskId, op: &Op, rng: &mut Rng) {
        self.1.ran(task, op, rng);
    }
}

#[derive(Debug)]
pub(crate) struct Exploring<'a>(Fault, &'a mut dyn Explorer);

impl Explorer for Exploring<'_> {
    fn begin(&mut self) {
        self.1.begin();
    }

    fn pick(&mut self, _: &View) -> TaskId {
        self.0.pick()
    }

    fn choose(&mut self, kind: ChoiceKind, arity: u32) -> u32 {
        self.1.choose(kind, arity)
    }

    fn touched(&mut self, touch: Touch, write: bool) {
        self.1.touched(touch, write);
    }

    fn touched_all(&mut self) {
        self.1.touched_all();
    }

    fn gate_set(&mut self, gate: Gate, open: bool) {
        self.1.gate_set(gate, open);
    }

    fn arrived(&mut self, task: TaskId, gate: Gate) {
        self.1.arrived(task, gate);
    }

    fn appeared(&mut self, object: ObjectId, site: Site) {
        self.1.appeared(object, site);
    }

    fn made(&mut self, touch: Touch) {
        self.1.made(touch);
    }

    fn gives_up(&self) -> bool {
        self.1.gives_up()
    }
}

/// A suite of programs.
#[derive(Clone, Default, Debug)]
pub(crate) struct Programs {
    pub(crate) paths: Paths,
    pub(crate) faults: Faults,
}

impl Suite for Programs {
    type Backend = Machine;

    fn backend(&self) -> Machine {
        Machine::new(self.paths, self.faults.clone())
    }

    fn capabilities(&self) -> Capabilities {
        CAPABILITIES
    }

    fn targets(&self) -> Result<Vec<&'static Program>, DuplicateName> {
        Ok(crate::known::bugs()
            .into_iter()
            .map(|bug| &*Box::leak(Box::new(bug.program)))
            .collect())
    }
}
