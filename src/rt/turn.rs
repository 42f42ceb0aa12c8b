//! The way through a scheduling point where everything is as usual.
//!
//! In nearly all executions nearly all points are *usual*: no duty (see
//! [`Duties`]; a strategy other than the uniform one is a duty), the task is not
//! unwinding, and the record has room, which also says that no limit is near. Then
//! a *turn* does it all: it draws a task; if that is the running one, enters its
//! step; if not, posts the operation, enters the step of the other one and sets
//! `next`. It changes nothing before it knows that it can finish.
//!
//! What is not usual goes the long way; see [`schedule`](crate::rt::schedule). All
//! ways take the same from the random stream and enter the same. That matters: how
//! much room the record has depends on the executions before.
//!
//! [`turn`](Execution::turn) and [`turn_at_gate`](Execution::turn_at_gate) are what
//! most steps are made of, so that they are inlined, call nothing, and see to what
//! is most usual: the running task made the last step, and no task has a number
//! above 63. Where they cannot tell, the caller tries
//! [`turn_in_general`](Execution::turn_in_general) before the long way.

use crate::id::{ObjectId, TaskId};
use crate::op::Op;
use crate::ready::Few;
use crate::rt::duties::Duties;
use crate::rt::execution::{Execution, Next};
use crate::rt::object::Side;
use crate::rt::record::Entry;
use crate::rt::schedule::offers_to_wait;
use crate::rt::task::State;
use crate::sanitizer;
use crate::strategy::uniform;

/// How the running task fares at a scheduling point.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Turn {
    /// It goes on: it has made its step.
    Mine,
    /// Another task goes on, and this one has posted its operation.
    Another,
    /// That has yet to be found out, with all that goes with it.
    Unusual,
}

impl Execution {
    /// The running task is about to do `op`, which is enabled: who goes on?
    #[inline(always)]
    pub(crate) fn turn(&mut self, op: Op) -> Turn {
        match self.usual_few().and_then(|ready| self.draw(ready)) {
            None => Turn::Unusual,
            Some((task, arity)) if task == self.current => {
                self.enter(Entry::new(op, task, arity));
                Turn::Mine
            }
            Some((task, arity)) => {
                self.hand_over(op, task, arity, !offers_to_wait(op.kind));
                Turn::Another
            }
        }
    }

    /// As [`turn`](Execution::turn), and where that is of no use as
    /// [`turn_in_general`](Execution::turn_in_general).
    #[inline(always)]
    pub(crate) fn any_turn(&mut self, op: Op) -> Turn {
        match self.turn(op) {
            Turn::Unusual => self.turn_in_general(op),
            usual => usual,
        }
    }

    /// As [`turn`](Execution::turn) for an operation that is enabled while a gate
    /// is open. A task that stays need not arrive.
    #[inline(always)]
    pub(crate) fn turn_at_gate(&mut self, op: Op, side: Side) -> Turn {
        if !self.gate_mut(op.object, side).open {
            return self.turn_at_shut_gate(op, side);
        }
        let turn = self.turn(op);
        if turn == Turn::Another {
            self.stand_at_gate(op.object, side);
        }
        turn
    }

    #[inline(never)]
    fn turn_at_shut_gate(&mut self, op: Op, side: Side) -> Turn {
        if self.is_cycle(op.object) {
            return Turn::Unusual;
        }
        let turn = self.turn_away(op);
        if turn == Turn::Another {
            self.stand_at_gate(op.object, side);
        }
        turn
    }

    #[inline(always)]
    fn stand_at_gate(&mut self, object: ObjectId, side: Side) {
        let me = self.current;
        self.tasks[me.index()].state = State::AtGate(object, side);
        self.gate_mut(object, side).pending.insert(me);
    }

    /// As [`turn`](Execution::turn) in a poll loop at `depth`, unless its future
    /// has asked that others go first. With `woken`, the operation is enabled once
    /// a waker of the loop has been woken.
    #[inline]
    pub(crate) fn turn_at_poll(&mut self, op: Op, depth: u32, woken: bool) -> Turn {
        let me = self.current;
        let row = &self.tasks[me.index()];
        if row.yielded {
            return Turn::Unusual;
        }
        if !woken || row.is_notified(depth) {
            return self.turn(op);
        }
        let turn = self.turn_away(op);
        if turn == Turn::Another {
            self.tasks[me.index()].state = State::Awaiting;
        }
        turn
    }

    /// The running task is about to do `op`, which is not enabled.
    #[inline(always)]
    fn turn_away(&mut self, op: Op) -> Turn {
        let Some(mut ready) = self.usual_few() else {
            return Turn::Unusual;
        };
        ready.remove(self.current);
        let Some((task, arity)) = self.draw(ready) else {
            return Turn::Unusual;
        };
        self.view.ready.set_few(ready);
        self.hand_over(op, task, arity, false);
        Turn::Another
    }

