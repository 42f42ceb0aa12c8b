//! A lock-free stack of free slots, with a bug that takes five preemptions.
//!
//! Origin: Dmitry Vyukov, posted to the CHESS forum in 2010; in SCTBench as
//! `SafeStack`.

use std::sync::Arc;

use super::cells::{Lock, Var, join, spawn, yield_now};

const SLOTS: usize = 3;
const TASKS: i32 = 3;
const ROUNDS: usize = 2;

struct Stack {
    head: Var,
    count: Var,
    next: [Var; SLOTS],
    /// Who uses a slot.
    user: [Var; SLOTS],
    /// Makes the fixed variant atomic.
    lock: Lock<()>,
}

impl Stack {
    fn pop(&self) -> Option<usize> {
        while self.count.get() > 1 {
            let head = self.head.get();
            let next = self.next[head as usize].swap(-1);
            if next >= 0 {
                // That the head is what it was does not mean that its successor is.
                if self.head.replace(head, next) {
                    self.count.add(-1);
                    return Some(head as usize);
                }
                self.next[head as usize].swap(next);
            } else {
                yield_now();
            }
        }
        None
    }

    fn push(&self, slot: usize) {
        loop {
            let head = self.head.get();
            self.next[slot].set(head);
            if self.head.replace(head, slot as i32) {
                break;
            }
        }
        self.count.add(1);
    }
}

/// Each task takes a slot, uses it and puts it back, twice. A slot is taken by two
/// at a time. Fixed, taking and putting back hold a lock.
pub(super) fn safestack<const FIXED: bool>() {
    let stack = Arc::new(Stack {
        head: Var::new(0),
        count: Var::new(SLOTS as i32),
        next: [1, 2, -1].map(Var::new),
        user: [-1; SLOTS].map(Var::new),
        lock: Lock::new(()),
    });
    let tasks: Vec<_> = (0..TASKS)
        .map(|me| {
            spawn(&stack, move |stack| {
                for _ in 0..ROUNDS {
                    let slot = loop {
                        let held = FIXED.then(|| stack.lock.lock());
                        let popped = stack.pop();
                        drop(held);
                        match popped {
                            Some(slot) => break slot,
                            None => yield_now(),
                        }
                    };
                    stack.user[slot].set(me);
                    assert_eq!(stack.user[slot].get(), me, "a slot used by two");
                    let _held = FIXED.then(|| stack.lock.lock());
                    stack.push(slot);
                }
            })
        })
        .collect();
    join(tasks);
}
