//! The scheduling kernel: decides which task runs, and records it.
//!
//! It knows no stacks and no operating system. A *carrier* owns those: it runs the task
//! that [`Kernel::next`] names up to its next operation, tells the kernel what the task
//! is about to do, and does as it says. Carriers are the coroutines of `jostle`, and in
//! the tests of this crate state machines without stacks.
//!
//! - [`mod@self`]: [`Kernel`], its tables, and the life of a task.
//! - [`fast`]: the fast path through a scheduling point.
//! - `point`: the slow path: posting, deciding, logging steps.
//! - `wait`: makes tasks wait, at gates, in queues and for wakers.
//! - `object`, `task`, `clock`: the tables.
//! - `time`: sets and fires timers.
//! - `limit`: enforces step limits; switches to a fair scheduler first.
//! - `starvation`: tells tasks that are stuck beside others that wait for time.
//! - `judge`: takes a snapshot of a stopped execution for the oracles.
//! - `heartbeat`: publishes the last step to a watchdog.
//! - `notice`: notifications queued for the policy.
//! - `attention`: flags that force the slow path.
//!
//! # How a decision is made
//!
//! A task runs until it is about to do something that another task could see.
//! There it *posts* the operation, and the kernel decides which task runs: that is
//! a scheduling point. Every other live task has posted too (or waits), so that
//! the strategy sees what each one would do. If it picks the posting task, that
//! task continues without a change of stacks.
//!
//! Nothing else is a scheduling point: not spawning, not starting, not joining a
//! task that has finished, not releasing a lock. A task that becomes able to
//! run with nothing posted (it was just spawned, or its wait was completed by
//! another task) is *eager*: it runs to its first posted operation before the
//! next decision. What it does until then no other task can see, so no behaviour
//! is lost, and the policy needs far fewer decisions to reach a bug.
//!
//! Invariants:
//! - At a decision no task is eager, and the runnable tasks are exactly those whose
//!   posted operation is enabled, plus the clock if a timer may fire.
//! - A running task is runnable.
//! - A strategy is called from within a decision, a choice, [`Kernel::begin`] and
//!   [`Kernel::end`] only.

mod attention;
mod clock;
pub mod fast;
mod heartbeat;
mod judge;
mod limit;
mod notice;
mod object;
mod point;
mod starvation;
mod task;
mod time;
mod wait;

pub use clock::{Alarm, TimerId};
pub use fast::Fast;
pub use heartbeat::{Heartbeat, LastStep};
pub use object::Side;
pub use task::Woken;

use crate::backend::{Outcome, Plan};
use crate::budget::Budget;
use crate::decision::{Decisions, Environment, Prescription};
use crate::finding::Finding;
use crate::hash::mix;
use crate::id::{ObjectId, TaskId};
use crate::kernel::attention::Attention;
use crate::kernel::clock::Clock;
use crate::kernel::notice::Notice;
use crate::kernel::object::Object;
use crate::kernel::starvation::Starvation;
use crate::kernel::task::{State, Task};
use crate::log::Log;
use crate::op::{Op, OpKind, Site};
use crate::recording::{Recording, TaskRecord};
use crate::snapshot::Stop;
use crate::strategy::{Policy, TaskView, View};
use crate::subject::Subject;
use crate::task_set::TaskSet;
use crate::trace::ObjectInfo;

/// What the carrier does next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Next {
    /// This task.
    Run(TaskId),
    /// Nobody: the execution has stopped.
    Stop(Stop),
    /// Nobody: a finding ends the execution.
    Over,
}

/// The budget of tasks is used up.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "the scenario has spawned {tasks} tasks, its budget; raise it with \
     #[jostle::scenario(tasks = …)]"
)]
pub struct OverBudget {
    /// How many tasks the budget allows.
    pub tasks: u32,
}

