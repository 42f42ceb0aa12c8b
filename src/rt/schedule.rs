//! Posting operations, deciding who goes on, recording steps.
//!
//! How a point is passed where nothing is unusual stands in [`turn`](crate::rt::turn),
//! and this is the long way: `post`, `announce` or `arrive`,
//! [`decide`](Execution::decide), `step`.
//!
//! A step is entered by whoever decides, before the stack is changed: the task
//! that comes back to its point just goes on. A task that comes back because it
//! was eager makes no step.

use crate::decision::{Choice, ChoiceKind};
use crate::id::{ObjectId, TaskId};
use crate::op::{Op, OpKind, Site};
use crate::rt::clock::{Action, TimerId};
use crate::rt::duties::Duties;
use crate::rt::execution::{Execution, Next};
use crate::rt::foreign::Lookout;
use crate::rt::object::Side;
use crate::rt::record::{Entry, Marks};
use crate::rt::task::{State, Task, Woken};
use crate::sanitizer::Edge;
use crate::snapshot::Stop;
use crate::strategy::{Touch, uniform};
use crate::vtime::VInstant;

/// Whether a task that is about to do this lets others go first of its own
/// accord.
#[inline(always)]
pub(super) fn offers_to_wait(kind: OpKind) -> bool {
    matches!(kind, OpKind::Yield | OpKind::Spin)
}

impl Execution {
    /// The running task is about to do `op`.
    #[inline]
    pub(crate) fn post(&mut self, op: Op) {
        self.view.tasks[self.current.index()].op = op;
        if self.duties.has(Duties::WATCHER) {
            self.tell_posted(self.current);
        }
    }

    #[cold]
    fn tell_posted(&mut self, task: TaskId) {
        let op = self.view.tasks[task.index()].op;
        self.strategy.posted(task, &op, &mut self.decisions.rng);
    }

    /// Tells a strategy that wants to know that `task` is ready.
    #[inline]
    pub(crate) fn announce(&mut self, task: TaskId) {
        if self.duties.has(Duties::WATCHER) {
            self.strategy.ready(task);
        }
    }

    /// Who goes on. If it has an operation to do, it makes its step.
    pub(crate) fn decide(&mut self) -> Next {
        self.judge_races();
        if self.duties.has(Duties::STOP) {
            return self.next;
        }
        if let Some(task) = self.next_eager() {
            self.touch_task(task);
            return Next::Run(task);
        }
        if !self.woken.is_empty() {
            self.announce_woken();
        }
        if self.duties.has(Duties::CLOCK) {
            self.update_clock();
        }
        match self.view.ready.len() {
            0 => self.idle(),
            arity if self.duties.has(Duties::EXPLORER) => self.explore(arity),
            1 => {
                let task = self.view.ready.nth(0);
                self.scheduled(task, 1)
            }
            arity => {
                let task = match self.dictated(arity) {
                    Some(task) => task,
                    None if self.duties.has(Duties::STRATEGY) => self.ask(),
                    None => uniform(&self.view.ready, &mut self.decisions.rng),
                };
                self.scheduled(task, arity)
            }
        }
    }

    /// Who goes on, as a strategy will have it that is asked at every step and
    /// may have seen enough.
    #[cold]
    fn explore(&mut self, arity: u32) -> Next {
        let task = self.strategy.pick(&self.view, &mut self.decisions.rng);
        if self.strategy.explorer().is_some_and(|e| e.gives_up()) {
            self.stop(Next::Over);
            return self.next;
        }
        assert!(
            self.view.ready.contains(task),
            "this is a bug in jostle: the exploration picked {task}, which is not ready"
        );
        self.scheduled(task, arity)
    }

    /// Who goes on, as the strategy will have it.
    fn ask(&mut self) -> TaskId {
        let task = self.strategy.pick(&self.view, &mut self.decisions.rng);
        assert!(
            self.view.ready.contains(task),
            "this is a bug in jostle: {:?} picked {task}, which is not ready",
            self.strategy
        );
        task
    }

