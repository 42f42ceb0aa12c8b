//! Posting operations, deciding who goes on, recording steps.

use crate::decision::ChoiceKind;
use crate::id::{ObjectId, TaskId};
use crate::op::{Op, OpKind, Site};
use crate::rt::clock::Action;
use crate::rt::execution::{Execution, Next, Phase};
use crate::rt::object::Side;
use crate::rt::task::{State, Woken};
use crate::snapshot::Stop;
use crate::strategy::View;
use crate::trace::Step;
use crate::vtime::VInstant;

impl Execution {
    /// The running task is about to do `kind` to `object`.
    #[inline]
    pub(crate) fn post(&mut self, kind: OpKind, object: ObjectId, site: Site) {
        let me = self.current;
        let op = Op { kind, object, site };
        self.views[me.index()].op = op;
        if self.watches {
            self.strategy.posted(me, &op, &mut self.decisions.rng);
        }
    }

    /// Tells a strategy that wants to know that `task` is ready.
    #[inline]
    pub(crate) fn announce(&mut self, task: TaskId) {
        if self.watches {
            self.strategy.ready(task);
        }
    }

    /// Who goes on.
    #[inline]
    pub(crate) fn decide(&mut self) -> Next {
        if self.next == Next::Over {
            return Next::Over;
        }
        if let Some(task) = self.eager.pop() {
            return Next::Run(task);
        }
        if self.clock.next_deadline().is_some() || self.ready.contains(TaskId::CLOCK) {
            self.update_clock();
        }
        match self.ready.len() {
            0 => self.idle(),
            1 => Next::Run(self.ready.nth(0)),
            arity => Next::Run(self.pick(arity)),
        }
    }

    #[inline]
    fn pick(&mut self, arity: u32) -> TaskId {
        let ready = &self.ready;
        let scripted = self.decisions.scheduled(
            arity,
            |rank| ready.nth(rank).0,
            |task| ready.contains(TaskId(task)),
        );
        let task = match scripted {
            Some(task) => TaskId(task),
            None if self.fair => self.ready.nth(self.decisions.rng.below(arity)),
            None => {
                let view = View {
                    ready: &self.ready,
                    tasks: &self.views,
                    last: self.last,
                    step: self.steps,
                };
                let task = self.strategy.pick(&view, &mut self.decisions.rng);
                assert!(
                    self.ready.contains(task),
                    "this is a bug in jostle: {:?} picked {task}, which is not ready",
                    self.strategy
                );
                task
            }
        };
        self.decisions.record_task(arity, task.0);
        task
    }

    /// Nobody is ready.
    #[cold]
    fn idle(&mut self) -> Next {
        if self.clock.next_deadline().is_some() {
            return Next::Run(TaskId::CLOCK);
        }
        if !self.spinners.is_empty() {
            // Whoever spins on the time of day sees it pass.
            self.clock.now = self.clock.now.after(self.budget.step_time);
            self.release_spinners(None);
            return self.decide();
        }
        let rows = &self.tasks[..self.views.len()];
        if rows.iter().skip(1).all(|t| t.is_finished()) {
            Next::Stop(Stop::Finished)
        } else {
            Next::Stop(Stop::Quiescent)
        }
    }

    /// Makes the clock ready if and only if its earliest timer may fire now.
    #[cold]
    fn update_clock(&mut self) {
        let may = self.clock.next_deadline().is_some_and(|deadline| {
            let steps = self.steps - self.clock_moved;
            deadline <= self.clock.now.after(self.budget.step_time * steps)
        });
        if may {
            if self.ready.insert(TaskId::CLOCK) {
                let op = self.views[TaskId::CLOCK.index()].op;
                if self.watches {
                    self.strategy
                        .posted(TaskId::CLOCK, &op, &mut self.decisions.rng);
                }
                self.announce(TaskId::CLOCK);
            }
        } else {
            self.ready.remove(TaskId::CLOCK);
        }
    }

    /// The clock has been scheduled: takes the timer that fires.
    pub(crate) fn fire(&mut self) -> Option<Action> {
        self.ready.remove(TaskId::CLOCK);
        let together = self.clock.due_together();
        let rank = self.decisions.choose(ChoiceKind::Timer, together);
        self.clock_moved = self.steps;
        let action = self.clock.fire(rank)?;
        if let Action::Timeout(task) = &action {
            self.time_out(*task);
        }
        Some(action)
    }

