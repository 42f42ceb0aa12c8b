//! POS: every pending operation has a random priority, redrawn on conflict.
//!
//! After Yuan, Yang, Gu, "Partial Order Aware Concurrency Sampling", CAV 2018.
//! Every operation draws a priority when it is posted, and the highest of those
//! that are enabled runs. When an operation has run, the pending ones that conflict
//! with it draw again: the order of each pair of conflicting operations is then
//! as good as independent of that of the others, and no draws are spent on the
//! order of operations that commute. There is no parameter and no profile.
//!
//! Where this departs from the paper:
//!
//! - A task that is about to yield or spin has the lowest priority there is,
//!   random among its kind. The paper has no such operations; a task that waits
//!   for another by spinning would get half of all steps.
//! - The clock keeps its priority until a timer fires; see [`ClockPriority`].
//! - The paper redraws operations that are enabled. Here also some that are not
//!   draw again, which has no effect: until they are enabled they are compared
//!   with nothing, and a fresh draw is as good as the old one.
//!
//! A decision costs as many draws as there are runnable operations in conflict with
//! the one that has run. One that is blocked is dropped from the tables when it
//! is next the highest, and comes back when it is enabled.

use crate::decision::Rng;
use crate::id::TaskId;
use crate::op::Op;
use crate::strategy::pending::Pending;
use crate::strategy::priority::{ClockPriority, DRAWN, draw};
use crate::strategy::tree::{Max, Tree};
use crate::strategy::{Birth, Profile, Strategy, View};

/// Partial order sampling.
#[derive(Debug)]
pub struct Pos {
    /// The priority of each task's pending operation, whether in the table or
    /// not.
    priorities: Vec<u32>,
    /// Invariant: every runnable task is in it. See [`Tree`] for those that are
    /// not runnable.
    table: Tree<Max>,
    /// Invariant: a task that is linked is in `table`; a runnable one whose operation
    /// can conflict with anything is linked.
    pending: Pending,
    clock: ClockPriority,
}

impl Pos {
    /// Partial order sampling.
    #[must_use]
    pub fn new() -> Pos {
        Pos {
            priorities: Vec::new(),
            table: Tree::new(),
            pending: Pending::default(),
            clock: ClockPriority::new(),
        }
    }
}

impl Default for Pos {
    fn default() -> Pos {
        Pos::new()
    }
}

impl Strategy for Pos {
    fn begin(&mut self, _profile: &Profile, rng: &mut Rng) {
        self.priorities.clear();
        self.table.clear();
        self.pending.clear();
        self.clock.begin(rng);
    }

    fn watches(&self) -> bool {
        true
    }

    fn pick(&mut self, view: &View, rng: &mut Rng) -> TaskId {
        loop {
            let top = self.table.top();
            if view.runnable.contains(top) {
                return top;
            }
            self.table.remove(top);
            self.pending.unlink(top);
            // It was the highest of all, which says something about its
            // priority; it has to come back with one that says nothing.
            let idle = self.priorities[top.index()] < DRAWN;
            if top != TaskId::CLOCK && !idle {
                self.priorities[top.index()] = draw(rng);
            }
        }
    }

    fn spawned(&mut self, task: TaskId, _birth: &Birth, _rng: &mut Rng) {
        debug_assert_eq!(task.index(), self.priorities.len(), "tasks come in order");
        self.priorities.push(self.clock.now());
    }

    fn posted(&mut self, task: TaskId, op: &Op, rng: &mut Rng) {
        self.pending.post(task, op);
        self.priorities[task.index()] = if task == TaskId::CLOCK {
            self.clock.now()
        } else if op.kind.offers_to_wait() {
            1 + rng.below(DRAWN - 1)
        } else {
            draw(rng)
        };
    }

    fn runnable(&mut self, task: TaskId) {
        self.pending.link(task);
        self.table.set(task, self.priorities[task.index()]);
    }