    /// Who goes on where the strategy is not asked.
    fn dictated(&mut self, arity: u32) -> Option<TaskId> {
        if !self.duties.has(Duties::SCRIPT) && !self.duties.has(Duties::FAIR) {
            return None;
        }
        let at = self.record.count_choices();
        let ready = &self.view.ready;
        let scripted = self.decisions.scheduled(
            at,
            arity,
            |rank| ready.nth(rank).0,
            |task| ready.contains(TaskId(task)),
        );
        match scripted {
            Some(task) => Some(TaskId(task)),
            None if self.duties.has(Duties::FAIR) => Some(uniform(ready, &mut self.decisions.rng)),
            None => None,
        }
    }

    /// `task` goes on, one of `arity` that could, unless its step is the last one.
    #[inline]
    fn scheduled(&mut self, task: TaskId, arity: u32) -> Next {
        self.step(task, arity);
        if self.duties.has(Duties::STOP) {
            return self.next;
        }
        Next::Run(task)
    }

    /// A choice of the environment among `arity` alternatives. With fewer than
    /// two there is none, and the answer is 0.
    pub(crate) fn choose(&mut self, kind: ChoiceKind, arity: u32) -> u32 {
        if arity < 2 {
            return 0;
        }
        let mut picked = self.told(kind, arity);
        self.tell(|explorer| picked = Some(explorer.choose(kind, arity)));
        let picked = picked.unwrap_or_else(|| {
            let at = self.record.count_choices();
            self.decisions.choose(at, kind, arity)
        });
        self.record.push_other(Choice {
            kind,
            arity,
            picked,
        });
        picked
    }

    /// What a strategy that watches says about a choice of the environment.
    fn told(&mut self, kind: ChoiceKind, arity: u32) -> Option<u32> {
        if !self.duties.has(Duties::WATCHER) {
            return None;
        }
        self.strategy.answer(&self.view, kind, arity)
    }

    /// Nobody is ready.
    #[cold]
    fn idle(&mut self) -> Next {
        if self.clock.next_deadline().is_some() {
            if self.duties.has(Duties::EXPLORER) {
                self.view.ready.insert(TaskId::CLOCK);
                return self.explore(1);
            }
            return self.scheduled(TaskId::CLOCK, 1);
        }
        if !self.spinners.is_empty() {
            // Whoever spins on the time of day sees it pass.
            self.clock.now = self.clock.now.after(self.budget.step_time);
            self.touch(Touch::Clock, true);
            self.release_spinners(None);
            return self.decide();
        }
        let rows = &self.tasks[1..self.view.tasks.len()];
        self.stop(Next::Stop(if rows.iter().all(Task::is_finished) {
            Stop::Finished
        } else {
            Stop::Quiescent
        }));
        self.next
    }

    /// Makes the clock ready if and only if its earliest timer may fire now.
    #[cold]
    fn update_clock(&mut self) {
        let may = self.clock.next_deadline().is_some_and(|deadline| {
            let steps = self.view.step - self.clock_moved;
            deadline <= self.clock.now.after(self.budget.step_time * steps)
        });
        if may {
            if self.view.ready.insert(TaskId::CLOCK) {
                if self.duties.has(Duties::WATCHER) {
                    self.tell_posted(TaskId::CLOCK);
                }
                self.announce(TaskId::CLOCK);
            }
        } else {
            self.view.ready.remove(TaskId::CLOCK);
            if self.clock.next_deadline().is_none() {
                self.duties.remove(Duties::CLOCK);
            }
        }
    }

    /// Arms a timer.
    pub(crate) fn arm(&mut self, deadline: VInstant, action: Action) -> TimerId {
        self.duties.add(Duties::CLOCK);
        self.touch(Touch::Clock, true);
        self.clock.arm(deadline, action)
    }

    /// The clock has been scheduled: takes the timer that fires.
    pub(crate) fn fire(&mut self) -> Option<Action> {
        self.view.ready.remove(TaskId::CLOCK);
        let together = self.clock.due_together();
        let rank = self.choose(ChoiceKind::Timer, together);
        self.clock_moved = self.view.step;
        let action = self.clock.fire(rank)?;
        if let Action::Timeout(task) = &action {
            self.time_out(*task);
        }
        Some(action)
    }