    /// As [`turn`](Execution::turn) where there are more tasks than it can cope
    /// with, where the running task did not make the last step, and where there
    /// are eager tasks.
    #[inline(never)]
    pub(crate) fn turn_in_general(&mut self, op: Op) -> Turn {
        if self.duties == Duties::EAGER {
            return self.turn_to_eager(op);
        }
        match self.draw_in_general() {
            None => Turn::Unusual,
            Some((task, arity)) if task == self.current => {
                let mut entry = Entry::new(op, task, arity);
                if self.view.last != task {
                    self.change_over(&mut entry, self.is_preempted());
                }
                self.enter(entry);
                Turn::Mine
            }
            Some((task, arity)) => {
                let preempts = if self.view.last == self.current {
                    !offers_to_wait(op.kind)
                } else {
                    self.is_preempted()
                };
                self.hand_over(op, task, arity, preempts);
                Turn::Another
            }
        }
    }

    /// The running task is about to do `op`, and there is no other duty than that
    /// some task is eager: it goes on without a step.
    fn turn_to_eager(&mut self, op: Op) -> Turn {
        if std::thread::panicking() || sanitizer::has_reported() {
            return Turn::Unusual;
        }
        match self.next_eager() {
            None => Turn::Unusual,
            Some(task) => {
                self.view.tasks[self.current.index()].op = op;
                self.next = Next::Run(task);
                Turn::Another
            }
        }
    }

    /// The eager task that goes on next.
    #[inline]
    pub(super) fn next_eager(&mut self) -> Option<TaskId> {
        let task = self.eager.pop()?;
        if self.eager.is_empty() {
            self.duties.remove(Duties::EAGER);
        }
        Some(task)
    }

    /// Whether there is nothing to see to at a scheduling point but who goes on.
    #[inline(always)]
    fn is_usual(&self) -> bool {
        self.duties.is_none()
            && self.record.has_room()
            && !std::thread::panicking()
            && !sanitizer::has_reported()
    }

    /// The ready tasks, if there are few, everything is as usual, and the running
    /// task made the last step.
    #[inline(always)]
    fn usual_few(&self) -> Option<Few> {
        (self.is_usual() && self.view.last == self.current)
            .then(|| self.view.ready.few())
            .flatten()
    }

    /// Draws one of `ready`, and says out of how many. If that is no matter of a
    /// few instructions, it draws nothing.
    ///
    /// What it draws and what it takes from the stream is what [`uniform`] would.
    #[inline(always)]
    fn draw(&mut self, ready: Few) -> Option<(TaskId, u32)> {
        let arity = ready.len();
        if arity < 2 {
            return (arity == 1).then(|| (ready.first(), 1));
        }
        let rank = self.decisions.rng.peek_below(arity)?;
        let task = ready.nth_if_near(rank)?;
        self.decisions.rng.drop_peeked();
        Some((task, arity))
    }

    /// Draws one of any number of tasks, whoever made the last step, where
    /// everything is as usual otherwise.
    #[inline]
    fn draw_in_general(&mut self) -> Option<(TaskId, u32)> {
        if !self.is_usual() {
            return None;
        }
        let ready = &self.view.ready;
        match ready.len() {
            0 => None,
            1 => Some((ready.nth(0), 1)),
            arity => Some((uniform(ready, &mut self.decisions.rng), arity)),
        }
    }

    /// The running task is about to leave with `op` posted: `task`, drawn out of
    /// `arity`, makes its step.
    #[inline(always)]
    fn hand_over(&mut self, op: Op, task: TaskId, arity: u32, preempts: bool) {
        self.view.tasks[self.current.index()].op = op;
        // Taken apart, lest the padding is copied byte by byte.
        let Op { kind, object, site } = self.view.tasks[task.index()].op;
        let mut entry = Entry::new(Op { kind, object, site }, task, arity);
        if self.view.last != task {
            self.change_over(&mut entry, preempts);
        }
        self.enter(entry);
        self.next = Next::Run(task);
    }

    /// The step of `entry` is made by another task than the last one.
    #[inline(always)]
    pub(super) fn change_over(&mut self, entry: &mut Entry, preempts: bool) {
        entry.marks.preemption = preempts;
        self.preemptions += u32::from(preempts);
        self.view.last = entry.task;
    }

    /// Enters a step for which the record has room.
    #[inline(always)]
    pub(super) fn enter(&mut self, entry: Entry) {
        self.record.fill(entry);
        self.view.step += 1;
        self.pulse.step(entry.task, entry.op.kind, entry.op.site);
    }
}
