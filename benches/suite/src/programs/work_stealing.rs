//! A work-stealing queue whose owner takes no lock as long as there is no need to.
//!
//! Origin: CHESS, `WorkStealQueue` and `InterlockedWorkStealQueue`, as in SCTBench;
//! the protocol is the THE protocol of Frigo, Leiserson, Randall, "The
//! Implementation of the Cilk-5 Multithreaded Language", PLDI 1998.

use std::sync::Arc;

use super::cells::{Lock, Var, join, spawn};

const ITEMS: usize = 4;
const STEALS: usize = 2;
/// More slots than are ever used, so that growing does not move them.
const SLOTS: usize = 8;

struct Queue<const INTERLOCKED: bool, const FIXED: bool> {
    head: Var,
    tail: Var,
    slots: [Var; SLOTS],
    /// Number of slots in use less one, a power of two less one. The owner, who
    /// alone changes it, has a copy.
    mask: Lock<i32>,
    /// How often each item has been worked on.
    worked: [Var; ITEMS],
}

impl<const INTERLOCKED: bool, const FIXED: bool> Queue<INTERLOCKED, FIXED> {
    #[track_caller]
    fn read(var: &Var) -> i32 {
        if INTERLOCKED { var.add(0) } else { var.get() }
    }

    #[track_caller]
    fn write(var: &Var, value: i32) {
        if INTERLOCKED {
            var.swap(value);
        } else {
            var.set(value);
        }
    }

    fn slot(&self, at: i32, mask: i32) -> &Var {
        &self.slots[(at & mask) as usize]
    }

    fn steal(&self) -> Option<i32> {
        let mask = self.mask.lock();
        let head = Self::read(&self.head);
        Self::write(&self.head, head + 1);
        if head < Self::read(&self.tail) {
            Some(self.slot(head, *mask).get())
        } else {
            Self::write(&self.head, head);
            None
        }
    }

    fn pop(&self, mask: i32) -> Option<i32> {
        let tail = Self::read(&self.tail) - 1;
        Self::write(&self.tail, tail);
        if Self::read(&self.head) <= tail {
            return Some(self.slot(tail, mask).get());
        }
        Self::write(&self.tail, tail + 1);
        let held = self.mask.lock();
        let tail = Self::read(&self.tail) - 1;
        Self::write(&self.tail, tail);
        if Self::read(&self.head) <= tail {
            return Some(self.slot(tail, *held).get());
        }
        Self::write(&self.head, 0);
        Self::write(&self.tail, 0);
        None
    }

    fn push(&self, item: i32, mask: &mut i32) {
        let tail = Self::read(&self.tail);
        // A thief may have moved the head and not yet read the slot, so one slot
        // has to stay free: without that his item is overwritten.
        let free = if FIXED { *mask } else { *mask + 1 };
        if tail < Self::read(&self.head) + free {
            self.slot(tail, *mask).set(item);
            Self::write(&self.tail, tail + 1);
            return;
        }
        let mut held = self.mask.lock();
        let head = Self::read(&self.head);
        let count = Self::read(&self.tail) - head;
        let items: Vec<i32> = (head..head + count)
            .map(|at| self.slot(at, *held).get())
            .collect();
        if count >= *held {
            *held = 2 * *held + 1;
            *mask = *held;
        }
        for (at, item) in (0..).zip(items) {
            self.slot(at, *held).set(item);
        }
        self.slot(count, *held).set(item);
        Self::write(&self.head, 0);
        Self::write(&self.tail, count + 1);
    }

    fn work(&self, item: Option<i32>) {
        if let Some(item) = item {
            let worked = &self.worked[item as usize];
            worked.set(worked.get() + 1);
        }
    }
}

/// An owner that pushes and pops, and a thief. The owner fills the queue to the
/// last slot, from which the thief may be about to take: an item is worked on
/// twice, and another never.
pub(super) fn work_stealing<const INTERLOCKED: bool, const FIXED: bool>() {
    let queue = Arc::new(Queue::<INTERLOCKED, FIXED> {
        head: Var::new(0),
        tail: Var::new(0),
        slots: std::array::from_fn(|_| Var::new(0)),
        mask: Lock::new(1),
        worked: std::array::from_fn(|_| Var::new(0)),
    });
    let thief = spawn(&queue, |queue| {
        for _ in 0..STEALS {
            queue.work(queue.steal());
        }
    });
    let owner = spawn(&queue, |queue| {
        let mut mask = 1;
        for pair in 0..ITEMS as i32 / 2 {
            queue.push(2 * pair, &mut mask);
            queue.push(2 * pair + 1, &mut mask);
            queue.work(queue.pop(mask));
        }
        for _ in 0..ITEMS / 2 {
            queue.work(queue.pop(mask));
        }
    });
    join([thief, owner]);
    for worked in &queue.worked {
        assert_eq!(worked.get(), 1, "an item not worked on exactly once");
    }
}