    /// The deadline of `task`'s wait has passed.
    fn time_out(&mut self, task: TaskId) {
        let row = &mut self.tasks[task.index()];
        row.timer = None;
        row.timed_out = true;
        match row.state {
            State::AtGate(object, side) => {
                // It is ready now whatever becomes of the gate.
                self.gate_mut(object, side).pending.remove(task);
                if self.ready.insert(task) {
                    self.announce(task);
                }
            }
            State::Queued { .. } => {
                row.state = State::Live;
                self.ready.insert(task);
                self.eager.push(task);
            }
            State::Live | State::Awaiting | State::Finished => {}
        }
    }

    /// `task` goes on with the operation it posted: a step.
    #[inline]
    pub(crate) fn step(&mut self, task: TaskId) {
        let op = self.views[task.index()].op;
        let preemption = self.last != task
            && self.ready.contains(self.last)
            && self.last != TaskId::CLOCK
            && !matches!(
                self.views[self.last.index()].op.kind,
                OpKind::Yield | OpKind::Spin
            );
        self.preemptions += u32::from(preemption);
        self.trace.push(Step {
            site: op.site,
            value: None,
            task,
            object: op.object,
            choices: self.decisions.record().len() as u32,
            kind: op.kind,
            preemption,
            blocks: false,
        });
        self.last = task;
        self.tasks[task.index()].steps += 1;
        self.steps += 1;
        if !self.spinners.is_empty() {
            self.release_spinners(Some(task));
        }
        if self.watches {
            self.strategy.ran(task, &op, &mut self.decisions.rng);
        }
        self.pulse.beat();
        if self.steps >= self.step_limit {
            self.out_of_steps();
        }
    }

    /// Something that `task` did and that is no scheduling point.
    #[inline]
    pub(crate) fn event(&mut self, kind: OpKind, object: ObjectId, site: Site) {
        // The trace ends with the finding: what destructors do afterwards is
        // not part of it.
        if self.phase != Phase::Running {
            return;
        }
        self.trace.push(Step {
            site,
            value: None,
            task: self.current,
            object,
            choices: self.decisions.record().len() as u32,
            kind,
            preemption: false,
            blocks: false,
        });
    }

    #[cold]
    fn out_of_steps(&mut self) {
        if self.fair {
            if self.next != Next::Over {
                self.next = Next::Stop(Stop::OutOfSteps);
            }
        } else {
            self.fair = true;
            self.step_limit = self.budget.steps.saturating_mul(2);
        }
    }

    /// The running task spins: it is not ready until another task has made a
    /// step.
    pub(crate) fn spin(&mut self) {
        self.ready.remove(self.current);
        self.spinners.push(self.current);
    }

    #[cold]
    fn release_spinners(&mut self, but: Option<TaskId>) {
        let mut at = 0;
        while at < self.spinners.len() {
            let task = self.spinners[at];
            if Some(task) == but {
                at += 1;
                continue;
            }
            self.spinners.remove(at);
            if self.ready.insert(task) {
                self.announce(task);
            }
        }
    }

    #[inline]
    pub(crate) fn gate_mut(
        &mut self,
        object: ObjectId,
        side: Side,
    ) -> &mut crate::rt::object::Gate {
        &mut self.objects[object.0 as usize].gates[side as usize]
    }

    /// The running task posts an operation that is enabled while a gate is open.
    #[inline]
    pub(crate) fn arrive(&mut self, object: ObjectId, side: Side, deadline: Option<VInstant>) {
        let me = self.current;
        let gate = self.gate_mut(object, side);
        let open = gate.open;
        gate.pending.insert(me);
        self.tasks[me.index()].state = State::AtGate(object, side);
        if open {
            self.announce(me);
        } else {
            self.ready.remove(me);
            self.wait_begins(object, deadline);
        }
    }

    #[cold]
    fn wait_begins(&mut self, object: ObjectId, deadline: Option<VInstant>) {
        let me = self.current;
        match deadline {
            Some(deadline) => {
                let timer = self.clock.arm(deadline, Action::Timeout(me));
                self.tasks[me.index()].timer = Some(timer);
            }
            None if self.is_cycle(object) => {
                if self.next != Next::Over {
                    self.next = Next::Stop(Stop::Cycle);
                }
            }
            None => {}
        }
    }

