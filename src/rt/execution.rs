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
//! - At a decision no task is eager, and `view.ready` holds exactly the tasks whose
//!   posted operation is enabled, plus the clock if a timer may fire.
//! - A running task is in `view.ready`.
//! - References into the execution never live across a change of stacks.

use std::io;
use std::ptr;

use crate::budget::Budget;
use crate::decision::{Decisions, Divergence, Environment, Script};
use crate::finding::Finding;
use crate::id::{ObjectId, TaskId};
use crate::op::{Op, OpKind, Site};
use crate::ready::TaskSet;
use crate::rt::blocks::Blocks;
use crate::rt::clock::Clock;
use crate::rt::coroutine::{Link, Worker};
use crate::rt::duties::Duties;
use crate::rt::foreign::{Lookout, Roster};
use crate::rt::object::{Gate, Object};
use crate::rt::panics;
use crate::rt::pulse::Pulse;
use crate::rt::race;
use crate::rt::record::Record;
use crate::rt::task::Task;
use crate::sanitizer;
use crate::snapshot::Stop;
use crate::strategy::{Birth, Profile, Strategy, TaskView, View};

/// Who goes on, seen by the run loop and by whoever hosts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Next {
    Run(TaskId),
    Stop(Stop),
    /// A finding ends the execution.
    Over,
}

/// The state of one execution. Reused for the next one.
#[derive(Debug)]
pub(crate) struct Execution {
    pub(crate) epoch: u32,
    pub(crate) current: TaskId,
    pub(crate) next: Next,
    /// The running task's side of its worker.
    pub(crate) link: *const Link,
    pub(crate) duties: Duties,
    /// What the strategy sees.
    pub(crate) view: View,
    /// The step at which something is due; see `Execution::at_limit`.
    pub(crate) step_limit: u32,
    pub(crate) eager: Vec<TaskId>,
    /// Tasks that were woken since the last decision, of which a strategy that
    /// watches has yet to be told.
    pub(crate) woken: Vec<TaskId>,
    /// Tasks that spin: not ready until another task has made a step.
    pub(crate) spinners: Vec<TaskId>,
    /// Rows `0..view.tasks.len()` are in use.
    pub(crate) tasks: Vec<Task>,
    /// Rows `0..object_count` are in use.
    pub(crate) objects: Vec<Object>,
    pub(crate) object_count: usize,
    /// How many shared cells have been made.
    pub(crate) cells: u32,
    pub(crate) clock: Clock,
    /// The step at which the clock last moved.
    pub(crate) clock_moved: u32,
    pub(crate) strategy: Box<dyn Strategy>,
    pub(crate) decisions: Decisions,
    pub(crate) record: Record,
    pub(crate) preemptions: u32,
    pub(crate) budget: Budget,
    pub(crate) allowed_panics: &'static [&'static str],
    pub(crate) cancel: bool,
    pub(crate) finding: Option<Finding>,
    pub(crate) blocks: Blocks,
    /// Free workers. Boxed: a link to a worker outlives its move between here and
    /// its task's row.
    #[allow(clippy::vec_box)]
    pub(crate) pool: Vec<Box<Worker>>,
    /// Workers that are free in the next execution. Boxed as those.
    #[allow(clippy::vec_box)]
    pub(crate) used: Vec<Box<Worker>>,
    /// How many stacks had to be given up.
    pub(crate) abandoned: u32,
    /// What the runtime or a strategy panicked with; see `Execution::breaks`.
    pub(crate) broken: Option<String>,
    /// This OS thread cannot panic any more; see `panics`.
    pub(crate) spoiled: bool,
    /// In teardown: the resumed task could not go on.
    pub(crate) stuck: bool,
    /// In teardown: timers that never fired, to be dropped.
    pub(crate) leftovers: Vec<(u64, crate::rt::clock::Action)>,
    /// Tells the watchdog that this thread makes steps.
    pub(crate) pulse: &'static Pulse,
    /// Which executions are watched for OS threads.
    pub(crate) roster: Roster,
    /// Watches this one.
    pub(crate) lookout: Option<Lookout>,
    /// In teardown: how often the resumed task was told to unwind.
    pub(crate) unwinds: u32,
    /// In teardown: how many operations the destructors of the resumed task have
    /// done, and how many of those were to wait.
    pub(crate) destructor_ops: (u32, u32),
}

/// What an execution came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What the oracles found.
    pub finding: Option<Finding>,
    /// How many steps were made.
    pub steps: u32,
    /// How many preemptions there were.
    pub preemptions: u32,
    /// Where it left a script that it was to follow exactly.
    pub divergence: Option<Divergence>,
    /// Stacks that could be neither finished nor unwound and stay allocated.
    pub abandoned: u32,
    /// The runtime or a strategy panicked with this, in Jostle's own code. That says
    /// nothing about the scenario: there is no finding, the steps count for nothing,
    /// and the OS thread can execute nothing more.
    pub broken: Option<String>,
}

/// Rows of the object table that exist before any object.
const WORLD: &str = "future";