    fn ran(&mut self, task: TaskId, op: &Op, rng: &mut Rng) {
        self.pending.unlink(task);
        let Pos {
            priorities,
            table,
            pending,
            ..
        } = self;
        pending.each_conflict(op, |other| {
            let priority = draw(rng);
            priorities[other.index()] = priority;
            table.set(other, priority);
        });
        if let Some(priority) = self.clock.after_step(task, rng) {
            self.priorities[TaskId::CLOCK.index()] = priority;
            self.table.set(TaskId::CLOCK, priority);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::OpKind;
    use crate::strategy::model::{Do, Model, assert_share, numbers, task, writes};

    const N: u64 = 20_000;

    /// How often task 2, which has one operation, makes it after `j` of main's.
    fn places(main: Vec<Do>, other: Vec<Do>) -> Vec<u32> {
        let mut places = vec![0; main.len() + 1];
        let mut model = Model::of([main, other]);
        let mut strategy = Pos::new();
        for seed in 0..N {
            let order = numbers(&model.run(&mut strategy, seed));
            places[order.iter().position(|&t| t == 2).unwrap()] += 1;
        }
        places
    }

    #[test]
    fn an_operation_keeps_its_priority_while_nothing_conflicts() {
        // It comes after j of n others if it is lower than j draws and higher
        // than the next: 1 / (j + 1) - 1 / (j + 2), and 1 / (n + 1) for the last
        // place.
        let loads = |n| vec![Do::Op(OpKind::Load, 1); n];
        for (main, other) in [(writes(1, 5), writes(2, 1)), (loads(5), loads(1))] {
            for (j, &hits) in places(main, other).iter().enumerate() {
                let j1 = j as f64 + 1.0;
                let expected = if j == 5 {
                    1.0 / j1
                } else {
                    1.0 / (j1 * (j1 + 1.0))
                };
                assert_share(hits, N, expected);
            }
        }
    }

    #[test]
    fn an_operation_draws_again_when_one_that_conflicts_has_run() {
        // A fair coin at each step: 2⁻⁽ʲ⁺¹⁾, and 2⁻ⁿ for the last place.
        let loads = |n| vec![Do::Op(OpKind::Load, 1); n];
        for (main, other) in [
            (writes(1, 5), writes(1, 1)),
            (writes(1, 5), loads(1)),
            (loads(5), writes(1, 1)),
        ] {
            for (j, &hits) in places(main, other).iter().enumerate() {
                let expected = 0.5f64.powi(j.min(4) as i32 + 1);
                assert_share(hits, N, expected);
            }
        }
    }

    #[test]
    fn who_yields_goes_last_and_takes_turns_at_random() {
        let mut yields = vec![Do::Op(OpKind::Yield, 0)];
        yields.extend(writes(1, 1));
        let mut strategy = Pos::new();
        let mut main_first = 0;
        for seed in 0..N {
            let mut model = Model::of([yields.clone(), yields.clone(), writes(2, 3)]);
            let order = numbers(&model.run(&mut strategy, seed));
            assert_eq!(order[..3], [3, 3, 3], "{order:?}");
            main_first += u32::from(order[3] == 1);
        }
        assert_share(main_first, N, 0.5);
    }

    #[test]
    fn waiters_of_a_lock_are_as_likely_as_each_other() {
        // All post the lock at once; whoever gets it, the next one is drawn
        // anew, so that each of the 3! orders has the same probability.
        let locks = [Do::Op(OpKind::Lock, 1), Do::Op(OpKind::Unlock, 1)];
        let mut model = Model::of([locks.to_vec(), locks.to_vec(), locks.to_vec()]);
        let mut strategy = Pos::new();
        let mut orders = std::collections::BTreeMap::new();
        for seed in 0..N {
            *orders
                .entry(numbers(&model.run(&mut strategy, seed)))
                .or_insert(0) += 1;
        }
        assert_eq!(orders.len(), 6);
        for &hits in orders.values() {
            assert_share(hits, N, 1.0 / 6.0);
        }
    }

    #[test]
    fn the_clock_does_not_starve_anybody() {
        let yields = vec![Do::Op(OpKind::Yield, 0); 20];
        let mut strategy = Pos::new();
        for seed in 0..1_000 {
            let mut model = Model::of([yields.clone(), writes(1, 1)]);
            model.fires = 300;
            let order = model.run(&mut strategy, seed);
            let end = order.iter().rposition(|&t| t != task(0)).unwrap();
            let streaks = order[..end].split(|&t| t != task(0));
            assert!(
                streaks.map(<[TaskId]>::len).max().unwrap() < 60,
                "{order:?}"
            );
        }
    }
}
