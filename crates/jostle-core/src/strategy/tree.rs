//! A table with a number for each task that always knows their maximum or sum.
//!
//! A complete binary tree in an array, the tasks at the leaves: node 1 is the
//! root, the children of node `i` are `2i` and `2i + 1`. Changing a number costs
//! one round per level, at most 14 for 16,384 tasks, and fewer where a node
//! turns out not to change.
//!
//! Zero means absence. Strategies remove lazily: a task that stops being
//! runnable stays in the table until it is drawn, because no notification says that
//! it stopped.

use std::marker::PhantomData;

use crate::decision::Rng;
use crate::id::TaskId;
use crate::task_set::TaskSet;

/// What a node says about its two children.
pub(super) trait Combine {
    fn combine(left: u64, right: u64) -> u64;
}

/// The larger number.
#[derive(Debug)]
pub(super) struct Max;

/// The sum.
#[derive(Debug)]
pub(super) struct Sum;

impl Combine for Max {
    #[inline]
    fn combine(left: u64, right: u64) -> u64 {
        left.max(right)
    }
}

impl Combine for Sum {
    #[inline]
    fn combine(left: u64, right: u64) -> u64 {
        left + right
    }
}

/// The table.
#[derive(Debug)]
pub(super) struct Tree<C> {
    /// Nodes `2i` and `2i + 1` are pair `i`, so that one look finds both children
    /// of node `i`. Node 0 does not exist.
    ///
    /// Invariant: as many pairs as leaves; each node is the combination of its
    /// children.
    pairs: Vec<[u64; 2]>,
    /// Invariant: a power of two.
    leaves: usize,
    combine: PhantomData<C>,
}

/// Most scenarios have fewer tasks than this.
const SMALL: usize = 4;

/// What a strategy says if the executor broke the contract of
/// [`Strategy`](super::Strategy).
const UNANNOUNCED: &str =
    "this is a bug in the executor: a task is runnable that was not announced to the strategy";

impl<C: Combine> Tree<C> {
    pub(super) fn new() -> Tree<C> {
        Tree {
            pairs: vec![[0; 2]; SMALL],
            leaves: SMALL,
            combine: PhantomData,
        }
    }

    /// Removes every task, keeping the memory.
    pub(super) fn clear(&mut self) {
        self.pairs.clear();
        self.pairs.resize(SMALL, [0; 2]);
        self.leaves = SMALL;
    }

    #[inline]
    fn leaf(&self, task: TaskId) -> u64 {
        let at = self.leaves + task.index();
        self.pairs.get(at / 2).map_or(0, |pair| pair[at % 2])
    }

    #[inline]
    fn root(&self) -> u64 {
        self.pairs[0][1]
    }

    /// Whether `task` is in the table.
    #[inline]
    pub(super) fn contains(&self, task: TaskId) -> bool {
        self.leaf(task) != 0
    }

    #[cold]
    fn grow(&mut self, task: usize) {
        let old = self.leaves;
        self.leaves = (task + 1).next_power_of_two();
        self.pairs.resize(self.leaves, [0; 2]);
        self.pairs.copy_within(old / 2..old, self.leaves / 2);
        // The old leaves are inner nodes now, and those outside the new row of
        // leaves are all computed anew.
        for at in (1..self.leaves).rev() {
            let [left, right] = self.pairs[at];
            self.pairs[at / 2][at % 2] = C::combine(left, right);
        }
    }
}

impl Tree<Max> {
    #[inline]
    fn set_leaf(&mut self, task: TaskId, number: u64) {
        if task.index() >= self.leaves {
            self.grow(task.index());
        }
        let mut at = self.leaves + task.index();
        let mut now = number;
        // As a slice: the vector's own fields would be read again at each level.
        let pairs = self.pairs.as_mut_slice();
        while at > 0 {
            let pair = &mut pairs[at / 2];
            if pair[at % 2] == now {
                break;
            }
            pair[at % 2] = now;
            now = Max::combine(pair[0], pair[1]);
            at /= 2;
        }
    }

    /// Gives `task` a priority, which is not 0.
    #[inline]
    pub(super) fn set(&mut self, task: TaskId, priority: u32) {
        debug_assert!(priority != 0, "0 stands for absence");
        // The number of the task is part of the leaf, so that the root names it
        // and equal priorities have an order.
        self.set_leaf(task, u64::from(priority) << 32 | task.index() as u64);
    }

    /// Takes `task` out of the table.
    #[inline]
    pub(super) fn remove(&mut self, task: TaskId) {
        self.set_leaf(task, 0);
    }