/// The state of one execution. Reused for the next one.
#[derive(Debug)]
pub struct Kernel {
    current: TaskId,
    next: Next,
    attention: Attention,
    /// What the strategy sees.
    view: View,
    /// Rows `0..view.tasks.len()` of both are in use.
    tasks: Vec<Task>,
    records: Vec<TaskRecord>,
    /// Rows `0..object_info.len()` are in use.
    objects: Vec<Object>,
    object_info: Vec<ObjectInfo>,
    /// How many shared cells have been made.
    cells: u32,
    /// Tasks that run before the next decision.
    eager: Vec<TaskId>,
    /// Tasks that were woken since the last decision, of which a strategy that
    /// watches has yet to be told.
    woken: Vec<TaskId>,
    /// Tasks that spin: not runnable until another task has made a step.
    spinners: Vec<TaskId>,
    clock: Clock,
    starvation: Starvation,
    decisions: Decisions,
    log: Log,
    preemptions: u32,
    budget: Budget,
    /// The step at which something is due; see `limit`.
    step_limit: u32,
    checkpoint: u32,
    at_checkpoint: bool,
    notices: Vec<Notice>,
    finding: Option<Box<Finding>>,
    heartbeat: &'static Heartbeat,
}

/// The heartbeat of kernels without a watchdog.
static UNWATCHED: Heartbeat = Heartbeat::new();

/// The object that stands for whatever a poll of a future touches.
const WORLD: &str = "future";

impl Kernel {
    /// A kernel that has executed nothing yet.
    #[must_use]
    pub fn new() -> Kernel {
        Kernel {
            current: TaskId::MAIN,
            next: Next::Over,
            attention: Attention::NONE,
            view: View {
                runnable: TaskSet::new(),
                tasks: Vec::new(),
                last: TaskId::MAIN,
                step: 0,
            },
            tasks: Vec::new(),
            records: Vec::new(),
            objects: Vec::new(),
            object_info: Vec::new(),
            cells: 0,
            eager: Vec::new(),
            woken: Vec::new(),
            spinners: Vec::new(),
            clock: Clock::default(),
            starvation: Starvation::default(),
            decisions: Decisions::new(0, Environment::First, Prescription::free()),
            log: Log::default(),
            preemptions: 0,
            budget: Budget::DEFAULT,
            step_limit: 0,
            checkpoint: u32::MAX,
            at_checkpoint: false,
            notices: Vec::new(),
            finding: None,
            heartbeat: &UNWATCHED,
        }
    }

    /// Shows its steps there from now on.
    #[inline]
    pub fn set_heartbeat(&mut self, heartbeat: &'static Heartbeat) {
        self.heartbeat = heartbeat;
    }

    /// Makes everything new but the memory, for an execution of `subject` as planned, whose
    /// prescription is taken. The clock and the object that futures touch are there; the main
    /// task is yet to be spawned. `epoch` is a number that no other execution of the process
    /// has; not 0.
    #[inline]
    pub fn begin(
        &mut self,
        epoch: u32,
        subject: &Subject,
        plan: &mut Plan<'_>,
        policy: &mut Policy<'_>,
    ) {
        self.budget = subject.options.budget;
        self.budget.steps = self.budget.steps.min(plan.steps);
        self.current = TaskId::MAIN;
        self.next = Next::Over;
        // Nobody has made a step, so that the first one preempts nobody.
        self.view.last = TaskId::CLOCK;
        self.view.step = 0;
        self.view.runnable.clear();
        self.view.tasks.clear();
        self.object_info.clear();
        self.cells = 0;
        self.eager.clear();
        self.woken.clear();
        self.spinners.clear();
        self.notices.clear();
        self.clock.reset(epoch);
        self.starvation.reset();
        self.log.clear();
        self.preemptions = 0;
        self.finding = None;
        self.decisions
            .reset(plan.seed, policy.environment(), plan.prescription.take());
        policy.begin(plan.profile, &mut self.decisions.rng);
        self.attention = Attention::NONE;
        if policy.watches() {
            self.attention.add(Attention::WATCHER);
        }
        if !policy.is_uniform() {
            self.attention.add(Attention::STRATEGY);
        }
        if !self.decisions.is_free() {
            self.attention.add(Attention::PRESCRIBED);
        }
        if policy.explorer().is_some() {
            self.attention.add(Attention::EXPLORER);
        }
        self.checkpoint = u32::MAX;
        self.at_checkpoint = false;
        self.new_object(WORLD, subject.site);
        self.add_row(None, TaskId::CLOCK, 0, subject.site);
        self.view.tasks[0].op.kind = OpKind::Fire;
        self.set_limit();
    }

