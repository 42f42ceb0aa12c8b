//! PCT: priorities that change at a few random points.
//!
//! After Burckhardt, Kothari, Musuvathi, Nagarakatte, "A Randomized Scheduler
//! with Probabilistic Guarantees of Finding Bugs", ASPLOS 2010. The runnable
//! task with the highest priority runs; priorities are random, and at
//! `d - 1` random points of the execution the task that would run is lowered
//! below all that have not been. A bug that needs `d` ordering constraints shows
//! with a probability of at least `1 / (n · kᵈ⁻¹)` for `n` tasks and `k`
//! decisions. Tests check the bound where it is tight.
//!
//! Where this departs from the paper:
//!
//! - `k` counts decisions and not steps, since where only one task is runnable
//!   lowering it can wait until there is another (section 4.1 of the paper says
//!   why that loses nothing). That makes `k` smaller and the bound better.
//! - A task that is about to yield or spin is lowered below everything, for
//!   good. The paper's guarantee is for programs that end under every schedule;
//!   a task that spins at the highest priority would never let the task run
//!   that it waits for.
//! - The clock takes part with a priority like a task, but falls each time a
//!   timer fires and draws a new one afterwards; see [`ClockPriority`]. With a
//!   fixed one above all others, a ticker would go first for ever.
//! - Tasks draw their priorities independently when they are spawned, as their
//!   number is not known before.

use std::cmp::Reverse;
use std::fmt;

use crate::decision::Rng;
use crate::id::TaskId;
use crate::op::Op;
use crate::strategy::priority::{ClockPriority, draw};
use crate::strategy::tree::{Max, Tree};
use crate::strategy::{Birth, Profile, Strategy, View};
use crate::task_set::TaskSet;

/// How many ordering constraints PCT aims at: the `d` of the paper, from 1 to 9.
///
/// An execution has `d - 1` change points. Nine, because the bound falls with
/// `kᵈ⁻¹`, and even at ten decisions nobody waits for 10⁸ executions.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Depth(u8);

impl Depth {
    /// The smallest depth: no change points, only random priorities.
    pub const MIN: Depth = Depth(1);
    /// Two: one change point, as for an operation that comes between two others.
    pub const TWO: Depth = Depth(2);
    /// Three: two change points. The paper found all its bugs with up to that.
    pub const DEFAULT: Depth = Depth(3);
    /// The largest depth.
    pub const MAX: Depth = Depth(9);