    /// The task with the highest priority of all in the table, runnable or not.
    ///
    /// # Panics
    ///
    /// If the table is empty.
    #[inline]
    pub(super) fn top(&self) -> TaskId {
        let root = self.root();
        assert!(root != 0, "{UNANNOUNCED}");
        TaskId::from_index(root as u32 as usize)
    }
}

impl Tree<Sum> {
    /// Small enough that the weights of the 16,384 tasks that an execution can
    /// have add up to less than 2³², so that one draw of 32 bits is enough; large
    /// enough for more than twice the steps that a task makes within the default
    /// budget.
    pub(super) const MAX_WEIGHT: u32 = (1 << 18) - 1;

    /// Gives `task` a weight, 0 to take it out.
    #[inline]
    pub(super) fn set(&mut self, task: TaskId, weight: u32) {
        debug_assert!(weight <= Tree::MAX_WEIGHT);
        if task.index() >= self.leaves {
            self.grow(task.index());
        }
        // What `set_leaf` does, without a look at the siblings: a sum changes by
        // as much as its part does.
        let by = u64::from(weight).wrapping_sub(self.leaf(task));
        let mut at = self.leaves + task.index();
        let pairs = self.pairs.as_mut_slice();
        while at > 0 && by != 0 {
            let sum = &mut pairs[at / 2][at % 2];
            *sum = sum.wrapping_add(by);
            at /= 2;
        }
    }

    /// Draws a task out of `runnable` with a probability proportional to its
    /// weight. Tasks that are drawn and not runnable are taken out.
    ///
    /// # Panics
    ///
    /// If no task of `runnable` is in the table.
    #[inline]
    pub(super) fn draw(&mut self, runnable: &TaskSet, rng: &mut Rng) -> TaskId {
        loop {
            let total = self.root();
            assert!(total != 0, "{UNANNOUNCED}");
            let ticket = match u32::try_from(total) {
                Ok(total) => u64::from(rng.below(total)),
                Err(_) => rng.below_u64(total),
            };
            let task = self.at(ticket);
            if runnable.contains(task) {
                return task;
            }
            self.set(task, 0);
        }
    }

    /// The task whose share of the sum holds `ticket`.
    #[inline]
    fn at(&self, mut ticket: u64) -> TaskId {
        let mut at = 1;
        while let Some(&[left, _]) = self.pairs.get(at) {
            let right = ticket >= left;
            ticket -= if right { left } else { 0 };
            at = 2 * at + usize::from(right);
        }
        TaskId::from_index(at - self.leaves)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::Rng;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn task(number: usize) -> TaskId {
        TaskId::from_index(number)
    }

    proptest! {
        #[test]
        fn the_top_is_the_maximum(sets in prop::collection::vec((0usize..70, 0u32..50), 1..200)) {
            let mut tree = Tree::<Max>::new();
            let mut model = BTreeMap::new();
            for (number, priority) in sets {
                if priority == 0 {
                    tree.remove(task(number));
                    model.remove(&number);
                } else {
                    tree.set(task(number), priority);
                    model.insert(number, priority);
                }
                let top = model.iter().max_by_key(|&(&n, &p)| (p, n)).map(|(&n, _)| task(n));
                match top {
                    Some(top) => prop_assert_eq!(tree.top(), top),
                    None => prop_assert_eq!(tree.root(), 0),
                }
                for n in 0..80 {
                    prop_assert_eq!(tree.contains(task(n)), model.contains_key(&n));
                }
            }
            tree.clear();
            prop_assert_eq!(tree.root(), 0);
            prop_assert!((0..80).all(|n| !tree.contains(task(n))));
        }

        #[test]
        fn every_ticket_finds_its_task(weights in prop::collection::vec(0u32..6, 1..40)) {
            let mut tree = Tree::<Sum>::new();
            // From the last on, so that the first one makes the table grow.
            for (number, &weight) in weights.iter().enumerate().rev() {
                tree.set(task(number), weight);
            }
            let shares: Vec<TaskId> = weights
                .iter()
                .enumerate()
                .flat_map(|(n, &w)| std::iter::repeat_n(task(n), w as usize))
                .collect();
            prop_assert_eq!(tree.root(), shares.len() as u64);
            for (ticket, &owner) in shares.iter().enumerate() {
                prop_assert_eq!(tree.at(ticket as u64), owner);
            }
        }
    }

    #[test]
    fn drawing_takes_out_who_is_not_ready() {
        let mut tree = Tree::<Sum>::new();
        tree.set(task(1), Tree::MAX_WEIGHT);
        tree.set(task(2), 1);
        let runnable: TaskSet = [task(2)].into_iter().collect();
        let mut rng = Rng::new(1);
        assert_eq!(tree.draw(&runnable, &mut rng), task(2));
        assert!(!tree.contains(task(1)));
        assert_eq!(tree.root(), 1);
    }
}
