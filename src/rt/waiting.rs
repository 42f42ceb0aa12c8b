//! Waiting at gates and in queues.

use crate::id::{ObjectId, TaskId};
use crate::op::OpKind;
use crate::rt::clock::Action;
use crate::rt::duties::Duties;
use crate::rt::execution::{Execution, Next};
use crate::rt::object::{Gate, Side};
use crate::rt::record::Entry;
use crate::rt::task::{State, Woken};
use crate::snapshot::Stop;
use crate::strategy::Touch;
use crate::vtime::VInstant;

impl Execution {
    #[inline]
    pub(crate) fn gate_mut(&mut self, object: ObjectId, side: Side) -> &mut Gate {
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
    #[inline(always)]
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
    pub(super) fn note_wake(&mut self, task: TaskId) {
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
}
