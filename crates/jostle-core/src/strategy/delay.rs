//! Delay: up to two tasks sleep while the others run.
//!
//! A random walk lets tasks advance evenly, and priorities hold back the task with the
//! lowest one from the start. Bugs such as ABA, or a thief that looks at a deque long
//! before it takes from it, need something else: a task that stops *between two
//! particular steps* while the others run to their end. So this is the random walk, in
//! which at two random decisions the task that would run falls asleep until no other
//! task can run.
//!
//! Delay bounding (Emmi, Qadeer, Rakamarić, POPL 2011) has the idea that a delay is the
//! thing to count; there the schedule beneath is a fixed one and a delay lasts for a
//! turn.

use crate::decision::Rng;
use crate::id::TaskId;
use crate::strategy::{Profile, Strategy, View, uniform};
use crate::task_set::TaskSet;

/// How many tasks fall asleep in one execution. With one, a task that is delayed twice
/// would never be seen; each further one makes it less likely that all are where they
/// have to be.
const SLEEPS: usize = 2;

/// Decisions of an execution if there is no profile: the size of a scenario that a
/// person writes as a test.
const UNPROFILED: u32 = 100;

/// The random walk with long preemptions.
#[derive(Debug)]
pub struct Delay {
    /// The decisions before which a task falls asleep, the next one last.
    starts: Vec<u32>,
    /// The tasks that sleep, and at which decision each wakes up in any case: a task that others
    /// wait for in a loop without a yield must not sleep for ever.
    asleep: Vec<(TaskId, u32)>,
    /// How many decisions there were.
    decisions: u32,
    /// Decisions of the longest execution that the profile knows.
    length: u32,
    /// Room for the tasks that are runnable and awake.
    awake: TaskSet,
}

impl Delay {
    /// The random walk with long preemptions.
    #[must_use]
    pub fn new() -> Delay {
        Delay {
            starts: Vec::with_capacity(SLEEPS),
            asleep: Vec::with_capacity(SLEEPS),
            decisions: 0,
            length: UNPROFILED,
            awake: TaskSet::new(),
        }
    }

    /// Collects the tasks that are runnable and awake, and wakes sleepers until one of them
    /// has something better to do than to offer to wait. That the clock could go on keeps
    /// no task asleep.
    fn look(&mut self, view: &View, rng: &mut Rng) {
        let now = self.decisions;
        self.asleep.retain(|&(_, end)| now < end);
        self.awake.clear();
        self.awake.insert_all(&view.runnable);
        for &(task, _) in &self.asleep {
            self.awake.remove(task);
        }
        while !self.awake.iter().any(|task| goes_on(view, task)) {
            let runnable = |&(task, _): &(TaskId, u32)| view.runnable.contains(task);
            let sleepers = self.asleep.iter().filter(|s| runnable(s)).count() as u32;
            if sleepers == 0 {
                return;
            }
            let drawn = rng.below(sleepers) as usize;
            let all = self.asleep.iter().enumerate();
            if let Some((at, _)) = all.filter(|(_, s)| runnable(s)).nth(drawn) {
                let (task, _) = self.asleep.swap_remove(at);
                self.awake.insert(task);
            }
        }
    }

    /// Whether a task is to fall asleep.
    fn is_due(&self) -> bool {
        self.starts.last().is_some_and(|&at| at <= self.decisions)
    }
}

/// Whether `task` would make progress.
fn goes_on(view: &View, task: TaskId) -> bool {
    task != TaskId::CLOCK && !view.tasks[task.index()].op.kind.offers_to_wait()
}

impl Default for Delay {
    fn default() -> Delay {
        Delay::new()
    }
}

impl Strategy for Delay {
    fn begin(&mut self, profile: &Profile, rng: &mut Rng) {
        self.length = match profile.decisions {
            0 => UNPROFILED,
            known => known,
        };
        self.decisions = 0;
        self.asleep.clear();
        self.starts.clear();
        for _ in 0..SLEEPS {
            self.starts.push(rng.below(self.length));
        }
        self.starts.sort_unstable_by(|a, b| b.cmp(a));
    }

    fn pick(&mut self, view: &View, rng: &mut Rng) -> TaskId {
        let due = self.is_due();
        if !due && self.asleep.is_empty() {
            self.decisions += 1;
            return uniform(&view.runnable, rng);
        }
        self.look(view, rng);
        let mut task = uniform(&self.awake, rng);
        if due && task != TaskId::CLOCK {
            self.awake.remove(task);
            // Otherwise it would wake at once; perhaps somebody can sleep later.
            if self.awake.iter().any(|other| goes_on(view, other)) {
                self.starts.pop();
                let end = self.decisions.saturating_add(self.length);
                self.asleep.push((task, end));
                task = uniform(&self.awake, rng);
            }
        }
        self.decisions += 1;
        task
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::OpKind;
    use crate::strategy::Random;
    use crate::strategy::model::{Do, Model, numbers, writes};

    /// In how many of 1,000 executions all steps of task 2 lie between two of main.
    fn slept_through(model: &mut Model, strategy: &mut dyn Strategy) -> usize {
        let sleeps = |seed: &u64| {
            let order = numbers(&model.run(strategy, *seed));
            let first = order.iter().position(|&t| t == 2).unwrap();
            let last = order.iter().rposition(|&t| t == 2).unwrap();
            0 < first && last + 1 < order.len() && !order[first..last].contains(&1)
        };
        (0..1_000).filter(sleeps).count()
    }

    #[test]
    fn a_task_sleeps_through_the_whole_run_of_another() {
        let mut model = Model::of([writes(1, 10), writes(2, 10)]).measured();
        let rare = slept_through(&mut model, &mut Random);
        let often = slept_through(&mut model, &mut Delay::new());
        assert!(rare < 20 && often > 100, "{rare} and {often} of 1,000");
    }

    #[test]
    fn a_sleeper_that_others_wait_for_wakes_up() {
        // Both spin until the other has made a step.
        let mut patient = vec![Do::Op(OpKind::Yield, 0); 40];
        patient.extend(writes(1, 3));
        let mut model = Model::of([patient.clone(), writes(2, 6), patient]).measured();
        let mut delay = Delay::new();
        let mut late = 0;
        for seed in 0..500 {
            let order = numbers(&model.run(&mut delay, seed));
            // Task 2 has made its steps long before the others have yielded enough.
            let done = order.iter().rposition(|&t| t == 2).unwrap();
            late += usize::from(done > 60);
        }
        assert!(late < 50, "{late} of 500");
    }

    #[test]
    fn nobody_sleeps_longer_than_an_execution_lasts() {
        // Main never offers to wait, and has as many steps as it likes.
        let mut model = Model::of([writes(1, 400), writes(2, 1)]);
        model.profile.decisions = 20;
        let mut delay = Delay::new();
        for seed in 0..300 {
            let order = numbers(&model.run(&mut delay, seed));
            let at = order.iter().position(|&t| t == 2).unwrap();
            assert!(at < 80, "seed {seed}: {at}");
        }
    }

    #[test]
    fn the_clock_keeps_nobody_asleep_and_never_sleeps() {
        let mut model = Model::of([writes(1, 3), writes(2, 3)]).measured();
        model.fires = 500;
        let mut delay = Delay::new();
        for seed in 0..100 {
            let order = numbers(&model.run(&mut delay, seed));
            let last = order.iter().rposition(|&t| t != 0).unwrap();
            assert!(last < 100, "seed {seed}: {last}");
        }
    }
}
