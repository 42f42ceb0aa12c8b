//! Tells a deadlock beside tasks that do nothing but wait for time.
//!
//! A task that sleeps and looks again, for ever, is able to run later whatever becomes of
//! the others, so that an execution with one is never without a task that can go on. What
//! shows that the others are stuck is that time passes and changes nothing: each task that
//! is able to go on has come to the end of a wait many times, and nobody else has made a
//! step meanwhile.
//!
//! That is a presumption, since such a task may count. So the limit is well above the rounds
//! that loops which wait for something usually make before they give up, and only
//! an execution is judged whose main task waits for no task that can go on.

use crate::id::TaskId;
use crate::kernel::task::State;
use crate::kernel::{Kernel, Next};
use crate::snapshot::Stop;

/// Waits of each task that come to their end before the others count as stuck.
const ROUNDS: u32 = 1_000;

/// What has happened since a task made a step that does not only wait for time.
#[derive(Default, Debug)]
pub(super) struct Starvation {
    /// How far the log has been looked at.
    seen: usize,
    /// How many waits of each task have come to their end, by its number.
    rounds: Vec<u32>,
}

impl Starvation {
    pub(super) fn reset(&mut self) {
        self.seen = 0;
        self.rounds.clear();
    }

    fn of(&self, task: TaskId) -> u32 {
        self.rounds.get(task.index()).copied().unwrap_or(0)
    }

    fn count(&mut self, task: TaskId) {
        let at = task.index();
        if self.rounds.len() <= at {
            self.rounds.resize(at + 1, 0);
        }
        self.rounds[at] += 1;
    }
}

impl Kernel {
    /// The deadline of `task`'s wait has passed, and the carrier wants to know of tasks that
    /// are stuck beside those that wait for time. If some are, the main task among them, the
    /// execution stops as if all were.
    pub fn stop_if_starved(&mut self, task: TaskId) {
        self.look_for_steps();
        self.starvation.count(task);
        if self.starvation.of(task) >= ROUNDS && self.is_starved() {
            self.stop(Next::Stop(Stop::Quiescent));
        }
    }

    /// Starts to count anew if a task has made a step that had not waited for time.
    fn look_for_steps(&mut self) {
        let entries = self.log.entries();
        let new = entries.get(self.starvation.seen..).unwrap_or_default();
        self.starvation.seen = entries.len();
        let others = |task| task != TaskId::CLOCK && self.starvation.of(task) == 0;
        if new.iter().any(|entry| others(entry.task)) {
            self.starvation.rounds.clear();
        }
    }

    fn is_starved(&self) -> bool {
        let mut tasks = (1..self.view.tasks.len()).map(|at| TaskId(at as u32));
        !self.may_go_on(TaskId::MAIN)
            && tasks.all(|task| !self.is_live(task) || self.starvation.of(task) >= ROUNDS)
    }

    /// Whether `task` is able to go on by itself, now or later.
    fn is_live(&self, task: TaskId) -> bool {
        let row = &self.tasks[task.index()];
        match row.state {
            State::Finished => false,
            State::Live => true,
            State::AtGate(..) | State::Queued { .. } | State::Awaiting => {
                row.timer.is_some() || self.view.runnable.contains(task)
            }
        }
    }

    /// Whether `task` is able to go on, or the one for which it waits, and so on.
    fn may_go_on(&self, task: TaskId) -> bool {
        let mut task = task;
        // No chain without a circle is longer than there are tasks.
        for _ in 0..self.view.tasks.len() {
            let row = &self.tasks[task.index()];
            if row.state == State::Finished || self.is_live(task) {
                return true;
            }
            let on = match row.state {
                State::AtGate(object, _) => self.object(object).owner,
                State::Queued { on } => on,
                State::Live | State::Awaiting | State::Finished => None,
            };
            match on {
                Some(on) => task = on,
                None => return false,
            }
        }
        false
    }
}
