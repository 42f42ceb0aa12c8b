//! Makes tasks wait: at gates, in queues, for wakers, for the end of a task, as a spinner.

use crate::id::{ObjectId, TaskId};
use crate::kernel::attention::Attention;
use crate::kernel::clock::Alarm;
use crate::kernel::notice::Notice;
use crate::kernel::object::Side;
use crate::kernel::task::{State, Woken};
use crate::kernel::{Kernel, Next};
use crate::op::{Op, OpKind};
use crate::snapshot::Stop;
use crate::strategy::{Policy, Touch};
use crate::vtime::VInstant;

impl Kernel {
    /// The running task is about to do `op`, which is enabled while a gate of its object
    /// is open or once the deadline has passed: who goes on?
    #[inline]
    pub fn at_gate(
        &mut self,
        op: Op,
        side: Side,
        deadline: Option<VInstant>,
        policy: &mut Policy<'_>,
    ) -> Next {
        self.post(op);
        self.arrive(op.object, side, deadline);
        self.decide(policy)
    }

    #[inline]
    fn arrive(&mut self, object: ObjectId, side: Side, deadline: Option<VInstant>) {
        let me = self.current;
        if self.is_explored() {
            self.notify_policy(Notice::Arrived(me, side.gate(object)));
        }
        let gate = self.gate_mut(object, side);
        let open = gate.open;
        gate.pending.insert(me);
        self.tasks[me.index()].state = State::AtGate(object, side);
        if let Some(deadline) = deadline {
            // Also where the gate is open: it may shut before the task's turn.
            let timer = self.arm(deadline, Alarm::Timeout(me));
            self.tasks[me.index()].timer = Some(timer);
        }
        if open {
            self.announce(me);
        } else {
            self.view.runnable.remove(me);
            if deadline.is_none() && self.is_circle(object) {
                self.stop(Next::Stop(Stop::Cycle));
            }
        }
    }

