//! URW: every interleaving with the same probability.
//!
//! The uniform random walk of Zhao, Wolff, Mathur, Roychoudhury, "Selectively
//! Uniform Concurrency Testing", ASPLOS 2025. A task is picked with a probability
//! proportional to the steps that are left to it and to all tasks that it and its
//! descendants have yet to spawn. As long as tasks order each other only by
//! spawning, that makes every interleaving equally likely; blocking makes it an
//! approximation.
//!
//! The numbers of steps are those of the [`Profile`]. A task that the profile
//! does not know, or that has made more steps than it says, has weight 1, so that
//! without a profile this is the plain random walk. The clock has weight 1: how
//! often it fires says nothing about how much is left to do.
//!
//! Where this departs from the paper: the profile comes from several executions
//! and takes the largest count of each task, since a weight that is too small
//! starves the task's last operations, and one that is too large costs little.
//! The paper's selection of interesting operations (the S of SURW) is not made
//! here.

use crate::decision::Rng;
use crate::id::TaskId;
use crate::op::Op;
use crate::strategy::tree::{Sum, Tree};
use crate::strategy::{Birth, Profile, Strategy, View};

/// Uniform random walk.
#[derive(Debug)]
pub struct Urw {
    /// The profile of this execution's scenario.
    profile: Profile,
    /// The steps that each task has left, at least 1, whether it is in the table
    /// or not.
    left: Vec<u32>,
    /// Invariant: every runnable task is in it. See [`Tree`] for those that are
    /// not runnable.
    table: Tree<Sum>,
}

impl Urw {
    /// Uniform random walk.
    #[must_use]
    pub fn new() -> Urw {
        Urw {
            profile: Profile::default(),
            left: Vec::new(),
            table: Tree::new(),
        }
    }

    /// `steps` less are left to `task`.
    #[inline]
    fn take(&mut self, task: TaskId, steps: u32) {
        let left = &mut self.left[task.index()];
        *left = left.saturating_sub(steps).max(1);
        if self.table.contains(task) {
            self.table.set(task, *left);
        }
    }
}

impl Default for Urw {
    fn default() -> Urw {
        Urw::new()
    }
}

impl Strategy for Urw {
    fn begin(&mut self, profile: &Profile, _rng: &mut Rng) {
        self.profile.copy_from(profile);
        self.left.clear();
        self.table.clear();
    }

    fn watches(&self) -> bool {
        true
    }

    fn pick(&mut self, view: &View, rng: &mut Rng) -> TaskId {
        self.table.draw(&view.runnable, rng)
    }

    fn spawned(&mut self, task: TaskId, birth: &Birth, _rng: &mut Rng) {
        debug_assert_eq!(task.index(), self.left.len(), "tasks come in order");
        let family = match task {
            TaskId::CLOCK => 0,
            _ => self.profile.family_steps_of(birth.key),
        };
        self.left.push(family.clamp(1, Tree::MAX_WEIGHT));
        if birth.parent != task {
            self.take(birth.parent, family);
        }
    }

    fn runnable(&mut self, task: TaskId) {
        self.table.set(task, self.left[task.index()]);
    }