    /// Whether the holder of `object` waits, through holders, for the running
    /// task. Nobody but a holder can release such an object, so the circle never
    /// opens.
    fn is_cycle(&self, object: ObjectId) -> bool {
        let mut object = object;
        // No circle is longer than there are tasks.
        for _ in 0..self.views.len() {
            let Some(owner) = self.objects[object.0 as usize].owner else {
                return false;
            };
            if owner == self.current {
                return true;
            }
            let row = &self.tasks[owner.index()];
            match row.state {
                State::AtGate(next, _) if row.timer.is_none() && !self.ready.contains(owner) => {
                    object = next;
                }
                _ => return false,
            }
        }
        false
    }

    /// The running task has been scheduled at its gate. Returns whether the gate
    /// is open; if not, its deadline has passed.
    #[inline]
    pub(crate) fn leave_gate(&mut self, object: ObjectId, side: Side) -> bool {
        let me = self.current;
        let gate = self.gate_mut(object, side);
        gate.pending.remove(me);
        let open = gate.open;
        let row = &mut self.tasks[me.index()];
        row.state = State::Live;
        row.timed_out = false;
        if let Some(timer) = row.timer.take() {
            self.clock.disarm(timer);
        }
        open
    }

    /// Opens or shuts a gate.
    #[inline]
    pub(crate) fn set_gate(&mut self, object: ObjectId, side: Side, open: bool) {
        let gate = &mut self.objects[object.0 as usize].gates[side as usize];
        if gate.open == open {
            return;
        }
        gate.open = open;
        if gate.pending.is_empty() {
            return;
        }
        if !open {
            self.ready.remove_all(&gate.pending);
        } else {
            if self.watches {
                for task in gate.pending.iter() {
                    self.strategy.ready(task);
                }
            }
            self.ready.insert_all(&gate.pending);
        }
    }

    /// The running task waits in a queue until another task completes its
    /// operation.
    pub(crate) fn enqueue(&mut self, on: Option<TaskId>, deadline: Option<VInstant>) {
        let me = self.current;
        self.ready.remove(me);
        self.mark_blocked();
        let timer = deadline.map(|at| self.clock.arm(at, Action::Timeout(me)));
        let row = &mut self.tasks[me.index()];
        row.state = State::Queued { on };
        row.timed_out = false;
        row.timer = timer;
    }

    /// How the wait of the running task ended.
    pub(crate) fn dequeued(&mut self) -> Woken {
        let row = &mut self.tasks[self.current.index()];
        if std::mem::take(&mut row.timed_out) {
            Woken::TimedOut
        } else {
            Woken::Completed
        }
    }

    /// Completes the operation for which `task` waits in a queue. Returns false
    /// if it does not wait in one (its deadline has just passed).
    pub(crate) fn complete(&mut self, task: TaskId) -> bool {
        let row = &mut self.tasks[task.index()];
        if !matches!(row.state, State::Queued { .. }) {
            return false;
        }
        row.state = State::Live;
        if let Some(timer) = row.timer.take() {
            self.clock.disarm(timer);
        }
        self.ready.insert(task);
        self.eager.push(task);
        true
    }

    /// The last step of the running task turned out to wait.
    pub(crate) fn mark_blocked(&mut self) {
        let me = self.current;
        if let Some(step) = self.trace.iter_mut().rev().find(|s| s.task == me) {
            step.blocks = true;
        }
    }

    /// The running task's future is pending; it waits until it is woken.
    pub(crate) fn await_wake(&mut self) {
        let me = self.current;
        let row = &mut self.tasks[me.index()];
        if std::mem::take(&mut row.notified) {
            self.announce(me);
            return;
        }
        row.state = State::Awaiting;
        self.ready.remove(me);
    }

    /// A waker of `task` was woken.
    pub(crate) fn notify(&mut self, task: TaskId) {
        let row = &mut self.tasks[task.index()];
        match row.state {
            State::Awaiting => {
                row.state = State::Live;
                if self.ready.insert(task) {
                    self.announce(task);
                }
            }
            State::Finished => {}
            State::Live | State::AtGate(..) | State::Queued { .. } => row.notified = true,
        }
    }

    pub(crate) fn count_wakers(&mut self, task: TaskId, by: i32) {
        if task.index() < self.views.len() {
            let row = &mut self.tasks[task.index()];
            row.wakers = row.wakers.saturating_add_signed(by);
        }
    }
}
