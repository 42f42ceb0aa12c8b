//! Running one execution from beginning to end: the loop that resumes tasks,
//! the judgement, and the teardown of what is left.

use std::mem;
use std::panic::{self, AssertUnwindSafe};

use crate::decision::Script;
use crate::finding::{Finding, Kind};
use crate::history::{Born, History};
use crate::id::{ObjectId, TaskId};
use crate::op::Site;
use crate::oracle;
use crate::rt::clock::Action;
use crate::rt::current::{self, Current};
use crate::rt::duties::Duties;
use crate::rt::execution::{Execution, Next, Outcome};
use crate::rt::footprint::Explored;
use crate::rt::foreign;
use crate::rt::pulse::Pulse;
use crate::rt::task::State;
use crate::rt::{object, panics, switch};
use crate::sanitizer::{self, Edge};
use crate::scenario::Options;
use crate::snapshot::{Blocked, Deed, Snapshot, Standing, Stop, TaskSnapshot};
use crate::strategy::{Profile, Strategy, TaskSize};
use crate::trace::{ObjectInfo, TaskInfo, Trace};

/// What is executed and who decides.
#[derive(Debug)]
pub struct Plan<'a> {
    /// Limits and permissions.
    pub options: &'a Options,
    /// What the strategy knows beforehand.
    pub profile: &'a Profile,
    /// The seed of the random stream.
    pub seed: u64,
    /// What is prescribed.
    pub script: Script,
}

/// Executes scenarios on the calling OS thread, one at a time.
///
/// Stacks and tables are kept from one execution to the next.
#[derive(Debug)]
pub struct Executor {
    execution: current::Owned,
    epochs: object::Epochs,
}

impl Executor {
    /// An executor with nothing in its pools.
    #[must_use]
    pub fn new() -> Executor {
        panics::install();
        Executor {
            execution: current::Owned::new(Execution::new()),
            epochs: object::Epochs::new(),
        }
    }

    /// Whether this OS thread can execute no further scenario, because a
    /// destructor panicked during unwinding or never came to its end, or because an
    /// execution broke. Go on with a new executor on a new thread.
    #[must_use]
    pub fn is_spoiled(&self) -> bool {
        self.execution.idle().spoiled
    }

    /// Runs `body` as the main task until every task has finished or an oracle
    /// has found something, then clears away what is left.
    ///
    /// `strategy` is borrowed for the execution: the caller has it back, with
    /// what it learned, afterwards.
    ///
    /// # Panics
    ///
    /// If the executor is spoiled, if this thread already runs an execution, or if the
    /// strategy panics at the beginning; in the last case the executor is spoiled.
    pub fn execute(
        &mut self,
        plan: Plan<'_>,
        strategy: &mut Box<dyn Strategy>,
        site: Site,
        body: Box<dyn FnOnce()>,
    ) -> Outcome {
        assert!(
            !self.is_spoiled(),
            "the OS thread of this executor is spoiled"
        );
        // Should it not be needed, it is dropped when the execution is over.
        let mut body = Some(body);
        let _inside = sanitizer::inside();
        sanitizer::forget();
        let entered = self.execution.enter();
        let current = entered.current();
        panics::forget();
        let epoch = self.epochs.begin();
        let mut explored = None;
        current.with(|x| {
            mem::swap(&mut x.strategy, strategy);
            // Not the one that it was made with, if it is used when its thread ends.
            x.pulse = Pulse::of_this_thread();
            if sanitizer::KEEPS_STACKS_APART {
                x.pool.append(&mut x.used);
            }
            if x.budget.stack != plan.options.budget.stack {
                x.pool.clear();
            }
            x.budget = plan.options.budget;
            x.allowed_panics = plan.options.allowed_panics;
            x.cancel = plan.options.cancel;
            x.begin(epoch, plan.seed, plan.script, plan.profile, site);
            explored = x.duties.has(Duties::EXPLORER).then(Explored::begin);
            x.keep_lookout(site);
            x.pulse.executing(true);
            x.next = match x.new_task(None, site, &mut body) {
                Ok(main) => Next::Run(main),
                Err(reason) => {
                    x.finding = Some(Finding::new(Kind::Panic, reason));
                    Next::Over
                }
            };
        });
        let run = || run(current, epoch, explored);
        if let Err(payload) = panic::catch_unwind(AssertUnwindSafe(run)) {
            mem::forget(payload);
            current.with(Execution::breaks);
        }
        // The teardown makes neither steps nor choices nor findings.
        current.with(|x| {
            if x.broken.is_some() {
                x.leave_broken();
            }
            x.pulse.executing(false);
            x.lookout = None;
            mem::swap(&mut x.strategy, strategy);
        });
        self.epochs.end();
        drop(entered);
        Edge::execution().acquire();
        if body.is_some() {
            // Of a main task that there was no room for.
            sanitizer::outside(|| drop(body));
        }
        let x = self.execution.idle();
        let mut outcome = Outcome {
            finding: None,
            steps: x.view.step,
            preemptions: x.preemptions,
            divergence: x.decisions.divergence().cloned(),
            abandoned: x.abandoned,
            broken: x.broken.clone(),
        };
        // Most executions have none, which is large to copy.
        if let Some(finding) = &x.finding {
            outcome.finding = Some(finding.clone());
        }
        outcome
    }