    /// Whether the holder of `object` waits, through holders, for the running
    /// task. Nobody but a holder can release such an object, so the circle never
    /// opens.
    #[inline(always)]
    pub(super) fn is_circle(&self, object: ObjectId) -> bool {
        let owner = self.object(object).owner;
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
            if row.timer.is_some() || self.view.runnable.contains(task) {
                return false;
            }
            match self.object(object).owner {
                Some(owner) => task = owner,
                None => return false,
            }
        }
        false
    }

    /// The running task has been scheduled at its gate. Returns whether the gate
    /// is open, which it is unless the execution is being torn down.
    #[inline(always)]
    pub fn leave_gate(&mut self, object: ObjectId, side: Side) -> bool {
        let me = self.current;
        self.tasks[me.index()].state = State::Live;
        let gate = self.gate_mut(object, side);
        gate.pending.remove(me);
        gate.open
    }

    /// As [`leave_gate`](Kernel::leave_gate) for a task that may have a
    /// deadline. If the gate is shut, the deadline has passed.
    #[inline]
    pub fn leave_gate_in_time(&mut self, object: ObjectId, side: Side) -> bool {
        let row = &mut self.tasks[self.current.index()];
        row.timed_out = false;
        if let Some(timer) = row.timer.take() {
            self.touch(Touch::Clock, true);
            self.clock.disarm(timer);
        }
        self.leave_gate(object, side)
    }

    /// The running task waits in a queue until another task calls
    /// [`complete`](Kernel::complete) for it, or until `deadline`: who goes on? Its
    /// operation has been posted before. `on` is the task that can end the wait, if it
    /// takes a particular one.
    #[inline]
    pub fn block(
        &mut self,
        on: Option<TaskId>,
        deadline: Option<VInstant>,
        policy: &mut Policy<'_>,
    ) -> Next {
        self.enqueue(on, deadline);
        self.decide(policy)
    }

    #[inline]
    fn enqueue(&mut self, on: Option<TaskId>, deadline: Option<VInstant>) {
        let me = self.current;
        self.view.runnable.remove(me);
        self.mark_blocked();
        let timer = deadline.map(|at| self.arm(at, Alarm::Timeout(me)));
        self.touch_standing(me, true);
        let row = &mut self.tasks[me.index()];
        row.state = State::Queued { on };
        row.timed_out = false;
        row.timer = timer;
    }

    /// How the wait of the running task in a queue ended.
    #[inline]
    pub fn dequeued(&mut self) -> Woken {
        let row = &mut self.tasks[self.current.index()];
        if std::mem::take(&mut row.timed_out) {
            Woken::TimedOut
        } else {
            Woken::Completed
        }
    }

    /// Completes the operation for which `task` waits in a queue. Returns false
    /// if it does not wait in one (its deadline has just passed).
    #[inline]
    pub fn complete(&mut self, task: TaskId) -> bool {
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
        self.view.runnable.insert(task);
        self.note_wake(task);
        self.hasten(task);
        true
    }

    /// The execution had stopped because nobody could go on, and then something outside
    /// of it, such as a descriptor that became readable, completed the wait of `task`: who
    /// goes on?
    ///
    /// # Panics
    ///
    /// If it had stopped for another reason.
    #[cold]
    pub fn revive(&mut self, task: TaskId, policy: &mut Policy<'_>) -> Next {
        assert_eq!(self.next, Next::Stop(Stop::Quiescent));
        self.attention.remove(Attention::STOP);
        self.complete(task);
        self.decide(policy)
    }

    /// Whether `task` waits in a queue and has been neither completed nor timed out.
    #[inline]
    pub fn is_queued(&mut self, task: TaskId) -> bool {
        self.touch_standing(task, false);
        matches!(self.tasks[task.index()].state, State::Queued { .. })
    }

    /// Whether `task` waits in a `park`.
    #[inline]
    pub fn is_parked(&mut self, task: TaskId) -> bool {
        self.is_queued(task) && self.view.tasks[task.index()].op.kind == OpKind::Park
    }

    /// Takes the park token of `task`; returns whether it was there.
    #[inline]
    pub fn take_token(&mut self, task: TaskId) -> bool {
        self.touch_standing(task, true);
        std::mem::take(&mut self.tasks[task.index()].parked_token)
    }

    /// Leaves a park token for `task`.
    #[inline]
    pub fn leave_token(&mut self, task: TaskId) {
        self.touch_standing(task, true);
        self.tasks[task.index()].parked_token = true;
    }

    /// Whether `task` has finished, for another task that wants to know.
    #[inline]
    pub fn has_finished(&mut self, task: TaskId) -> bool {
        self.touch_standing(task, false);
        self.tasks[task.index()].is_finished()
    }

    /// The running task waits for the end of `task`, which has not finished: who goes
    /// on? It is logged as an event.
    #[inline]
    pub fn join(&mut self, task: TaskId, op: Op, policy: &mut Policy<'_>) -> Next {
        let me = self.current;
        self.event(op);
        self.view.tasks[me.index()].op = op;
        self.tasks[task.index()].joiners.push(me);
        self.block(Some(task), None, policy)
    }

    /// The running task, or the clock, has woken `task`.
    #[inline]
    pub(super) fn note_wake(&mut self, task: TaskId) {
        if !self.is_teardown() {
            self.log.push_wake(self.current, task);
        }
    }

    /// The running task enters a poll loop. Returns its depth: how many loops of the
    /// task it is inside of.
    #[inline]
    pub fn begin_loop(&mut self) -> u32 {
        let row = &mut self.tasks[self.current.index()];
        let depth = row.own_wakers;
        row.own_wakers += 1;
        // An earlier loop at this depth may have left wakers behind.
        row.notified &= !1_u64.checked_shl(depth).unwrap_or(0);
        depth
    }

    /// `task` leaves its innermost poll loop.
    #[inline]
    pub fn end_loop(&mut self, task: TaskId) {
        let row = &mut self.tasks[task.index()];
        row.own_wakers = row.own_wakers.saturating_sub(1);
    }

    /// The running task is about to poll at `depth`: this poll sees whatever it has been
    /// woken for so far.
    #[inline]
    pub fn begin_poll(&mut self, depth: u32) {
        let row = &mut self.tasks[self.current.index()];
        row.notified &= !(1 << depth);
        row.yielded = false;
    }

    /// The running task is about to poll at `depth`, with `woken` only once it has been
    /// woken there: who goes on?
    #[inline]
    pub fn at_poll(&mut self, op: Op, depth: u32, woken: bool, policy: &mut Policy<'_>) -> Next {
        self.post(op);
        if woken {
            self.await_wake(depth);
        } else {
            self.announce(self.current);
        }
        self.decide(policy)
    }

    /// The future that the running task polls at `depth` is pending; the task
    /// waits until it is woken there.
    #[inline]
    pub(super) fn await_wake(&mut self, depth: u32) {
        let me = self.current;
        let row = &mut self.tasks[me.index()];
        if row.is_notified(depth) {
            self.announce(me);
            return;
        }
        row.state = State::Awaiting;
        self.view.runnable.remove(me);
    }

    /// The future that the running task polls asks that others go first before the next
    /// poll.
    #[inline]
    pub fn yield_between_polls(&mut self) {
        self.tasks[self.current.index()].yielded = true;
    }

    /// Whether the future that the running task has polled asks that others go
    /// first. It is heard once.
    #[inline]
    pub fn take_yielded(&mut self) -> bool {
        std::mem::take(&mut self.tasks[self.current.index()].yielded)
    }

    /// A waker of `task` was woken that belongs to its poll loop at `depth`.
    #[inline]
    pub fn wake(&mut self, task: TaskId, depth: u32) {
        self.touch(Touch::Object(ObjectId::WORLD), true);
        let row = &mut self.tasks[task.index()];
        row.notified |= 1 << depth;
        if row.state == State::Awaiting && row.own_wakers == depth + 1 {
            row.state = State::Live;
            self.touch_task(task);
            if self.view.runnable.insert(task) {
                self.note_wake(task);
                if self.attention.has(Attention::WATCHER) {
                    self.woken.push(task);
                }
            }
        }
    }

    /// Tells the strategy who has been woken since the last decision, by number.
    ///
    /// The order in which wakers were woken is the affair of the code that woke
    /// them, and need not be the same each time: `tokio::sync::watch` spreads its
    /// waiters over eight lists at random.
    #[cold]
    pub(super) fn announce_woken(&mut self) {
        self.woken.sort_unstable();
        for i in 0..self.woken.len() {
            self.announce(self.woken[i]);
        }
        self.woken.clear();
    }

    /// There are `by` wakers of `task` more, or fewer.
    #[inline]
    pub fn count_wakers(&mut self, task: TaskId, by: i32) {
        if task.index() < self.view.tasks.len() {
            let row = &mut self.tasks[task.index()];
            row.wakers = row.wakers.saturating_add_signed(by);
        }
    }

    /// Whether no task but the running one is able to go on.
    #[must_use]
    pub fn is_alone(&self) -> bool {
        let clock = self.view.runnable.contains(TaskId::CLOCK);
        let me = self.view.runnable.contains(self.current);
        self.view.runnable.len() == u32::from(clock) + u32::from(me)
    }

    /// The running task spins: it is not runnable until another task has made a
    /// step. Who goes on?
    #[inline]
    pub fn at_spin(&mut self, op: Op, policy: &mut Policy<'_>) -> Next {
        self.post(op);
        // Time passes if nobody else has anything to do.
        if self.is_explored() {
            self.notify_policy(Notice::TouchedAll);
        }
        self.view.runnable.remove(self.current);
        self.spinners.push(self.current);
        self.attention.add(Attention::SPINNERS);
        self.decide(policy)
    }

    #[cold]
    pub(super) fn release_spinners(&mut self, but: Option<TaskId>) {
        let mut at = 0;
        while at < self.spinners.len() {
            let task = self.spinners[at];
            if Some(task) == but {
                at += 1;
                continue;
            }
            self.spinners.remove(at);
            if self.view.runnable.insert(task) {
                self.announce(task);
            }
        }
        if self.spinners.is_empty() {
            self.attention.remove(Attention::SPINNERS);
        }
    }
}
