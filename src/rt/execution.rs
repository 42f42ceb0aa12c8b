//! The state of one execution besides the kernel: stacks, the values that tasks leave,
//! and the watch for OS threads.
//!
//! References into the execution never live across a change of stacks.

use std::any::Any;
use std::io;
use std::ptr;

use jostle_core::decision::ChoiceKind;
use jostle_core::finding::Finding;
use jostle_core::id::TaskId;
use jostle_core::kernel::{Fast, Kernel, Next, Side};
use jostle_core::op::{Op, Site};
use jostle_core::strategy::Policy;
use jostle_core::vtime::VInstant;

use crate::rt::block_pool::BlockPool;
use crate::rt::coroutine::{Link, Worker};
use crate::rt::current;
use crate::rt::functions::Functions;
use crate::rt::os_threads::{OsThreadWatch, WatchSchedule};
use crate::rt::panics;
use crate::rt::policy::BorrowedPolicy;
use crate::rt::race;
use crate::rt::thread_status::ThreadStatus;
use crate::rt::timer_actions::TimerActions;
use crate::sanitizer;

/// The state of a task besides the kernel's.
#[derive(Default, Debug)]
pub(crate) struct TaskRow {
    pub(crate) worker: Option<Box<Worker>>,
    /// It is in the middle of unwinding while another task runs.
    pub(crate) unwinding: bool,
    /// It has resumed another task, and waits for that one to come back.
    pub(crate) hosts: bool,
    /// Its stack can never be run again.
    pub(crate) abandoned: bool,
    /// Values of task-local keys, in the order of first use.
    pub(crate) locals: Vec<(usize, Option<Box<dyn Any>>)>,
    /// The payload with which its body unwound.
    pub(crate) panic: Option<Box<dyn Any + Send>>,
}

impl TaskRow {
    fn reset(&mut self) {
        debug_assert!(self.worker.is_none() && self.locals.is_empty() && self.panic.is_none());
        self.unwinding = false;
        self.hosts = false;
        self.abandoned = false;
    }
}

/// The state of one execution. Reused for the next one.
#[derive(Debug)]
pub(crate) struct Execution {
    pub(crate) epoch: u32,
    pub(crate) kernel: Kernel,
    /// The strategy of this execution.
    pub(crate) policy: BorrowedPolicy,
    /// The running task's side of its worker.
    pub(crate) link: *const Link,
    /// Rows `0..kernel.task_count()` are in use.
    pub(crate) tasks: Vec<TaskRow>,
    /// The actions of armed timers.
    pub(crate) actions: TimerActions,
    /// The functions of places, and whether sites are to have them.
    pub(crate) functions: Functions,
    pub(crate) wants_functions: bool,
    pub(crate) stack: usize,
    pub(crate) allowed_panics: &'static [&'static str],
    pub(crate) cancel: bool,
    pub(crate) blocks: BlockPool,
    /// Free workers. Boxed: a link to a worker outlives its move between here and
    /// its task's row.
    #[allow(clippy::vec_box)]
    pub(crate) pool: Vec<Box<Worker>>,
    /// Workers that are free in the next execution. Boxed as those.
    #[allow(clippy::vec_box)]
    pub(crate) used: Vec<Box<Worker>>,
    /// How many stacks had to be given up.
    pub(crate) abandoned: u32,
    /// This OS thread cannot panic any more; see `panics`.
    pub(crate) spoiled: bool,
    /// The panic of the kernel, the strategy or the runtime; see
    /// [`breaks`](Execution::breaks).
    pub(crate) broken: Option<String>,
    /// In teardown: the resumed task could not go on.
    pub(crate) cannot_go_on: bool,
    /// In teardown: timers that never fired, to be dropped.
    pub(crate) leftovers: TimerActions,
    /// Tells the watchdog that this thread makes steps.
    pub(crate) status: &'static ThreadStatus,
    /// Which executions are watched for OS threads.
    pub(crate) watch_schedule: WatchSchedule,
    /// Watches this one.
    pub(crate) os_thread_watch: Option<OsThreadWatch>,
    /// In teardown: how often the resumed task was told to unwind.
    pub(crate) unwinds: u32,
    /// In teardown: how many operations the destructors of the resumed task have
    /// done, and how many of those were to wait.
    pub(crate) destructor_ops: (u32, u32),
}

impl Execution {
    pub(crate) fn new() -> Execution {
        Execution {
            epoch: 0,
            kernel: Kernel::new(),
            policy: BorrowedPolicy::none(),
            link: ptr::null(),
            tasks: Vec::new(),
            actions: TimerActions::default(),
            functions: Functions::default(),
            wants_functions: false,
            stack: 0,
            allowed_panics: &[],
            cancel: false,
            blocks: BlockPool::default(),
            pool: Vec::new(),
            used: Vec::new(),
            abandoned: 0,
            spoiled: false,
            broken: None,
            cannot_go_on: false,
            unwinds: 0,
            destructor_ops: (0, 0),
            leftovers: TimerActions::default(),
            status: ThreadStatus::of_this_thread(),
            watch_schedule: WatchSchedule::default(),
            os_thread_watch: None,
        }
    }

    /// The running task's row.
    #[inline(always)]
    pub(crate) fn mine(&mut self) -> &mut TaskRow {
        let me = self.kernel.current();
        &mut self.tasks[me.index()]
    }

