//! Held out: counters that are read and written in two steps.
//!
//! Origin: every course on threads; written for this suite.

use std::sync::Arc;

use super::cells::{Var, join, spawn, yield_now};

/// `TASKS` tasks add one, `TIMES` times each. Losing a single update is common; at
/// most `LEFT` of all must be left over. Fixed, adding is one step.
pub(super) fn lost_update<
    const TASKS: i32,
    const TIMES: i32,
    const LEFT: i32,
    const FIXED: bool,
>() {
    let counter = Arc::new(Var::new(0));
    let tasks: Vec<_> = (0..TASKS)
        .map(|_| {
            spawn(&counter, |counter| {
                for _ in 0..TIMES {
                    if FIXED {
                        counter.add(1);
                    } else {
                        counter.set(counter.get() + 1);
                    }
                }
            })
        })
        .collect();
    join(tasks);
    assert!(counter.get() > LEFT, "updates lost");
}

struct Ticket {
    next: Var,
    serving: Var,
    inside: Var,
}

/// A ticket lock whose tickets are drawn in two steps: two tasks draw the same and
/// are let in together. Fixed, drawing is one step.
pub(super) fn ticket_lock<const FIXED: bool>() {
    /// Nobody waits for ever: once a ticket is there twice, another is never called.
    const PATIENCE: usize = 20;
    let lock = Arc::new(Ticket {
        next: Var::new(0),
        serving: Var::new(0),
        inside: Var::new(0),
    });
    let tasks: Vec<_> = (0..3)
        .map(|_| {
            spawn(&lock, |lock| {
                let mine = if FIXED {
                    lock.next.add(1)
                } else {
                    let next = lock.next.get();
                    lock.next.set(next + 1);
                    next
                };
                for _ in 0..PATIENCE {
                    if lock.serving.get() == mine {
                        assert_eq!(lock.inside.swap(1), 0, "two inside");
                        lock.inside.set(0);
                        lock.serving.set(mine + 1);
                        return;
                    }
                    yield_now();
                }
            })
        })
        .collect();
    join(tasks);
}

struct Shared {
    readers: Var,
    writing: Var,
    left: Var,
    right: Var,
}

/// Readers count themselves in two steps. Once one is lost, a writer believes
/// itself alone while a reader reads. Fixed, counting is one step.
pub(super) fn reader_count<const FIXED: bool>() {
    let shared = Arc::new(Shared {
        readers: Var::new(0),
        writing: Var::new(0),
        left: Var::new(0),
        right: Var::new(0),
    });
    let count = |shared: &Shared, by: i32| {
        if FIXED {
            shared.readers.add(by);
        } else {
            shared.readers.set(shared.readers.get() + by);
        }
    };
    let readers: Vec<_> = (0..2)
        .map(|_| {
            spawn(&shared, move |shared| {
                count(shared, 1);
                if shared.writing.get() == 0 {
                    let left = shared.left.get();
                    assert_eq!(shared.right.get(), left, "half written");
                }
                count(shared, -1);
            })
        })
        .collect();
    let writer = spawn(&shared, |shared| {
        shared.writing.set(1);
        if shared.readers.get() == 0 {
            shared.left.set(1);
            shared.right.set(1);
        }
        shared.writing.set(0);
    });
    join(readers.into_iter().chain([writer]));
}