impl Execution {
    pub(crate) fn new() -> Execution {
        Execution {
            epoch: 0,
            current: TaskId::MAIN,
            next: Next::Run(TaskId::MAIN),
            link: ptr::null(),
            duties: Duties::NONE,
            view: View {
                ready: TaskSet::new(),
                tasks: Vec::new(),
                last: TaskId::MAIN,
                step: 0,
            },
            step_limit: 0,
            eager: Vec::new(),
            woken: Vec::new(),
            spinners: Vec::new(),
            tasks: Vec::new(),
            objects: Vec::new(),
            object_count: 0,
            cells: 0,
            clock: Clock::default(),
            clock_moved: 0,
            strategy: crate::strategy::Kind::Calm.build(),
            decisions: Decisions::new(0, Environment::Calm, Script::free()),
            record: Record::default(),
            preemptions: 0,
            budget: Budget::DEFAULT,
            allowed_panics: &[],
            cancel: false,
            finding: None,
            blocks: Blocks::default(),
            pool: Vec::new(),
            used: Vec::new(),
            abandoned: 0,
            broken: None,
            spoiled: false,
            stuck: false,
            unwinds: 0,
            destructor_ops: (0, 0),
            leftovers: Vec::new(),
            pulse: Pulse::of_this_thread(),
            roster: Roster::default(),
            lookout: None,
        }
    }

    /// Makes everything new but the memory.
    #[inline]
    pub(crate) fn begin(
        &mut self,
        epoch: u32,
        seed: u64,
        script: Script,
        profile: &Profile,
        site: Site,
    ) {
        self.epoch = epoch;
        self.current = TaskId::MAIN;
        // Nobody has made a step, so that the first one preempts nobody.
        self.view.last = TaskId::CLOCK;
        self.view.step = 0;
        self.step_limit = self.budget.steps;
        self.view.ready.clear();
        self.eager.clear();
        self.woken.clear();
        self.spinners.clear();
        self.view.tasks.clear();
        self.object_count = 0;
        self.cells = 0;
        self.clock.reset(epoch);
        self.blocks.begin();
        self.clock_moved = 0;
        self.record.clear();
        self.preemptions = 0;
        self.finding = None;
        self.abandoned = 0;
        self.broken = None;
        self.decisions
            .reset(seed, self.strategy.environment(), script);
        self.strategy.begin(profile, &mut self.decisions.rng);
        self.duties = Duties::NONE;
        if self.strategy.watches() {
            self.duties.add(Duties::WATCHER);
        }
        if !self.strategy.is_uniform() {
            self.duties.add(Duties::STRATEGY);
        }
        if !self.decisions.is_free() {
            self.duties.add(Duties::SCRIPT);
        }
        if self.strategy.explorer().is_some() {
            self.duties.add(Duties::EXPLORER);
        }
        self.new_object(WORLD, site);
        self.add_row(None, TaskId::CLOCK, 0, site);
        self.view.tasks[0].op.kind = OpKind::Fire;
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
        let object = ObjectId(at as u32);
        if self.duties.has(Duties::WATCHER) {
            self.strategy.appeared(object, site);
        }
        self.tell(|explorer| explorer.appeared(object, site));
        object
    }

    /// Gives a task its number and a clean row.
    pub(crate) fn add_row(
        &mut self,
        name: Option<String>,
        parent: TaskId,
        key: u64,
        site: Site,
    ) -> TaskId {
        let task = TaskId(self.view.tasks.len() as u32);
        self.view.tasks.push(TaskView {
            op: Op {
                kind: OpKind::Start,
                object: ObjectId::NONE,
                site,
            },
            key,
        });
        let born = self.record.count_steps();
        match self.tasks.get_mut(task.index()) {
            Some(row) => row.reset(name, parent, site, born),
            None => {
                let mut row = Task::new(site);
                row.reset(name, parent, site, born);
                self.tasks.push(row);
            }
        }
        if self.duties.has(Duties::WATCHER) {
            if let Some(name) = &self.tasks[task.index()].name {
                self.strategy.called(task, name);
            }
            let birth = Birth { parent, key, site };
            self.strategy.spawned(task, &birth, &mut self.decisions.rng);
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

    /// Ends the execution if there was a data race.
    #[inline]
    pub(crate) fn judge_races(&mut self) {
        if let Some(race) = sanitizer::reported() {
            let finding = race::finding(&race);
            self.find(finding);
        }
    }

    /// Has `task` run to its first operation, or to its next one, before the next
    /// decision.
    #[inline]
    pub(crate) fn hasten(&mut self, task: TaskId) {
        self.eager.push(task);
        self.duties.add(Duties::EAGER);
    }

    /// Whether tasks no longer execute the scenario but are being unwound.
    #[inline]
    pub(crate) fn is_teardown(&self) -> bool {
        self.duties.has(Duties::TEARDOWN)
    }

    /// Ends the execution, unless a finding has ended it.
    pub(crate) fn stop(&mut self, next: Next) {
        self.duties.add(Duties::STOP);
        if self.next != Next::Over {
            self.next = next;
        }
    }

    /// The runtime or a strategy has panicked while it worked on the execution, which
    /// ends here: no task goes on past its next point.
    #[cold]
    pub(crate) fn breaks(&mut self) {
        self.broken.get_or_insert_with(panics::last_in_words);
        self.spoiled = true;
        self.stop(Next::Over);
    }

    /// Ends the execution with `finding`, unless one was found before.
    pub(crate) fn find(&mut self, finding: Finding) {
        if !self.is_teardown() {
            self.finding.get_or_insert(finding);
            self.stop(Next::Over);
        }
    }
}
