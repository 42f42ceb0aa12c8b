//! The fast path through a scheduling point.
//!
//! In nearly all executions nearly all points need no attention (see `Attention`; a
//! strategy other than the uniform one does), and the log has room. Log capacity doubles as
//! the step limit, so having room means no limit is due. Then the fast path does everything:
//! it draws a task; if that is the running one, logs its step; if not, posts the operation,
//! logs the step of the other one and sets [`next`](Kernel::next). It changes nothing before
//! it knows that it can finish.
//!
//! What needs attention takes the slow path; see `point`. Both take the
//! same from the random stream and log the same. That matters: how much room the log has
//! depends on the executions before.
//!
//! | path | taken if |
//! | --- | --- |
//! | [`fast_point`](Kernel::fast_point), inlined | no attention, room in the log, the running task made the last step, no task above 63 |
//! | [`fast_gate`](Kernel::fast_gate), inlined | the same, and the gate is open |
//! | `fast_shut_gate` | the same, and the gate is shut, with no circle of holders |
//! | [`fast_poll`](Kernel::fast_poll) | the same, and the future did not ask to go last |
//! | [`general_point`](Kernel::general_point) | no attention and room; any number of tasks, whichever task made the last step |
//! | `eager_point` | eager tasks are all that needs attention |
//! | the slow path | everything else |

use crate::id::{ObjectId, TaskId};
use crate::kernel::attention::Attention;
use crate::kernel::object::Side;
use crate::kernel::task::State;
use crate::kernel::{Kernel, Next};
use crate::log::Entry;
use crate::op::Op;
use crate::strategy::uniform;
use crate::task_set::Few;

/// How the running task fares on the fast path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fast {
    /// It goes on: it has made its step.
    Stay,
    /// Another task goes on, and this one has posted its operation.
    Switch,
    /// The fast path has changed nothing: the slow one has to be taken.
    Slow,
}

impl Kernel {
    /// The running task is about to do `op`, which is enabled: who goes on?
    #[inline(always)]
    pub fn fast_point(&mut self, op: Op) -> Fast {
        match self.few_runnable().and_then(|few| self.draw(few)) {
            None => Fast::Slow,
            Some((task, arity)) if task == self.current => {
                self.enter(Entry::new(op, task, arity));
                Fast::Stay
            }
            Some((task, arity)) => {
                self.hand_over(op, task, arity, !op.kind.offers_to_wait());
                Fast::Switch
            }
        }
    }

    /// As [`fast_point`](Kernel::fast_point), and where that is of no use as
    /// [`general_point`](Kernel::general_point).
    #[inline(always)]
    pub fn any_fast_point(&mut self, op: Op) -> Fast {
        match self.fast_point(op) {
            Fast::Slow => self.general_point(op),
            fast => fast,
        }
    }

    /// As [`fast_point`](Kernel::fast_point) for an operation that is enabled while a
    /// gate is open. A task that stays need not arrive there.
    #[inline(always)]
    pub fn fast_gate(&mut self, op: Op, side: Side) -> Fast {
        if !self.is_open(op.object, side) {
            return self.fast_shut_gate(op, side);
        }
        let fast = self.fast_point(op);
        if fast == Fast::Switch {
            self.stand_at_gate(op.object, side);
        }
        fast
    }

    #[inline(never)]
    fn fast_shut_gate(&mut self, op: Op, side: Side) -> Fast {
        if self.is_circle(op.object) {
            return Fast::Slow;
        }
        let fast = self.fast_disabled(op);
        if fast == Fast::Switch {
            self.stand_at_gate(op.object, side);
        }
        fast
    }

    #[inline(always)]
    fn stand_at_gate(&mut self, object: ObjectId, side: Side) {
        let me = self.current;
        self.tasks[me.index()].state = State::AtGate(object, side);
        self.gate_mut(object, side).pending.insert(me);
    }

