//! Virtual time and timers.

use std::task::Waker;
use std::time::Duration;

use crate::decision::ChoiceKind;
use crate::id::TaskId;
use crate::rt::clock::{Action, TimerId};
use crate::rt::current;
use crate::rt::duties::Duties;
use crate::rt::execution::{Execution, Next};
use crate::rt::task::{State, Task};
use crate::snapshot::Stop;
use crate::strategy::Touch;
use crate::vtime::VInstant;

/// Virtual time.
pub(crate) fn now() -> VInstant {
    current::get("clock").with(|x| {
        x.touch(Touch::Clock, false);
        x.clock.now
    })
}

/// When a wait that begins now and may take `timeout` ends; `None` if that is
/// beyond the end of virtual time.
pub(crate) fn deadline(timeout: Duration) -> Option<VInstant> {
    Some(now().after(timeout)).filter(|&at| at != VInstant::NEVER)
}

/// Arms a timer that wakes a waker.
pub(crate) fn arm_waker(deadline: VInstant, waker: Waker) -> TimerId {
    arm(deadline, Action::Wake(waker))
}

/// Arms a timer that calls a function. It runs as the clock and must not block.
pub(crate) fn arm_call(deadline: VInstant, call: Box<dyn FnOnce()>) -> TimerId {
    arm(deadline, Action::Call(call))
}

/// In teardown no timer fires any more, and the next execution must not find
/// one: the action is dropped.
fn arm(deadline: VInstant, action: Action) -> TimerId {
    let current = current::get("timer");
    if current.with(|x| x.is_teardown()) {
        drop(action);
        return TimerId::STALE;
    }
    current.with(|x| x.arm(deadline, action))
}

/// Takes back a timer. Returns whether it had not fired.
pub(crate) fn disarm(timer: TimerId) -> bool {
    // What the timer would have done is user code: drop it out here.
    let action = current::try_get().and_then(|c| {
        c.with(|x| {
            x.touch(Touch::Clock, true);
            x.clock.disarm(timer)
        })
    });
    action.is_some()
}

/// So much time passes at most where everybody spins on it, lest a few steps take it to
/// its end, where no wait has a deadline any more.
const LONGEST_SPIN: Duration = Duration::from_secs(3600);

impl Execution {
    /// Nobody is ready.
    #[cold]
    pub(super) fn idle(&mut self) -> Next {
        if self.clock.next_deadline().is_some() {
            if self.duties.has(Duties::EXPLORER) {
                self.view.ready.insert(TaskId::CLOCK);
                return self.explore(1);
            }
            return self.scheduled(TaskId::CLOCK, 1);
        }
        if !self.spinners.is_empty() {
            // Whoever spins on the time of day sees it pass.
            let by = self.budget.step_time.min(LONGEST_SPIN);
            self.clock.now = self.clock.now.after(by);
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
    pub(super) fn update_clock(&mut self) {
        let may = self.clock.next_deadline().is_some_and(|deadline| {
            let steps = self.view.step - self.clock_moved;
            deadline
                <= self
                    .clock
                    .now
                    .after(self.budget.step_time.saturating_mul(steps))
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
}