    /// Has every point of this execution take the slow path, for a carrier that sees to
    /// something there. To be called after [`begin`](Kernel::begin).
    pub fn shun_fast_path(&mut self) {
        self.attention.add(Attention::CARRIER);
    }

    /// Makes the main task, which runs next.
    ///
    /// # Errors
    ///
    /// If the budget allows no task.
    #[inline]
    pub fn spawn_main(&mut self, site: Site) -> Result<TaskId, OverBudget> {
        let main = self.new_task(None, site)?;
        self.next = Next::Run(main);
        Ok(main)
    }

    /// The running task spawns another one, which runs to its first operation before
    /// the running one goes on.
    ///
    /// # Errors
    ///
    /// If the budget of tasks is used up.
    #[inline]
    pub fn spawn(&mut self, name: Option<String>, site: Site) -> Result<TaskId, OverBudget> {
        let task = self.new_task(name, site)?;
        self.hasten(self.current);
        if let Next::Run(_) = self.next {
            self.next = Next::Run(task);
        }
        Ok(task)
    }

    #[inline]
    fn new_task(&mut self, name: Option<String>, site: Site) -> Result<TaskId, OverBudget> {
        if self.view.tasks.len() > self.budget.tasks as usize {
            return Err(OverBudget {
                tasks: self.budget.tasks,
            });
        }
        let parent = self.current;
        let key = if self.view.tasks.len() == 1 {
            mix(1, 0)
        } else {
            let row = &mut self.tasks[parent.index()];
            row.children += 1;
            mix(self.view.tasks[parent.index()].key, u64::from(row.children))
        };
        let task = self.add_row(name, parent, key, site);
        self.touch_task(task);
        self.view.runnable.insert(task);
        Ok(task)
    }

    /// Gives a task its number and a clean row.
    #[inline]
    fn add_row(&mut self, name: Option<String>, parent: TaskId, key: u64, site: Site) -> TaskId {
        let task = TaskId(self.view.tasks.len() as u32);
        self.view.tasks.push(TaskView {
            op: Op {
                kind: OpKind::Start,
                object: ObjectId::NONE,
                site,
            },
            key,
        });
        match self.tasks.get_mut(task.index()) {
            Some(row) => row.reset(),
            None => self.tasks.push(Task::new()),
        }
        let born = self.log.count_steps();
        match self.records.get_mut(task.index()) {
            Some(row) => {
                row.name = name;
                row.parent = parent;
                row.site = site;
                row.key = key;
                row.born = born;
                row.ended = None;
            }
            None => self.records.push(TaskRecord {
                name,
                parent,
                site,
                key,
                born,
                ended: None,
            }),
        }
        if self.attention.has(Attention::WATCHER) {
            self.notify_policy(Notice::Spawned(task));
        }
        task
    }

    /// The running task's body has ended: whoever waits for that goes on.
    /// [`decide`](Kernel::decide) comes next, unless the execution is being torn down.
    #[inline]
    pub fn finish(&mut self) {
        let me = self.current;
        self.view.runnable.remove(me);
        self.touch_standing(me, true);
        let row = &mut self.tasks[me.index()];
        row.state = State::Finished;
        // What is unwound afterwards did not end in the execution.
        if !self.attention.has(Attention::TEARDOWN) {
            self.records[me.index()].ended = Some(self.log.count_steps());
        }
        let mut joiners = std::mem::take(&mut row.joiners);
        for joiner in joiners.drain(..) {
            self.complete(joiner);
        }
        self.tasks[me.index()].joiners = joiners;
    }

    /// Ends the execution, unless a finding has ended it.
    #[inline]
    pub(crate) fn stop(&mut self, next: Next) {
        self.attention.add(Attention::STOP);
        if self.next != Next::Over {
            self.next = next;
        }
    }

