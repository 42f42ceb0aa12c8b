//! One execution: its state, and the loop that changes stacks.
//!
//! # How a decision is made
//!
//! A task runs until it is about to do something that another task could see.
//! There it *posts* the operation, and the executor decides who goes on: that is
//! a scheduling point. Every other live task has posted too (or waits), so that
//! the strategy sees what each one would do. If it picks the posting task, that
//! task goes on without a change of stacks.
//!
//! Nothing else is a scheduling point: not spawning, not starting, not joining a
//! task that has finished, not releasing a lock. A task that becomes able to go
//! on with nothing posted (it was just spawned, or its wait was completed by
//! another task) is *eager*: it runs to its first posted operation before the
//! next decision. What it does until then no other task can see, so no behaviour
//! is lost, and far fewer decisions stand between a bug and the strategy.
//!
//! Invariants:
//! - At a decision no task is eager, and `ready` holds exactly the tasks whose
//!   posted operation is enabled, plus the clock if a timer may fire.
//! - A running task is in `ready`.
//! - References into the execution never live across a change of stacks.

use std::io;

use crate::budget::Budget;
use crate::decision::{Decisions, Divergence, Environment, Script};
use crate::finding::Finding;
use crate::id::{ObjectId, TaskId};
use crate::op::{Op, OpKind, Site};
use crate::ready::TaskSet;
use crate::rt::clock::Clock;
use crate::rt::coroutine::{Link, Worker};
use crate::rt::object::{Gate, Object};
use crate::rt::pulse::Pulse;
use crate::rt::task::Task;
use crate::snapshot::Stop;
use crate::strategy::{Profile, Strategy, TaskView};
use crate::trace::Step;

/// Where the run loop goes next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Next {
    Run(TaskId),
    Stop(Stop),
    /// A finding ends the execution.
    Over,
}

/// Whether tasks execute the scenario or are being unwound.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Phase {
    Running,
    Teardown,
}

/// The state of one execution. Reused for the next one.
#[derive(Debug)]
pub(crate) struct Execution {
    pub(crate) epoch: u32,
    pub(crate) phase: Phase,
    pub(crate) current: TaskId,
    pub(crate) next: Next,
    /// Who made the last step.
    pub(crate) last: TaskId,
    pub(crate) steps: u32,
    pub(crate) step_limit: u32,
    /// The steps of the budget are used up: a fair scheduler has taken over.
    pub(crate) fair: bool,
    /// Whether the strategy wants to be told what changes.
    pub(crate) watches: bool,
    pub(crate) ready: TaskSet,
    pub(crate) eager: Vec<TaskId>,
    /// Tasks that spin: not ready until another task has made a step.
    pub(crate) spinners: Vec<TaskId>,
    /// What the strategy sees of each task.
    pub(crate) views: Vec<TaskView>,
    /// Rows `0..views.len()` are in use.
    pub(crate) tasks: Vec<Task>,
    /// Rows `0..object_count` are in use.
    pub(crate) objects: Vec<Object>,
    pub(crate) object_count: usize,
    pub(crate) clock: Clock,
    /// The step at which the clock last moved.
    pub(crate) clock_moved: u32,
    pub(crate) strategy: Box<dyn Strategy>,
    pub(crate) decisions: Decisions,
    pub(crate) trace: Vec<Step>,
    pub(crate) preemptions: u32,
    pub(crate) budget: Budget,
    pub(crate) allowed_panics: &'static [&'static str],
    pub(crate) cancel: bool,
    pub(crate) finding: Option<Finding>,
    /// Free workers.
    pub(crate) pool: Vec<Box<Worker>>,
    /// How many stacks had to be given up.
    pub(crate) abandoned: u32,
    /// This OS thread cannot panic any more; see `panics`.
    pub(crate) spoiled: bool,
    /// In teardown: the resumed task could not go on.
    pub(crate) stuck: bool,
    /// In teardown: timers that never fired, to be dropped.
    pub(crate) leftovers: Vec<(u64, crate::rt::clock::Action)>,
    /// Tells the watchdog that this thread makes steps.
    pub(crate) pulse: &'static Pulse,
    /// In teardown: how often the resumed task was told to unwind.
    pub(crate) unwinds: u32,
}

/// What an execution came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What the oracles found.
    pub finding: Option<Finding>,
    /// How many steps were made.
    pub steps: u32,
    /// How many choices were made.
    pub choices: u32,
    /// How many preemptions there were.
    pub preemptions: u32,
    /// Where it left a script that it was to follow exactly.
    pub divergence: Option<Divergence>,
    /// Stacks that could be neither finished nor unwound and stay allocated.
    pub abandoned: u32,
}

