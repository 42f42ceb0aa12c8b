//! Sets and fires timers; the clock takes part in scheduling as if it were a task.

use std::time::Duration;

use crate::decision::ChoiceKind;
use crate::id::TaskId;
use crate::kernel::attention::Attention;
use crate::kernel::clock::{Alarm, TimerId};
use crate::kernel::notice::Notice;
use crate::kernel::task::{State, Task};
use crate::kernel::{Kernel, Next};
use crate::snapshot::Stop;
use crate::strategy::{Policy, Touch};
use crate::vtime::VInstant;

/// So much time passes at most where everybody spins on it, lest a few steps take it to
/// its end, where no wait has a deadline any more.
const LONGEST_SPIN: Duration = Duration::from_secs(3600);

impl Kernel {
    /// Virtual time, for a task that wants to know.
    #[inline]
    pub fn now(&mut self) -> VInstant {
        self.touch(Touch::Clock, false);
        self.clock.now
    }

    /// Time that passes while the running task reads the clock: code that waits for a
    /// moment by reading it again and again comes to its end.
    #[inline]
    pub fn elapse(&mut self, by: Duration) {
        self.clock.now = self.clock.now.after(by);
        self.touch(Touch::Clock, true);
    }

    /// Arms a timer.
    #[inline]
    pub fn arm(&mut self, deadline: VInstant, alarm: Alarm) -> TimerId {
        self.attention.add(Attention::CLOCK);
        self.touch(Touch::Clock, true);
        self.clock.arm(deadline, alarm)
    }

    /// Takes back a timer. Returns whether it had not fired.
    #[inline]
    pub fn disarm(&mut self, timer: TimerId) -> bool {
        self.touch(Touch::Clock, true);
        self.clock.disarm(timer)
    }

    /// Threads may be slow in this execution: timers may fire before runnable tasks even if
    /// their deadlines lie after what the steps could have taken, by `by` in total.
    ///
    /// The total is limited, and not each timer alone, since a ticker that fires early again
    /// and again would take time past every deadline while nobody else makes a step.
    pub fn allow_delay(&mut self, by: Duration) {
        self.clock.delay = by;
    }

    /// The time it is at most, after the steps since the clock last moved.
    fn latest(&self) -> VInstant {
        let steps = self.view.step - self.clock.moved;
        let passed = self.budget.step_time.saturating_mul(steps);
        self.clock.now.after(passed)
    }

    /// Nobody is runnable.
    #[cold]
    pub(super) fn idle(&mut self, policy: &mut Policy<'_>) -> Next {
        if self.clock.next_deadline().is_some() {
            if self.is_explored() {
                self.view.runnable.insert(TaskId::CLOCK);
                return self.explore(1, policy);
            }
            return self.scheduled(TaskId::CLOCK, 1);
        }
        if !self.spinners.is_empty() {
            // Whoever spins on the time of day sees it pass.
            let by = self.budget.step_time.min(LONGEST_SPIN);
            self.clock.now = self.clock.now.after(by);
            self.touch(Touch::Clock, true);
            self.release_spinners(None);
            return self.decided(policy);
        }
        let rows = &self.tasks[1..self.view.tasks.len()];
        self.stop(Next::Stop(if rows.iter().all(Task::is_finished) {
            Stop::Finished
        } else {
            Stop::Quiescent
        }));
        self.next
    }

    /// Makes the clock runnable if and only if its earliest timer may fire now.
    #[cold]
    pub(super) fn update_clock(&mut self) {
        let due = self.latest().after(self.clock.delay);
        let may = self
            .clock
            .next_deadline()
            .is_some_and(|deadline| deadline <= due);
        if may {
            if self.view.runnable.insert(TaskId::CLOCK) {
                if self.attention.has(Attention::WATCHER) {
                    let op = self.view.tasks[TaskId::CLOCK.index()].op;
                    self.notify_policy(Notice::Posted(TaskId::CLOCK, op));
                }
                self.announce(TaskId::CLOCK);
            }
        } else {
            self.view.runnable.remove(TaskId::CLOCK);
            if self.clock.next_deadline().is_none() {
                self.attention.remove(Attention::CLOCK);
            }
        }
    }

    /// The clock has been scheduled: the timer that fires.
    #[inline]
    pub fn fire(&mut self, policy: &mut Policy<'_>) -> Option<(TimerId, Alarm)> {
        self.view.runnable.remove(TaskId::CLOCK);
        if let Some(deadline) = self.clock.next_deadline()
            && !self.view.runnable.is_empty()
        {
            let early = deadline.since(self.latest());
            self.clock.delay = self.clock.delay.saturating_sub(early);
        }
        let together = self.clock.due_together();
        let rank = self.choose(ChoiceKind::Timer, together, policy);
        self.clock.moved = self.view.step;
        let fired = self.clock.fire(rank)?;
        if let Alarm::Timeout(task) = fired.1 {
            self.time_out(task);
        }
        Some(fired)
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
                // It is runnable now whatever becomes of the gate.
                self.gate_mut(object, side).pending.remove(task);
                if self.view.runnable.insert(task) {
                    self.note_wake(task);
                    self.announce(task);
                }
            }
            State::Queued { .. } => {
                row.state = State::Live;
                self.view.runnable.insert(task);
                self.note_wake(task);
                self.hasten(task);
            }
            State::Live | State::Awaiting | State::Finished => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::Plan;
    use crate::op::Site;
    use crate::strategy::{Kind, Profile, Random};
    use crate::subject::{Expect, Options, Subject};

    /// Whether a timer may fire before a task that is able to go on: one of so many
    /// milliseconds, and then another one.
    fn may_fire(delay: u64, deadlines: [u64; 2]) -> [bool; 2] {
        let site = Site::caller();
        let subject = Subject {
            name: "timers",
            about: "",
            module: "time",
            site,
            expect: Expect::Clean,
            options: Options::DEFAULT,
            takes_data: false,
        };
        let mut plan = Plan {
            profile: &Profile::default(),
            seed: 1,
            prescription: None,
            data: &[],
            steps: u32::MAX,
            functions: false,
            strategy: Kind::Random,
            campaign_seed: None,
        };
        let mut random = Random;
        let policy = &mut Policy::Sample(&mut random);
        let mut kernel = Kernel::new();
        kernel.begin(1, &subject, &mut plan, policy);
        kernel.allow_delay(Duration::from_millis(delay));
        let main = kernel.spawn_main(site).unwrap();
        kernel.set_current(main);
        deadlines.map(|deadline| {
            let deadline = kernel.now().after(Duration::from_millis(deadline));
            kernel.arm(deadline, Alarm::Call);
            kernel.update_clock();
            let may = kernel.view.runnable.contains(TaskId::CLOCK);
            kernel.fire(policy);
            may
        })
    }

    #[test]
    fn timers_are_early_by_no_more_than_the_delay_in_total() {
        assert_eq!(may_fire(0, [500, 500]), [false, false]);
        assert_eq!(may_fire(900, [1_000, 500]), [false, false]);
        assert_eq!(may_fire(900, [500, 300]), [true, true]);
        assert_eq!(may_fire(900, [500, 500]), [true, false]);
    }
}