    /// Ends the execution with `finding`, unless one was found before or the execution
    /// is being torn down.
    #[inline]
    pub fn find(&mut self, finding: Finding) {
        if !self.is_teardown() {
            self.finding.get_or_insert_with(|| Box::new(finding));
            self.stop(Next::Over);
        }
    }

    /// The carrier has seen that the execution goes round without end. It is judged like one
    /// that has used up its steps.
    pub fn stop_as_endless(&mut self) {
        self.stop(Next::Stop(Stop::OutOfSteps));
    }

    /// Ends the execution at once, without a finding.
    #[inline]
    pub fn give_up_execution(&mut self) {
        self.stop(Next::Over);
    }

    /// The execution has stopped: the strategy is told the rest.
    #[inline]
    pub fn end(&mut self, policy: &mut Policy<'_>) {
        self.deliver(policy);
    }

    /// From now on tasks no longer execute the target but are unwound: nothing is
    /// logged, found or told any more, no timer fires, and choices are 0.
    #[inline]
    pub fn tear_down(&mut self) {
        self.attention.add(Attention::TEARDOWN);
        self.attention.remove(Attention::WATCHER);
        self.attention.remove(Attention::EXPLORER);
        self.notices.clear();
        self.clock.disarm_all();
    }

    /// Whether tasks are being unwound; see [`tear_down`](Kernel::tear_down).
    #[inline(always)]
    #[must_use]
    pub fn is_teardown(&self) -> bool {
        self.attention.has(Attention::TEARDOWN)
    }

    /// Whether nothing needs attention; then the execution is not being torn down.
    #[inline(always)]
    #[must_use]
    pub fn is_undisturbed(&self) -> bool {
        self.attention.is_none()
    }

    /// Whether every schedule is being explored, so that it matters what each
    /// transition touches.
    #[inline]
    #[must_use]
    pub fn is_exploring(&self) -> bool {
        self.is_explored()
    }

    /// The running task.
    #[inline(always)]
    #[must_use]
    pub fn current(&self) -> TaskId {
        self.current
    }

    /// The carrier changes to `task`.
    #[inline(always)]
    pub fn set_current(&mut self, task: TaskId) {
        self.current = task;
    }

    /// The task that goes on.
    #[inline(always)]
    #[must_use]
    pub fn next(&self) -> Next {
        self.next
    }

    /// How many tasks there have been, the clock included.
    #[inline]
    #[must_use]
    pub fn task_count(&self) -> usize {
        self.view.tasks.len()
    }

    /// How many tasks are runnable.
    #[inline(always)]
    #[must_use]
    pub fn runnable_count(&self) -> u32 {
        self.view.runnable.len()
    }

    /// How many steps were made.
    #[inline]
    #[must_use]
    pub fn steps(&self) -> u32 {
        self.view.step
    }

    /// Whether `task` has finished, for the carrier.
    #[inline]
    #[must_use]
    pub fn is_finished(&self, task: TaskId) -> bool {
        self.tasks[task.index()].is_finished()
    }

    /// Gives a task a name, or another one.
    pub fn set_name(&mut self, task: TaskId, name: String) {
        self.records[task.index()].name = Some(name);
    }

    /// The record of a task.
    #[inline]
    #[must_use]
    pub fn record(&self, task: TaskId) -> &TaskRecord {
        &self.records[task.index()]
    }

    /// What the execution came to.
    #[inline]
    #[must_use]
    pub fn outcome(&self, abandoned: u32) -> Outcome {
        Outcome {
            finding: self.finding.as_deref().cloned(),
            steps: self.view.step,
            preemptions: self.preemptions,
            divergence: self.decisions.divergence().cloned(),
            abandoned,
        }
    }

    /// The record of the execution, as far as it has come.
    #[must_use]
    pub fn recording(&self) -> Recording<'_> {
        Recording {
            log: &self.log,
            tasks: &self.records[..self.view.tasks.len()],
            objects: &self.object_info,
            preemptions: self.preemptions,
            time: self.clock.now,
        }
    }
}

impl Default for Kernel {
    fn default() -> Kernel {
        Kernel::new()
    }
}