    /// The depth `d`, if it is from 1 to 9.
    #[must_use]
    pub const fn new(d: u8) -> Option<Depth> {
        match d {
            1..=9 => Some(Depth(d)),
            _ => None,
        }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl fmt::Display for Depth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Change points are drawn from this many decisions if there is no profile:
/// the size of a scenario that a person writes as a test.
const UNPROFILED: u32 = 100;

/// Change point `i` lowers to this and `i`, below all that is drawn. Those that
/// yield go below that, each further down than the one before.
const LOWERED: u32 = 1 << 30;

/// Probabilistic concurrency testing with a given [`Depth`].
#[derive(Debug)]
pub struct Pct {
    depth: Depth,
    /// The priority of each task, whether in the table or not.
    priorities: Vec<u32>,
    /// Invariant: every runnable task is in it. See [`Tree`] for those that are
    /// not runnable.
    table: Tree<Max>,
    clock: ClockPriority,
    /// The change points to come, the next one last.
    changes: Vec<Change>,
    /// How many decisions this strategy has made.
    decisions: u32,
    /// The priority of the next task that yields.
    lowest: u32,
}

#[derive(Clone, Copy, Debug)]
struct Change {
    /// Before which decision, counted from 0.
    at: u32,
    priority: u32,
}

impl Pct {
    /// PCT with `depth - 1` change points.
    #[must_use]
    pub fn new(depth: Depth) -> Pct {
        Pct {
            depth,
            priorities: Vec::new(),
            table: Tree::new(),
            clock: ClockPriority::new(),
            changes: Vec::with_capacity(usize::from(Depth::MAX.0)),
            decisions: 0,
            lowest: LOWERED - 1,
        }
    }

    #[inline]
    fn prioritize(&mut self, task: TaskId, priority: u32) {
        self.priorities[task.index()] = priority;
        self.table.set(task, priority);
    }

    #[inline]
    fn highest(&mut self, runnable: &TaskSet) -> TaskId {
        loop {
            let top = self.table.top();
            if runnable.contains(top) {
                return top;
            }
            self.table.remove(top);
        }
    }
}

impl Strategy for Pct {
    fn begin(&mut self, profile: &Profile, rng: &mut Rng) {
        self.priorities.clear();
        self.table.clear();
        self.clock.begin(rng);
        self.changes.clear();
        self.decisions = 0;
        self.lowest = LOWERED - 1;
        let decisions = match profile.decisions {
            0 => UNPROFILED,
            known => known,
        };
        // The priorities go with the order of drawing and not with that of the
        // points, so that of two tasks lowered one after the other either may
        // be the higher one, as in the paper.
        for i in 1..u32::from(self.depth.0) {
            self.changes.push(Change {
                at: rng.below(decisions),
                priority: LOWERED + i,
            });
        }
        self.changes
            .sort_unstable_by_key(|c| Reverse((c.at, c.priority)));
    }

    fn watches(&self) -> bool {
        true
    }

    fn pick(&mut self, view: &View, _rng: &mut Rng) -> TaskId {
        let mut top = self.highest(&view.runnable);
        while let Some(&change) = self.changes.last()
            && change.at <= self.decisions
        {
            self.changes.pop();
            self.prioritize(top, change.priority);
            top = self.highest(&view.runnable);
        }
        self.decisions += 1;
        top
    }

    fn spawned(&mut self, task: TaskId, _birth: &Birth, rng: &mut Rng) {
        debug_assert_eq!(task.index(), self.priorities.len(), "tasks come in order");
        self.priorities.push(if task == TaskId::CLOCK {
            self.clock.now()
        } else {
            draw(rng)
        });
    }

    fn posted(&mut self, task: TaskId, op: &Op, _rng: &mut Rng) {
        if op.kind.offers_to_wait() {
            self.priorities[task.index()] = self.lowest;
            // Only after a billion yields would two get the same priority.
            self.lowest = (self.lowest - 1).max(1);
        }
    }

    fn runnable(&mut self, task: TaskId) {
        self.table.set(task, self.priorities[task.index()]);
    }

    fn ran(&mut self, task: TaskId, _op: &Op, rng: &mut Rng) {
        if let Some(priority) = self.clock.after_step(task, rng) {
            self.prioritize(TaskId::CLOCK, priority);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::OpKind;
    use crate::strategy::model::{Do, Model, assert_share, numbers, task, writes};
    use std::collections::BTreeMap;

    fn pct(depth: u8) -> Pct {
        Pct::new(Depth::new(depth).unwrap())
    }

    /// How often the steps come in which order.
    fn orders(model: &mut Model, strategy: &mut Pct, n: u64) -> BTreeMap<Vec<usize>, u32> {
        let mut orders = BTreeMap::new();
        for seed in 0..n {
            *orders
                .entry(numbers(&model.run(strategy, seed)))
                .or_default() += 1;
        }
        orders
    }

    #[test]
    fn depth_one_is_a_random_order_of_whole_tasks() {
        let mut model = Model::of([writes(1, 2), writes(1, 2), writes(1, 2)]).measured();
        let n = 12_000;
        let orders = orders(&mut model, &mut pct(1), n);
        assert_eq!(orders.len(), 6);
        for (order, hits) in orders {
            assert!(order.chunks(2).all(|pair| pair[0] == pair[1]), "{order:?}");
            assert_share(hits, n, 1.0 / 6.0);
        }
    }

    #[test]
    fn depth_two_meets_its_bound_exactly() {
        // The bug: task 2's only operation right after the j-th of main's k. For
        // that main has to be the higher of n = 2 tasks and the one change point
        // to be at one of k decisions: 1 / (n · k).
        let k = 8;
        let mut model = Model::of([writes(1, k), writes(1, 1)]);
        model.profile.decisions = k as u32;
        let n = 16_000;
        let orders = orders(&mut model, &mut pct(2), n);
        for j in 1..k {
            let mut order = vec![1; k + 1];
            order[j] = 2;
            assert_share(orders[&order], n, 1.0 / (2.0 * k as f64));
        }
    }

    #[test]
    fn depth_three_meets_its_bound_exactly() {
        // Main makes 2 of its 5 steps, then task 2 makes 3 of its 5, then main
        // ends before task 2 does. Main has to be the higher of n = 2 tasks, the
        // change points at decisions 2 and 5 out of k = 10 in one order of two:
        // 1 / (n · k²).
        let mut model = Model::of([writes(1, 5), writes(1, 5)]);
        model.profile.decisions = 10;
        let order = [1, 1, 2, 2, 2, 1, 1, 1, 2, 2];
        let n = 40_000;
        let orders = orders(&mut model, &mut pct(3), n);
        assert_share(orders[order.as_slice()], n, 1.0 / (2.0 * 10.0 * 10.0));
    }

    #[test]
    fn change_points_lie_within_the_default_if_there_is_no_profile() {
        let mut model = Model::of([writes(1, 300), writes(1, 300)]);
        let mut strategy = pct(2);
        let mut latest = 0;
        for seed in 0..200 {
            let order = numbers(&model.run(&mut strategy, seed));
            let switch = order.iter().take_while(|&&t| t == order[0]).count();
            assert!(switch < UNPROFILED as usize || switch == 300);
            latest = latest.max(switch % 300);
        }
        assert!(latest > UNPROFILED as usize * 9 / 10, "{latest}");
    }

    #[test]
    fn who_yields_goes_below_everybody() {
        for seed in 0..200 {
            let mut spins = vec![Do::Op(OpKind::Yield, 0)];
            spins.extend(writes(1, 1));
            let mut model = Model::of([spins.clone(), spins, writes(1, 6), writes(1, 6)]);
            model.profile.decisions = 14;
            let order = numbers(&model.run(&mut pct(9), seed));
            let first = order.iter().position(|&t| t < 3).unwrap();
            assert_eq!(first, 12, "{order:?}");
        }
    }

    #[test]
    fn two_that_spin_do_not_starve_a_third() {
        let spins = vec![Do::Op(OpKind::Spin, 0); 50];
        for seed in 0..200 {
            let mut model = Model::of([writes(1, 3), spins.clone(), spins.clone()]);
            let order = numbers(&model.run(&mut pct(3), seed));
            let last = order.iter().rposition(|&t| t == 1).unwrap();
            // Each of the other two makes at most one step before each of main's.
            assert!(last < 3 + 2 * 3, "{order:?}");
        }
    }

    #[test]
    fn the_clock_is_one_of_four_and_does_not_fire_on_and_on() {
        let mut strategy = pct(1);
        let n = 10_000;
        let mut first = 0;
        for seed in 0..n {
            let mut model = Model::of([writes(1, 9), writes(1, 9), writes(1, 9)]);
            model.fires = 50;
            let order = model.run(&mut strategy, seed);
            first += u32::from(order[0] == task(0));
            assert!(longest_streak_before_the_end(&order) < 20, "{order:?}");
        }
        assert_share(first, n, 1.0 / 4.0);
    }

    #[test]
    fn the_clock_does_not_starve_tasks_that_yield() {
        let yields = vec![Do::Op(OpKind::Yield, 0); 20];
        let mut strategy = pct(3);
        for seed in 0..1_000 {
            let mut model = Model::of([yields.clone(), yields.clone()]);
            model.fires = 200;
            let order = model.run(&mut strategy, seed);
            assert!(longest_streak_before_the_end(&order) < 60, "{order:?}");
        }
    }

    /// How many times the clock fired in a row while a task was runnable.
    fn longest_streak_before_the_end(order: &[TaskId]) -> usize {
        let end = order.iter().rposition(|&t| t != task(0)).unwrap();
        let streaks = order[..end].split(|&t| t != task(0));
        streaks.map(<[TaskId]>::len).max().unwrap()
    }
}
