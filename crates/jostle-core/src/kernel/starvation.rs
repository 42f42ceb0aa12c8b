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
    #[must_use]
    pub fn is_live(&self, task: TaskId) -> bool {
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::backend::Plan;
    use crate::kernel::Alarm;
    use crate::op::{Op, OpKind, Site};
    use crate::strategy::{Kind, Policy, Profile, Random};
    use crate::subject::{Expect, Options, Subject};

    /// Executes a main task that waits for nobody in particular and one that sleeps again and
    /// again, with `also` called whenever that one wakes up, for so many rounds at most.
    /// Returns how many there were, and whether the kernel has stopped.
    fn execute(most: u32, mut also: impl FnMut(&mut Kernel, u32)) -> (u32, Kernel) {
        let site = Site::caller();
        let subject = Subject {
            name: "ticker",
            about: "",
            module: "starvation",
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
        let main = kernel.spawn_main(site).unwrap();
        kernel.set_current(main);
        let ticker = kernel.spawn(None, site).unwrap();
        let mut rounds = 0;
        while let Next::Run(task) = kernel.next() {
            kernel.set_current(task);
            let mut deadline = None;
            if task == TaskId::CLOCK {
                if let Some((_, Alarm::Timeout(task))) = kernel.fire(policy) {
                    kernel.stop_if_starved(task);
                }
                kernel.decide(policy);
                continue;
            }
            if task == ticker {
                rounds += 1;
                if rounds > most {
                    break;
                }
                also(&mut kernel, rounds);
                deadline = Some(kernel.now().after(Duration::from_millis(10)));
            } else {
                kernel.pass_undecided(Op {
                    kind: OpKind::Wait,
                    object: crate::id::ObjectId::NONE,
                    site,
                });
            }
            kernel.block(None, deadline, policy);
        }
        (rounds, kernel)
    }

    #[test]
    fn tasks_are_stuck_if_time_passes_and_changes_nothing() {
        let (rounds, kernel) = execute(2 * ROUNDS, |_, _| {});
        assert!((ROUNDS..=ROUNDS + 1).contains(&rounds), "{rounds}");
        assert_eq!(kernel.next(), Next::Stop(Stop::Quiescent));
    }

    #[test]
    fn what_waits_for_time_is_not_stuck_with_the_others() {
        let (_, mut kernel) = execute(2 * ROUNDS, |_, _| {});
        kernel.judge();
        let finding = kernel.outcome(0).finding.expect("a deadlock");
        let stuck: Vec<TaskId> = finding.waits.iter().map(|wait| wait.task).collect();
        assert_eq!(stuck, [TaskId::MAIN]);
    }

    #[test]
    fn a_task_that_wakes_another_one_now_and_then_is_of_use_to_it() {
        let (rounds, _) = execute(3 * ROUNDS, |kernel, round| {
            if round % (ROUNDS / 2) == 0 {
                kernel.complete(TaskId::MAIN);
            }
        });
        assert!(rounds > 3 * ROUNDS);
    }
}