    /// The fingerprint of the last execution; see [`Trace::fingerprint`].
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        let x = self.execution.idle();
        crate::trace::fingerprint(x.record.choices(), x.record.steps(), x.clock.now.0)
    }

    /// The interleaving of the last execution; see [`Trace::interleaving`].
    #[must_use]
    pub fn interleaving(&self) -> u64 {
        crate::trace::interleaving(self.execution.idle().record.steps())
    }

    /// Has `profile` take note of how large the last execution and its tasks were.
    pub fn measure(&self, profile: &mut Profile) {
        let x = self.execution.idle();
        let steps = x.record.steps_by_task(x.view.tasks.len());
        let rows = x.view.tasks.iter().zip(&x.tasks).zip(steps);
        // The clock first.
        let sizes: Vec<_> = rows
            .map(|((view, row), steps)| TaskSize {
                parent: row.parent,
                key: view.key,
                steps,
            })
            .collect();
        profile.observe(x.record.choices().count() as u32, &sizes);
    }

    /// What the last execution did, in place of what `history` held.
    pub fn recount(&self, history: &mut History) {
        let x = self.execution.idle();
        history.clear();
        history.events.extend(x.record.events());
        history.choices.extend(x.record.choices());
        let births = x.tasks.iter().zip(&x.view.tasks).map(|(row, view)| Born {
            parent: row.parent,
            site: row.site,
            key: view.key,
        });
        history.tasks.extend(births);
        let objects = &x.objects[..x.object_count];
        history.objects.extend(objects.iter().map(|o| o.site));
    }

    /// The record of the last execution.
    #[must_use]
    pub fn trace(&self) -> Trace {
        let x = self.execution.idle();
        Trace {
            choices: x.record.choices().collect(),
            steps: x.record.steps().collect(),
            tasks: x
                .view
                .tasks
                .iter()
                .zip(&x.tasks)
                .zip(x.record.steps_by_task(x.view.tasks.len()))
                .map(|((view, row), steps)| TaskInfo {
                    name: row.name.clone(),
                    parent: row.parent,
                    site: row.site,
                    key: view.key,
                    steps,
                    born: row.born,
                    ended: row.ended,
                })
                .collect(),
            objects: x.objects[..x.object_count]
                .iter()
                .map(|o| ObjectInfo {
                    kind: o.kind,
                    site: o.site,
                })
                .collect(),
            wakes: x.record.wakes(),
            preemptions: x.preemptions,
            time: x.clock.now.0,
        }
    }
}

impl Default for Executor {
    fn default() -> Executor {
        Executor::new()
    }
}

/// Executes what has begun, judges it and clears it away.
#[inline(always)]
fn run(current: Current, epoch: u32, explored: Option<Explored>) {
    drive(current);
    let Some(snapshot) = current.with(|x| x.broken.is_none().then(|| x.snapshot())) else {
        return;
    };
    // Findings are large: they are moved only if there are any.
    if let Some(snapshot) = &snapshot
        && let Some(finding) = oracle::judge(snapshot)
    {
        current.with(|x| {
            x.finding.get_or_insert(finding);
        });
    }
    // These go over any other one.
    current.with(|x| {
        if let Some(finding) = foreign::accusation(epoch) {
            x.finding = Some(finding);
        } else if let Some(lookout) = &x.lookout
            && let Some(finding) = lookout.look()
        {
            x.finding = Some(finding);
        }
    });
    drop(explored);
    tear_down(current);
}