    /// The deadline of `task`'s wait has passed.
    fn time_out(&mut self, task: TaskId) {
        self.touch_standing(task, true);
        self.touch_task(task);
        let row = &mut self.tasks[task.index()];
        row.timer = None;
        row.timed_out = true;
        match row.state {
            State::AtGate(object, side) => {
                // It is ready now whatever becomes of the gate.
                self.gate_mut(object, side).pending.remove(task);
                if self.view.ready.insert(task) {
                    self.note_wake(task);
                    self.announce(task);
                }
            }
            State::Queued { .. } => {
                row.state = State::Live;
                self.view.ready.insert(task);
                self.note_wake(task);
                self.hasten(task);
            }
            State::Live | State::Awaiting | State::Finished => {}
        }
    }

    /// `task` goes on with the operation it posted: a step. It is one of `arity`
    /// that could have gone on.
    pub(crate) fn step(&mut self, task: TaskId, arity: u32) {
        if !self.record.has_room() {
            self.record.make_room(1);
        }
        let mut entry = Entry::new(self.view.tasks[task.index()].op, task, arity);
        if self.view.last != task {
            self.change_over(&mut entry, self.is_preempted());
        }
        self.enter(entry);
        if !self.record.has_room() || !self.duties.is_none() {
            self.stepped(task);
        }
    }

    /// Sees to the duties after a step of `task`.
    #[cold]
    fn stepped(&mut self, task: TaskId) {
        if self.duties.has(Duties::SPINNERS) {
            self.release_spinners(Some(task));
        }
        if self.duties.has(Duties::WATCHER) {
            let op = self.view.tasks[task.index()].op;
            self.strategy.ran(task, &op, &mut self.decisions.rng);
        }
        if self.view.step >= self.step_limit {
            self.at_limit();
        }
        if !self.record.has_room() {
            self.set_limit();
        }
    }

    /// Whether a step of another task is a preemption: whoever made the last one
    /// could have gone on and had not offered to wait.
    #[inline]
    pub(super) fn is_preempted(&self) -> bool {
        let last = self.view.last;
        self.view.ready.contains(last)
            && last != TaskId::CLOCK
            && !offers_to_wait(self.view.tasks[last.index()].op.kind)
    }

    /// Something that `task` did and that is no scheduling point.
    #[inline]
    pub(crate) fn event(&mut self, kind: OpKind, object: ObjectId, site: Site) {
        // The trace ends with the finding: what destructors do afterwards is
        // not part of it.
        if self.is_teardown() {
            return;
        }
        if object != ObjectId::NONE {
            self.touch(Touch::Object(object), true);
        }
        let mut entry = Entry::new(Op { kind, object, site }, self.current, 0);
        entry.marks.event = true;
        self.record.push(entry);
    }

    /// Notes a detail of the running task's last step.
    #[inline]
    pub(crate) fn mark(&mut self, set: impl FnOnce(&mut Marks)) {
        if self.is_teardown() {
            return;
        }
        let me = self.current;
        if let Some(entry) = self.record.entries_mut().last_mut()
            && entry.task == me
        {
            set(&mut entry.marks);
        }
    }

    /// Has the scenario at `site` watched for OS threads, if it is its turn.
    pub(crate) fn keep_lookout(&mut self, site: Site) {
        self.lookout = self.roster.next(site);
        self.set_limit();
    }

    /// What is due at some step is due at `step_limit`, so that a step that
    /// nothing is due at costs one comparison.
    fn set_limit(&mut self) {
        let look = self.lookout.as_ref();
        let look = look.map_or(u32::MAX, |l| l.next_look(self.view.step));
        self.step_limit = self.last_step().min(look);
        // The record has no room for the step at the limit.
        let further = self.step_limit.saturating_sub(self.view.step + 1);
        self.record.make_room(further as usize);
    }

    /// The step that uses up the budget.
    fn last_step(&self) -> u32 {
        let strategic = self.budget.steps;
        if self.duties.has(Duties::FAIR) {
            strategic.saturating_mul(2)
        } else {
            strategic
        }
    }

    #[cold]
    fn at_limit(&mut self) {
        if let Some(finding) = self.lookout.as_ref().and_then(Lookout::look) {
            self.find(finding);
        }
        if self.view.step >= self.last_step() {
            self.out_of_steps();
        }
        self.set_limit();
    }

    fn out_of_steps(&mut self) {
        if self.duties.has(Duties::FAIR) {
            self.stop(Next::Stop(Stop::OutOfSteps));
        } else {
            self.duties.add(Duties::FAIR);
        }
    }