    fn ran(&mut self, task: TaskId, _op: &Op, _rng: &mut Rng) {
        self.take(task, 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::OpKind;
    use crate::strategy::model::{Do, Model, assert_share, numbers, task, writes};
    use std::collections::BTreeMap;

    /// Asserts that all of `interleavings` come up, each as often as the others,
    /// by Pearson's χ² test.
    #[track_caller]
    fn assert_uniform(model: &mut Model, interleavings: usize) {
        let each = 300;
        let mut strategy = Urw::new();
        let mut counts: BTreeMap<Vec<TaskId>, u32> = BTreeMap::new();
        for seed in 0..(each * interleavings) as u64 {
            *counts.entry(model.run(&mut strategy, seed)).or_default() += 1;
        }
        assert_eq!(counts.len(), interleavings);
        let each = each as f64;
        let chi2: f64 = counts
            .values()
            .map(|&c| (f64::from(c) - each).powi(2) / each)
            .sum();
        // Mean m and variance 2m for m degrees of freedom; five deviations.
        let m = interleavings as f64 - 1.0;
        assert!(
            chi2 < m + 5.0 * (2.0 * m).sqrt(),
            "χ² is {chi2:.1} for {m} degrees"
        );
    }

    #[test]
    fn two_independent_tasks_interleave_uniformly() {
        // (3 + 5)! / (3! 5!)
        assert_uniform(&mut Model::of([writes(1, 3), writes(2, 5)]).measured(), 56);
    }

    #[test]
    fn three_independent_tasks_interleave_uniformly() {
        // (1 + 2 + 4)! / (1! 2! 4!)
        let programs = [writes(1, 1), writes(2, 2), writes(3, 4)];
        assert_uniform(&mut Model::of(programs).measured(), 105);
    }

    #[test]
    fn tasks_that_are_yet_to_be_spawned_count() {
        // Main makes a step, spawns task 2 (4 steps), makes a step, spawns task 3
        // (2 steps), which spawns task 4 (1 step) after its first step. A forest
        // with these family sizes has 9! / (9 · 4! · 4 · 3 · 1 · 1) orders.
        let step = Do::Op(OpKind::Store, 1);
        let mut model = Model::spawning([
            vec![step, Do::Spawn(1), step, Do::Spawn(2)],
            writes(2, 4),
            vec![step, Do::Spawn(3), step],
            writes(4, 1),
        ])
        .measured();
        assert_uniform(&mut model, 140);
    }

    #[test]
    fn a_task_that_is_held_back_gets_its_due() {
        // The one operation of task 2 comes last of 9 with probability 1 / 9,
        // where the random walk has 1 / 256.
        let mut model = Model::of([writes(1, 8), writes(2, 1)]).measured();
        let mut strategy = Urw::new();
        let n = 20_000;
        let last = (0..n).filter(|&seed| model.run(&mut strategy, seed)[8] == task(2));
        assert_share(last.count() as u32, n, 1.0 / 9.0);
    }

    #[test]
    fn without_a_profile_it_is_the_random_walk() {
        let mut model = Model::of([writes(1, 4), writes(2, 1)]);
        let mut strategy = Urw::new();
        let n = 20_000;
        let last = (0..n).filter(|&seed| model.run(&mut strategy, seed)[4] == task(2));
        assert_share(last.count() as u32, n, 1.0 / 16.0);
    }

    #[test]
    fn a_task_that_was_blocked_has_its_weight_again() {
        // Task 2 holds the lock first; main, blocked, has 10 steps left, task 2
        // one after the unlock. Main's weight is then 10 of 11.
        let mut main = vec![Do::Op(OpKind::Lock, 9)];
        main.extend(writes(1, 8));
        main.push(Do::Op(OpKind::Unlock, 9));
        let other = vec![
            Do::Op(OpKind::Lock, 9),
            Do::Op(OpKind::Unlock, 9),
            Do::Op(OpKind::Store, 1),
        ];
        let mut model = Model::of([main, other]).measured();
        let mut strategy = Urw::new();
        let (mut blocked, mut main_next) = (0, 0);
        for seed in 0..40_000 {
            let order = numbers(&model.run(&mut strategy, seed));
            if order[0] == 2 {
                blocked += 1;
                main_next += u32::from(order[2] == 1);
            }
        }
        assert_share(blocked, 40_000, 3.0 / 13.0);
        assert_share(main_next, u64::from(blocked), 10.0 / 11.0);
    }

    #[test]
    fn the_clock_weighs_one() {
        let mut model = Model::of([writes(1, 5), writes(2, 4)]).measured();
        model.fires = 100;
        let mut strategy = Urw::new();
        let n = 20_000;
        let first = (0..n).filter(|&seed| model.run(&mut strategy, seed)[0] == task(0));
        assert_share(first.count() as u32, n, 1.0 / 10.0);
    }
}