/// Rows of the object table that exist before any object.
const WORLD: &str = "future";

impl Execution {
    pub(crate) fn new() -> Execution {
        Execution {
            epoch: 0,
            phase: Phase::Running,
            current: TaskId::MAIN,
            next: Next::Run(TaskId::MAIN),
            last: TaskId::MAIN,
            steps: 0,
            step_limit: 0,
            fair: false,
            watches: false,
            ready: TaskSet::new(),
            eager: Vec::new(),
            spinners: Vec::new(),
            views: Vec::new(),
            tasks: Vec::new(),
            objects: Vec::new(),
            object_count: 0,
            clock: Clock::default(),
            clock_moved: 0,
            strategy: crate::strategy::Kind::Calm.build(),
            decisions: Decisions::new(0, Environment::Calm, Script::free()),
            trace: Vec::new(),
            preemptions: 0,
            budget: Budget::DEFAULT,
            allowed_panics: &[],
            cancel: false,
            finding: None,
            pool: Vec::new(),
            abandoned: 0,
            spoiled: false,
            stuck: false,
            unwinds: 0,
            leftovers: Vec::new(),
            pulse: Pulse::of_this_thread(),
        }
    }

    /// Makes everything new but the memory.
    pub(crate) fn begin(&mut self, epoch: u32, seed: u64, script: Script, profile: &Profile) {
        self.epoch = epoch;
        self.phase = Phase::Running;
        self.current = TaskId::MAIN;
        self.last = TaskId::MAIN;
        self.steps = 0;
        self.step_limit = self.budget.steps;
        self.fair = false;
        self.ready.clear();
        self.eager.clear();
        self.spinners.clear();
        self.views.clear();
        self.object_count = 0;
        self.clock.reset();
        self.clock_moved = 0;
        self.trace.clear();
        self.preemptions = 0;
        self.finding = None;
        self.abandoned = 0;
        self.decisions
            .reset(seed, self.strategy.environment(), script);
        self.strategy.begin(profile, &mut self.decisions.rng);
        self.watches = self.strategy.watches();
        let here: Site = std::panic::Location::caller();
        self.new_object(WORLD, here);
        self.add_row(None, TaskId::CLOCK, 0, here);
        self.views[0].op.kind = OpKind::Fire;
    }

    /// Gives an object its number and a clean row.
    pub(crate) fn new_object(&mut self, kind: &'static str, site: Site) -> ObjectId {
        let at = self.object_count;
        self.object_count += 1;
        if let Some(row) = self.objects.get_mut(at) {
            row.kind = kind;
            row.site = site;
            row.owner = None;
            row.missed = false;
            row.tried = false;
            for gate in &mut row.gates {
                gate.open = false;
                gate.pending.clear();
            }
        } else {
            self.objects.push(Object {
                kind,
                site,
                owner: None,
                missed: false,
                tried: false,
                gates: [Gate::default(), Gate::default()],
            });
        }
        ObjectId(at as u32)
    }

    /// Gives a task its number and a clean row.
    pub(crate) fn add_row(
        &mut self,
        name: Option<String>,
        parent: TaskId,
        key: u64,
        site: Site,
    ) -> TaskId {
        let task = TaskId(self.views.len() as u32);
        self.views.push(TaskView {
            op: Op {
                kind: OpKind::Start,
                object: ObjectId::NONE,
                site,
            },
            key,
        });
        match self.tasks.get_mut(task.index()) {
            Some(row) => row.reset(name, parent, site),
            None => {
                let mut row = Task::new(site);
                row.reset(name, parent, site);
                self.tasks.push(row);
            }
        }
        if self.watches {
            self.strategy
                .spawned(task, parent, key, &mut self.decisions.rng);
        }
        task
    }

    /// A free worker, or a new one.
    pub(crate) fn worker(&mut self) -> io::Result<Box<Worker>> {
        match self.pool.pop() {
            Some(worker) => Ok(worker),
            None => Worker::new(self.budget.stack, crate::rt::lifecycle::epilogue).map(Box::new),
        }
    }

    /// The running task's side of its worker.
    #[inline]
    pub(crate) fn link(&self) -> Option<*const Link> {
        self.tasks[self.current.index()]
            .worker
            .as_ref()
            .map(|worker| worker.link())
    }

    /// Ends the execution with `finding`, unless one was found before.
    pub(crate) fn find(&mut self, finding: Finding) {
        if self.phase == Phase::Running {
            self.finding.get_or_insert(finding);
            self.next = Next::Over;
        }
    }
}