    /// A clean row for `task`, which the kernel has just made.
    #[inline]
    pub(crate) fn add_row(&mut self, task: TaskId) {
        match self.tasks.get_mut(task.index()) {
            Some(row) => row.reset(),
            None => self.tasks.push(TaskRow::default()),
        }
    }

    /// A free worker, or a new one.
    pub(crate) fn worker(&mut self) -> io::Result<Box<Worker>> {
        match self.pool.pop() {
            Some(worker) => Ok(worker),
            None => Worker::new(self.stack, crate::rt::lifecycle::epilogue).map(Box::new),
        }
    }

    /// Ends the execution if there was a data race.
    #[inline]
    pub(crate) fn judge_races(&mut self) {
        if let Some(race) = sanitizer::reported() {
            let finding = race::finding(&race);
            self.kernel.find(finding);
        }
    }

    /// Tries the kernel's fast path through a scheduling point, unless the task is unwinding
    /// or there was a race.
    #[inline(always)]
    pub(crate) fn fast(&mut self, path: impl FnOnce(&mut Kernel) -> Fast) -> Fast {
        if std::thread::panicking() || sanitizer::has_reported() {
            return Fast::Slow;
        }
        path(&mut self.kernel)
    }

    /// Calls the kernel where it may ask the strategy, which finds no execution then.
    #[inline]
    pub(crate) fn asking<R>(&mut self, path: impl FnOnce(&mut Kernel, &mut Policy<'_>) -> R) -> R {
        let _detached = current::detach();
        path(&mut self.kernel, &mut self.policy.get())
    }

    /// Takes the slow path through a scheduling point, which may ask the strategy.
    fn slow(&mut self, path: impl FnOnce(&mut Kernel, &mut Policy<'_>) -> Next) {
        self.judge_races();
        self.asking(path);
        if self.kernel.take_checkpoint() {
            self.look();
        }
    }

    /// The kernel, the strategy or the runtime has panicked while it worked on the
    /// execution, which ends here: no task goes on past its next point.
    #[cold]
    pub(crate) fn breaks(&mut self) {
        self.broken.get_or_insert_with(panics::last_in_words);
        self.spoiled = true;
        self.kernel.give_up_execution();
    }

    /// Looks for OS threads that the scenario has started.
    #[cold]
    fn look(&mut self) {
        let Some(watch) = &self.os_thread_watch else {
            return;
        };
        if let Some(finding) = watch.look() {
            self.kernel.find(finding);
        }
        let next = watch.next_look(self.kernel.steps());
        self.kernel.set_checkpoint(next);
    }

    /// Has the scenario at `site` watched for OS threads, if it is its turn.
    pub(crate) fn watch_os_threads(&mut self, site: Site) {
        self.os_thread_watch = self.watch_schedule.next(site);
        if let Some(watch) = &self.os_thread_watch {
            let next = watch.next_look(0);
            self.kernel.set_checkpoint(next);
        }
    }

    /// The operation with the function that it stands in, if sites are to have those. To
    /// be called on the stack of the task that is about to do it.
    #[inline]
    pub(crate) fn located(&mut self, op: Op) -> Op {
        match self.wants_functions {
            false => op,
            true => Op {
                site: self.functions.of(op.site),
                ..op
            },
        }
    }

    /// Who runs next; the run loop sees to the rest.
    #[inline(always)]
    pub(crate) fn next(&self) -> Next {
        self.kernel.next()
    }

    /// Ends the execution with `finding`.
    pub(crate) fn find(&mut self, finding: Finding) {
        self.kernel.find(finding);
    }

    /// As the kernel's, with the operation located.
    pub(crate) fn at_point(&mut self, op: Op) {
        let op = self.located(op);
        self.slow(|kernel, policy| kernel.at_point(op, policy));
    }

    /// As the kernel's, with the operation located.
    pub(crate) fn at_gate(&mut self, op: Op, side: Side, deadline: Option<VInstant>) {
        let op = self.located(op);
        self.slow(|kernel, policy| kernel.at_gate(op, side, deadline, policy));
    }

    /// As the kernel's, with the operation located.
    pub(crate) fn at_poll(&mut self, op: Op, depth: u32, woken: bool) {
        let op = self.located(op);
        self.slow(|kernel, policy| kernel.at_poll(op, depth, woken, policy));
    }

    /// As the kernel's, with the operation located.
    pub(crate) fn at_spin(&mut self, op: Op) {
        let op = self.located(op);
        self.slow(|kernel, policy| kernel.at_spin(op, policy));
    }

    /// As the kernel's, with the operation located.
    pub(crate) fn pass_undecided(&mut self, op: Op) {
        let op = self.located(op);
        self.kernel.pass_undecided(op);
    }

    /// As the kernel's.
    pub(crate) fn block(&mut self, on: Option<TaskId>, deadline: Option<VInstant>) {
        self.slow(|kernel, policy| kernel.block(on, deadline, policy));
    }

    /// As the kernel's.
    pub(crate) fn join(&mut self, task: TaskId, op: Op) {
        self.slow(|kernel, policy| kernel.join(task, op, policy));
    }

    /// As the kernel's.
    pub(crate) fn decide(&mut self) {
        self.slow(|kernel, policy| kernel.decide(policy));
    }

    /// As the kernel's.
    pub(crate) fn choose(&mut self, kind: ChoiceKind, arity: u32) -> u32 {
        self.asking(|kernel, policy| kernel.choose(kind, arity, policy))
    }
}
