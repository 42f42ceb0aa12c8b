//! Runs one execution from beginning to end: the loop that resumes tasks, the judgement, and
//! the teardown of what is left.

use std::mem;
use std::panic::{self, AssertUnwindSafe};

use jostle_core::backend::{Executed, Plan};
use jostle_core::finding::{Finding, Kind};
use jostle_core::id::TaskId;
use jostle_core::kernel::{Alarm, Kernel, Next};
use jostle_core::op::Site;
use jostle_core::strategy::Policy;
use jostle_core::subject::Subject;

use crate::rt::coroutine::Job;
use crate::rt::current::{self, Current};
use crate::rt::execution::Execution;
use crate::rt::footprint::Explored;
use crate::rt::functions::Functions;
use crate::rt::os_threads;
use crate::rt::thread_status::ThreadStatus;
use crate::rt::timer_actions::TimerAction;
use crate::rt::{object, panics, switch};
use crate::sanitizer::{self, Edge};

/// Executes bodies on the calling OS thread, one at a time.
///
/// Stacks and tables are kept from one execution to the next.
#[derive(Debug)]
pub(crate) struct Executor {
    execution: current::OwnedExecution,
    epochs: object::Epochs,
}

impl Executor {
    /// An executor with nothing in its pools.
    pub(crate) fn new() -> Executor {
        panics::install();
        Executor {
            execution: current::OwnedExecution::new(Execution::new()),
            epochs: object::Epochs::new(),
        }
    }

    /// Whether this OS thread can execute nothing more, because a destructor panicked
    /// during unwinding or never came to its end, or because an execution broke. Go on
    /// with a new executor on a new thread.
    pub(crate) fn is_spoiled(&self) -> bool {
        self.execution.idle().spoiled
    }

    /// The kernel of the last execution.
    pub(crate) fn kernel(&self) -> &Kernel {
        &self.execution.idle().kernel
    }

    /// Takes the kernel of the last execution away.
    pub(crate) fn into_kernel(mut self) -> Kernel {
        mem::take(&mut self.execution.idle_mut().kernel)
    }

    /// The functions of the places that executions have met.
    pub(crate) fn functions(&mut self) -> &mut Functions {
        &mut self.execution.idle_mut().functions
    }

    /// Runs `body` as the main task until every task has finished or an oracle
    /// has found something, then clears away what is left.
    ///
    /// # Panics
    ///
    /// If the executor is spoiled, or if this thread already runs an execution.
    pub(crate) fn execute(
        &mut self,
        subject: &Subject,
        plan: &mut Plan<'_>,
        policy: Policy<'_>,
        body: Job,
    ) -> Executed {
        assert!(
            !self.is_spoiled(),
            "the OS thread of this executor is spoiled"
        );
        let _inside = sanitizer::inside();
        sanitizer::forget();
        let entered = self.execution.enter(policy);
        let current = entered.current();
        panics::forget();
        let epoch = self.epochs.begin();
        // Not the one that it was made with, if it is used when its thread ends.
        let status = ThreadStatus::of_this_thread();
        status.set_input(plan.strategy, plan.seed);
        current.with(|x| {
            x.status = status;
            x.kernel.set_heartbeat(status.heartbeat());
        });
        let mut body = Some(body);
        let run = || run(current, epoch, subject, plan, &mut body);
        if let Err(payload) = panic::catch_unwind(AssertUnwindSafe(run)) {
            mem::forget(payload);
            current.with(Execution::breaks);
        }
        // The teardown makes neither steps nor choices nor findings.
        current.with(|x| {
            if x.broken.is_some() {
                x.abandon_broken();
            }
            x.status.set_executing(false);
            x.os_thread_watch = None;
        });
        self.epochs.end();
        drop(entered);
        Edge::execution().acquire();
        if body.is_some() {
            // Of a main task that there was no room for.
            sanitizer::outside(|| drop(body));
        }
        let x = self.execution.idle_mut();
        match x.broken.take() {
            Some(broken) => Executed::Broken(broken),
            None => Executed::Finished(x.kernel.outcome(x.abandoned)),
        }
    }
}