    /// As [`fast_point`](Kernel::fast_point) in a poll loop at `depth`, unless its future
    /// has asked that others go first. With `woken`, the operation is enabled once
    /// a waker of the loop has been woken.
    #[inline]
    pub fn fast_poll(&mut self, op: Op, depth: u32, woken: bool) -> Fast {
        let me = self.current;
        let row = &self.tasks[me.index()];
        if row.yielded {
            return Fast::Slow;
        }
        if !woken || row.is_notified(depth) {
            return self.fast_point(op);
        }
        let fast = self.fast_disabled(op);
        if fast == Fast::Switch {
            self.tasks[me.index()].state = State::Awaiting;
        }
        fast
    }

    /// The running task is about to do `op`, which is not enabled.
    #[inline(always)]
    fn fast_disabled(&mut self, op: Op) -> Fast {
        let Some(mut few) = self.few_runnable() else {
            return Fast::Slow;
        };
        few.remove(self.current);
        let Some((task, arity)) = self.draw(few) else {
            return Fast::Slow;
        };
        self.view.runnable.set_few(few);
        self.hand_over(op, task, arity, false);
        Fast::Switch
    }

    /// As [`fast_point`](Kernel::fast_point) where there are more tasks than it can cope
    /// with, where the running task did not make the last step, and where there
    /// are eager tasks.
    #[inline(never)]
    pub fn general_point(&mut self, op: Op) -> Fast {
        if self.attention == Attention::EAGER {
            return self.eager_point(op);
        }
        match self.draw_in_general() {
            None => Fast::Slow,
            Some((task, arity)) if task == self.current => {
                let mut entry = Entry::new(op, task, arity);
                if self.view.last != task {
                    self.change_over(&mut entry, self.is_preempted());
                }
                self.enter(entry);
                Fast::Stay
            }
            Some((task, arity)) => {
                let preempts = if self.view.last == self.current {
                    !op.kind.offers_to_wait()
                } else {
                    self.is_preempted()
                };
                self.hand_over(op, task, arity, preempts);
                Fast::Switch
            }
        }
    }

    /// The running task is about to do `op`, and all that needs attention is that
    /// some task is eager: it goes on without a step.
    #[inline]
    fn eager_point(&mut self, op: Op) -> Fast {
        match self.next_eager() {
            None => Fast::Slow,
            Some(task) => {
                self.view.tasks[self.current.index()].op = op;
                self.next = Next::Run(task);
                Fast::Switch
            }
        }
    }

    /// Whether there is nothing to see to at a scheduling point but who goes on.
    #[inline(always)]
    fn is_plain(&self) -> bool {
        self.attention.is_none() && self.log.has_room()
    }

    /// The runnable tasks, if there are few, nothing needs attention, and the running
    /// task made the last step.
    #[inline(always)]
    fn few_runnable(&self) -> Option<Few> {
        (self.is_plain() && self.view.last == self.current)
            .then(|| self.view.runnable.few())
            .flatten()
    }

    /// Draws one of `few`, and says out of how many. If that is no matter of a
    /// few instructions, it draws nothing.
    ///
    /// What it draws and what it takes from the stream is what [`uniform`] would.
    #[inline(always)]
    fn draw(&mut self, few: Few) -> Option<(TaskId, u32)> {
        let arity = few.len();
        if arity < 2 {
            return (arity == 1).then(|| (few.first(), 1));
        }
        let rank = self.decisions.rng.peek_below(arity)?;
        let task = few.nth_if_near(rank)?;
        self.decisions.rng.drop_peeked();
        Some((task, arity))
    }

    /// Draws one of any number of tasks, whichever task made the last step, where
    /// nothing needs attention otherwise.
    #[inline]
    fn draw_in_general(&mut self) -> Option<(TaskId, u32)> {
        if !self.is_plain() {
            return None;
        }
        let runnable = &self.view.runnable;
        match runnable.len() {
            0 => None,
            1 => Some((runnable.nth(0), 1)),
            arity => Some((uniform(runnable, &mut self.decisions.rng), arity)),
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

    /// Logs a step for which the log has room.
    #[inline(always)]
    pub(super) fn enter(&mut self, entry: Entry) {
        self.log.fill(entry);
        self.view.step += 1;
        self.heartbeat
            .step(entry.task, entry.op.kind, entry.op.site);
    }
}