    /// The running task spins: it is not ready until another task has made a
    /// step.
    pub(crate) fn spin(&mut self) {
        // Time passes if nobody else has anything to do.
        self.tell(|explorer| explorer.touched_all());
        self.view.ready.remove(self.current);
        self.spinners.push(self.current);
        self.duties.add(Duties::SPINNERS);
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
            if self.view.ready.insert(task) {
                self.announce(task);
            }
        }
        if self.spinners.is_empty() {
            self.duties.remove(Duties::SPINNERS);
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
        self.tell(|explorer| explorer.arrived(me, side.gate(object)));
        let gate = self.gate_mut(object, side);
        let open = gate.open;
        gate.pending.insert(me);
        self.tasks[me.index()].state = State::AtGate(object, side);
        if let Some(deadline) = deadline {
            // Also where the gate is open: it may shut before the task's turn.
            let timer = self.arm(deadline, Action::Timeout(me));
            self.tasks[me.index()].timer = Some(timer);
        }
        if open {
            self.announce(me);
        } else {
            self.view.ready.remove(me);
            if deadline.is_none() {
                self.wait_begins(object);
            }
        }
    }

    #[cold]
    fn wait_begins(&mut self, object: ObjectId) {
        if self.is_cycle(object) {
            self.stop(Next::Stop(Stop::Cycle));
        }
    }

    /// Whether the holder of `object` waits, through holders, for the running
    /// task. Nobody but a holder can release such an object, so the circle never
    /// opens.
    #[inline(always)]
    pub(super) fn is_cycle(&self, object: ObjectId) -> bool {
        let owner = self.objects[object.0 as usize].owner;
        owner.is_some_and(|owner| self.waits_for_current(owner))
    }

    /// Whether `task` waits, through holders, for the running task, or is it.
    fn waits_for_current(&self, task: TaskId) -> bool {
        let mut task = task;
        // No circle is longer than there are tasks.
        for _ in 0..self.view.tasks.len() {
            if task == self.current {
                return true;
            }
            let row = &self.tasks[task.index()];
            let State::AtGate(object, _) = row.state else {
                return false;
            };
            if row.timer.is_some() || self.view.ready.contains(task) {
                return false;
            }
            match self.objects[object.0 as usize].owner {
                Some(owner) => task = owner,
                None => return false,
            }
        }
        false
    }

    /// The running task has been scheduled at its gate. Returns whether the gate
    /// is open, which it is unless the execution is being torn down.
    #[inline(always)]
    pub(crate) fn leave_gate(&mut self, object: ObjectId, side: Side) -> bool {
        let me = self.current;
        self.tasks[me.index()].state = State::Live;
        let gate = self.gate_mut(object, side);
        gate.pending.remove(me);
        gate.open
    }

    /// As [`leave_gate`](Execution::leave_gate) for a task that may have a
    /// deadline. If the gate is shut, the deadline has passed.
    pub(crate) fn leave_gate_in_time(&mut self, object: ObjectId, side: Side) -> bool {
        let row = &mut self.tasks[self.current.index()];
        row.timed_out = false;
        if let Some(timer) = row.timer.take() {
            self.touch(Touch::Clock, true);
            self.clock.disarm(timer);
        }
        self.leave_gate(object, side)
    }

    /// Opens or shuts a gate.
    #[inline]
    pub(crate) fn set_gate(&mut self, object: ObjectId, side: Side, open: bool) {
        self.tell_gate(object, side, open);
        let gate = &mut self.objects[object.0 as usize].gates[side as usize];
        if gate.set(open, &mut self.view.ready) && self.duties.has(Duties::WATCHER) {
            self.announce_all_at(object, side);
        }
    }

    #[cold]
    fn announce_all_at(&mut self, object: ObjectId, side: Side) {
        let gate = &self.objects[object.0 as usize].gates[side as usize];
        for task in gate.pending.iter() {
            self.strategy.ready(task);
        }
    }

    /// Sets both gates: A, then B.
    pub(crate) fn set_gates(&mut self, object: ObjectId, open: [bool; 2]) {
        self.tell_gate(object, Side::A, open[0]);
        self.tell_gate(object, Side::B, open[1]);
        let [a, b] = &mut self.objects[object.0 as usize].gates;
        let a = a.set(open[0], &mut self.view.ready);
        let b = b.set(open[1], &mut self.view.ready);
        if self.duties.has(Duties::WATCHER) {
            if a {
                self.announce_all_at(object, Side::A);
            }
            if b {
                self.announce_all_at(object, Side::B);
            }
        }
    }