/// Executes, judges and clears away.
fn run(
    current: Current,
    epoch: u32,
    subject: &Subject,
    plan: &mut Plan<'_>,
    body: &mut Option<Job>,
) {
    let mut explored = None;
    let options = &subject.options;
    current.with(|x| {
        if sanitizer::KEEPS_STACKS_APART {
            x.pool.append(&mut x.used);
        }
        if x.stack != options.budget.stack {
            x.pool.clear();
        }
        x.epoch = epoch;
        x.stack = options.budget.stack;
        x.allowed_panics = options.allowed_panics;
        x.cancel = options.cancel;
        x.wants_functions = plan.functions;
        x.blocks.begin();
        x.abandoned = 0;
        x.broken = None;
        x.asking(|kernel, policy| kernel.begin(epoch, subject, plan, policy));
        if plan.functions {
            x.kernel.shun_fast_path();
        }
        explored = x.kernel.is_exploring().then(Explored::begin);
        x.watch_os_threads(subject.site);
        x.status.set_executing(true);
        if let Err(reason) = x.spawn_main(subject.site, body) {
            x.find(Finding::new(Kind::Panic, reason));
        }
    });
    drive(current);
    if current.with(|x| x.broken.is_some()) {
        return;
    }
    current.with(|x| {
        x.asking(|kernel, policy| kernel.end(policy));
        x.kernel.judge();
        // These go over any other one. Findings are large: they are moved only if there
        // are any.
        if let Some(finding) = os_threads::interference(epoch) {
            x.kernel.overrule(finding);
        } else if let Some(watch) = &x.os_thread_watch
            && let Some(finding) = watch.look()
        {
            x.kernel.overrule(finding);
        }
    });
    drop(explored);
    tear_down(current);
}

/// Resumes tasks until the execution stops.
fn drive(current: Current) {
    while let Next::Run(task) = current.with(|x| x.next()) {
        switch::resume(current, task);
    }
}

impl Execution {
    /// The job of `task` is done: its worker is free.
    pub(super) fn retire(&mut self, task: TaskId) {
        if let Some(worker) = self.tasks[task.index()].worker.take() {
            if sanitizer::KEEPS_STACKS_APART {
                self.used.push(worker);
            } else {
                self.pool.push(worker);
            }
        }
    }

    /// Gives `task`, the clock, a stack for the timers that fire. It keeps it as
    /// long as the clock is what is scheduled.
    #[cold]
    pub(super) fn start_clock(&mut self, task: TaskId) {
        assert!(
            task == TaskId::CLOCK,
            "this is a bug in jostle: {task} has no stack and was scheduled"
        );
        match self.worker() {
            Ok(mut worker) => {
                worker.start(Box::new(run_clock));
                worker.label().set(TaskId::CLOCK, None, Site::caller());
                self.tasks[TaskId::CLOCK.index()].worker = Some(worker);
            }
            Err(error) => {
                self.find(Finding::new(
                    Kind::Panic,
                    format!("no memory for the stack of the clock: {error}"),
                ));
            }
        }
    }
}

impl Execution {
    /// The clock has been scheduled: takes what the timer does that fires, if that is
    /// not to end a wait.
    fn fire(&mut self) -> Option<TimerAction> {
        let (timer, alarm) = self.asking(|kernel, policy| kernel.fire(policy))?;
        match alarm {
            Alarm::Timeout(_) => None,
            Alarm::Call => self.actions.take(timer).inspect(|action| {
                if action.runs_user_code() {
                    Edge::timer(timer.number()).acquire();
                }
            }),
        }
    }
}

/// The body of the clock: fires timers as long as it is the clock's turn.
fn run_clock() {
    let current = current::get("clock");
    loop {
        match current.with(Execution::fire) {
            Some(TimerAction::Wake(waker)) => waker.wake(),
            Some(TimerAction::Call(call)) => call(),
            None => {}
        }
        let stay = current.with(|x| {
            x.decide();
            x.next() == Next::Run(TaskId::CLOCK)
        });
        if !stay {
            switch::suspend_any(current);
            if current.with(|x| x.kernel.is_teardown()) {
                return;
            }
        }
    }
}