/// Resumes tasks until the execution stops.
fn drive(current: Current) {
    while let Next::Run(task) = current.with(|x| x.next) {
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
    pub(super) fn wind(&mut self, task: TaskId) {
        assert!(
            task == TaskId::CLOCK,
            "this is a bug in jostle: {task} has no stack and was scheduled"
        );
        match self.worker() {
            Ok(mut worker) => {
                worker.start(Box::new(tick));
                worker
                    .badge()
                    .wear(TaskId::CLOCK, None, std::panic::Location::caller());
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

    /// The stopped execution, unless a finding stopped it.
    #[inline(always)]
    fn snapshot(&self) -> Option<Snapshot> {
        let Next::Stop(stop) = self.next else {
            return None;
        };
        if stop == Stop::Finished {
            return None;
        }
        let tasks = (1..self.view.tasks.len())
            .map(|i| {
                let task = TaskId(i as u32);
                TaskSnapshot {
                    task,
                    standing: self.standing(task),
                }
            })
            .collect();
        Some(Snapshot {
            stop,
            main_finished: self.tasks[TaskId::MAIN.index()].is_finished(),
            tasks,
            missed: self.objects[..self.object_count]
                .iter()
                .enumerate()
                .filter(|(_, o)| o.missed)
                .map(|(i, _)| ObjectId(i as u32))
                .collect(),
            late: match stop {
                Stop::OutOfSteps => self.late_deeds(),
                Stop::Finished | Stop::Quiescent | Stop::Cycle => Vec::new(),
            },
        })
    }

    fn late_deeds(&self) -> Vec<Deed> {
        let mut deeds = Vec::new();
        let entries = self.record.entries();
        for entry in &entries[entries.len() / 4 * 3..] {
            let deed = Deed {
                task: entry.task,
                op: entry.op.kind,
                site: entry.op.site,
            };
            let left = entry.task != TaskId::CLOCK && !self.tasks[entry.task.index()].is_finished();
            if left && !entry.marks.event && !deeds.contains(&deed) {
                deeds.push(deed);
            }
        }
        deeds
    }

    fn standing(&self, task: TaskId) -> Standing {
        let row = &self.tasks[task.index()];
        let on = match row.state {
            State::Finished => return Standing::Finished,
            _ if self.view.ready.contains(task) => return Standing::Ready,
            State::AtGate(object, _) => self.objects[object.0 as usize].owner,
            State::Queued { on } => on,
            State::Live | State::Awaiting => None,
        };
        let op = self.view.tasks[task.index()].op;
        Standing::Blocked(Blocked {
            op: op.kind,
            object: op.object,
            site: op.site,
            on: on.into_iter().collect(),
            waker_lost: row.state == State::Awaiting && row.wakers <= row.own_wakers,
        })
    }
}

/// The body of the clock: fires timers as long as it is the clock's turn.
fn tick() {
    let current = current::get("clock");
    loop {
        let action = current.with(|x| x.fire());
        match action {
            Some(Action::Wake(waker)) => waker.wake(),
            Some(Action::Call(call)) => call(),
            Some(Action::Timeout(_)) | None => {}
        }
        let stay = current.with(|x| {
            x.next = x.decide();
            x.next == Next::Run(TaskId::CLOCK)
        });
        if !stay {
            switch::away(current);
            if current.with(|x| x.is_teardown()) {
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
        x.duties.add(Duties::TEARDOWN);
        x.leftovers = x.clock.take_armed();
        let rows = &x.tasks[..x.view.tasks.len()];
        !x.leftovers.is_empty() || rows.iter().any(|r| r.worker.is_some() || r.panic.is_some())
    });
    if leftovers {
        loop {
            let mut progress = false;
            let mut left = false;
            // The clock last: what its timers hold is dropped on its stack.
            for i in (0..current.with(|x| x.view.tasks.len())).rev() {
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
            x.stuck = false;
            x.pulse.beat();
        });
        switch::resume(current, task);
        let (ended, stuck) = current.with(|x| {
            let row = &x.tasks[task.index()];
            (row.worker.is_none(), x.stuck || row.abandoned)
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
        let panics: Vec<_> = x.tasks[..x.view.tasks.len()]
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
            let here = std::panic::Location::caller();
            worker.badge().wear(TaskId::CLOCK, None, here);
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
        for row in &mut self.tasks[..self.view.tasks.len()] {
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
    fn leave_broken(&mut self) {
        self.finding = None;
        self.abandon_the_rest();
        for row in &mut self.tasks {
            mem::forget(row.panic.take());
            mem::forget(mem::take(&mut row.locals));
        }
        mem::forget(self.clock.take_armed());
        mem::forget(mem::take(&mut self.leftovers));
    }
}