    /// The running task waits in a queue until another task completes its
    /// operation.
    pub(crate) fn enqueue(&mut self, on: Option<TaskId>, deadline: Option<VInstant>) {
        let me = self.current;
        self.view.ready.remove(me);
        self.mark_blocked();
        let timer = deadline.map(|at| self.arm(at, Action::Timeout(me)));
        self.touch_standing(me, true);
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
        self.touch_standing(task, true);
        let row = &mut self.tasks[task.index()];
        if !matches!(row.state, State::Queued { .. }) {
            return false;
        }
        row.state = State::Live;
        if let Some(timer) = row.timer.take() {
            self.clock.disarm(timer);
            self.touch(Touch::Clock, true);
        }
        self.view.ready.insert(task);
        self.note_wake(task);
        self.hasten(task);
        true
    }

    /// The running task, or the clock, has woken `task`.
    #[inline]
    fn note_wake(&mut self, task: TaskId) {
        if !self.is_teardown() {
            self.record.push_wake(self.current, task);
        }
    }

    /// The last step of the running task turned out to wait.
    pub(crate) fn mark_blocked(&mut self) {
        let me = self.current;
        // Not what it did on the way, such as releasing a lock, but a join is
        // recorded as an event only.
        let waits = |e: &&mut Entry| {
            e.task == me && (!e.marks.event || matches!(e.op.kind, OpKind::Join | OpKind::Scope))
        };
        let entries = self.record.entries_mut();
        if let Some(entry) = entries.iter_mut().rev().find(waits) {
            entry.marks.blocks = true;
            // On its way through a point the task did not say what it does unless
            // somebody else was to know.
            self.view.tasks[me.index()].op = entry.op;
        }
    }

    /// The future that the running task polls at `depth` is pending; the task
    /// waits until it is woken there.
    pub(crate) fn await_wake(&mut self, depth: u32) {
        let me = self.current;
        let row = &mut self.tasks[me.index()];
        if row.is_notified(depth) {
            self.announce(me);
            return;
        }
        row.state = State::Awaiting;
        self.view.ready.remove(me);
    }

    /// The running task polls at `depth`: this poll sees whatever it has been
    /// woken for so far.
    pub(crate) fn begin_poll(&mut self, depth: u32) {
        let row = &mut self.tasks[self.current.index()];
        row.notified &= !(1 << depth);
        row.yielded = false;
        Edge::wake(self.current.0).acquire();
    }

    /// Whether the future that the running task has polled asks that others go
    /// first. It is heard once.
    pub(crate) fn take_yielded(&mut self) -> bool {
        std::mem::take(&mut self.tasks[self.current.index()].yielded)
    }

    /// A waker of `task` was woken that belongs to its poll loop at `depth`.
    pub(crate) fn notify(&mut self, task: TaskId, depth: u32) {
        self.touch(Touch::Object(ObjectId::WORLD), true);
        let row = &mut self.tasks[task.index()];
        row.notified |= 1 << depth;
        Edge::wake(task.0).release();
        if row.state == State::Awaiting && row.own_wakers == depth + 1 {
            row.state = State::Live;
            self.touch_task(task);
            if self.view.ready.insert(task) {
                self.note_wake(task);
                if self.duties.has(Duties::WATCHER) {
                    self.tell_woken(task);
                }
            }
        }
    }

    #[cold]
    fn tell_woken(&mut self, task: TaskId) {
        self.woken.push(task);
    }

    /// Tells the strategy who has been woken since the last decision, by number.
    ///
    /// The order in which wakers were woken is the affair of the code that woke
    /// them, and need not be the same each time: `tokio::sync::watch` spreads its
    /// waiters over eight lists at random.
    #[cold]
    fn announce_woken(&mut self) {
        self.woken.sort_unstable();
        for i in 0..self.woken.len() {
            self.strategy.ready(self.woken[i]);
        }
        self.woken.clear();
    }

    pub(crate) fn count_wakers(&mut self, task: TaskId, by: i32) {
        if task.index() < self.view.tasks.len() {
            let row = &mut self.tasks[task.index()];
            row.wakers = row.wakers.saturating_add_signed(by);
        }
    }
}