/// Unwinds the tasks that are left, the youngest first, so that the tasks of a
/// scope are gone before the frames that they borrow from. A task whose
/// destructors wait for an older one is tried again after that one; stacks that
/// never get to their end are given up.
fn tear_down(current: Current) {
    let leftovers = current.with(|x| {
        x.kernel.tear_down();
        x.leftovers = mem::take(&mut x.actions);
        let rows = &x.tasks[..x.kernel.task_count()];
        !x.leftovers.is_empty() || rows.iter().any(|r| r.worker.is_some() || r.panic.is_some())
    });
    if leftovers {
        loop {
            let mut progress = false;
            let mut left = false;
            // The clock last: what its timers hold is dropped on its stack.
            for i in (0..current.with(|x| x.kernel.task_count())).rev() {
                let task = TaskId(i as u32);
                let runnable = current.with(|x| {
                    x.unwinds = 0;
                    x.destructor_ops = (0, 0);
                    let row = &x.tasks[i];
                    row.worker.is_some() && !row.abandoned
                });
                if runnable {
                    progress |= unwind(current, task);
                    left |= current.with(|x| x.tasks[i].worker.is_some());
                }
            }
            if !left || !progress {
                break;
            }
        }
        current.with(Execution::abandon_the_rest);
        drop_leftovers(current);
    }
}

/// Resumes `task` until it has ended or is stuck. Returns whether it ended.
fn unwind(current: Current, task: TaskId) -> bool {
    loop {
        current.with(|x| {
            x.cannot_go_on = false;
            x.status.heartbeat().beat();
        });
        switch::resume(current, task);
        let (ended, stuck) = current.with(|x| {
            let row = &x.tasks[task.index()];
            (row.worker.is_none(), x.cannot_go_on || row.abandoned)
        });
        if ended || stuck {
            return ended;
        }
    }
}

/// Drops what timers and unwound tasks left behind. That is user code, so it
/// runs on a stack of its own like any task.
fn drop_leftovers(current: Current) {
    let leftovers = current.with(|x| {
        let panics: Vec<_> = x.tasks[..x.kernel.task_count()]
            .iter_mut()
            .filter_map(|row| row.panic.take())
            .collect();
        let timers = mem::take(&mut x.leftovers);
        (panics, timers)
    });
    if leftovers.0.is_empty() && leftovers.1.is_empty() {
        return;
    }
    Edge::execution().acquire();
    let worker = current.with(|x| x.worker());
    match worker {
        Ok(mut worker) => {
            worker.start(Box::new(move || {
                let dropped = panic::catch_unwind(AssertUnwindSafe(move || drop(leftovers)));
                if let Err(payload) = dropped {
                    panics::discard(payload);
                }
            }));
            worker.label().set(TaskId::CLOCK, None, Site::caller());
            current.with(|x| {
                x.tasks[TaskId::CLOCK.index()].worker = Some(worker);
                x.unwinds = 0;
                x.destructor_ops = (0, 0);
            });
            unwind(current, TaskId::CLOCK);
            current.with(Execution::abandon_the_rest);
        }
        // Leaking them is the only way left not to run them here.
        Err(_) => mem::forget(leftovers),
    }
}

impl Execution {
    fn abandon_the_rest(&mut self) {
        for row in &mut self.tasks[..self.kernel.task_count()] {
            if let Some(worker) = row.worker.take() {
                worker.abandon();
                self.abandoned += 1;
                // The count of panics that this OS thread keeps does not go down
                // again.
                self.spoiled |= row.unwinding;
                // Their destructors belong to the lost stack.
                mem::forget(mem::take(&mut row.locals));
            }
        }
    }

    /// Gives up whatever tasks have left: the tables may be wrong, and running
    /// destructors over them could do anything.
    #[cold]
    fn abandon_broken(&mut self) {
        self.abandon_the_rest();
        for row in &mut self.tasks {
            mem::forget(row.panic.take());
            mem::forget(mem::take(&mut row.locals));
        }
        mem::forget(mem::take(&mut self.actions));
        mem::forget(mem::take(&mut self.leftovers));
    }
}
