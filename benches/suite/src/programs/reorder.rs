//! Many equal tasks and a window that only the first of them leaves open.
//!
//! Origin: SCTBench, `CS/reorder_3` to `CS/reorder_100`, `CS/twostage` to
//! `CS/twostage_100`.

use std::sync::Arc;

use super::cells::{Lock, Var, join, spawn};

struct Pair {
    a: Var,
    b: Var,
}

/// `SETTERS` tasks set two variables, one after the other; `CHECKERS` tasks expect
/// none or both to be set. A checker has to come between the first write of the
/// first setter and the second write of any. Fixed, setters begin with the one
/// that checkers read last.
pub(super) fn reorder<const SETTERS: usize, const CHECKERS: usize, const FIXED: bool>() {
    let pair = Arc::new(Pair {
        a: Var::new(0),
        b: Var::new(0),
    });
    let mut tasks = Vec::new();
    for _ in 0..SETTERS {
        tasks.push(spawn(&pair, |pair| {
            if FIXED {
                pair.b.set(-1);
                pair.a.set(1);
            } else {
                pair.a.set(1);
                pair.b.set(-1);
            }
        }));
    }
    for _ in 0..CHECKERS {
        tasks.push(spawn(&pair, |pair| {
            if FIXED {
                assert!(pair.a.get() == 0 || pair.b.get() == -1, "half set");
                return;
            }
            let none = pair.a.get() == 0 && pair.b.get() == 0;
            let both = || pair.a.get() == 1 && pair.b.get() == -1;
            assert!(none || both(), "half set");
        }));
    }
    join(tasks);
}

struct Stages {
    first_lock: Lock<()>,
    /// Also read without its lock, by those who set the second.
    first: Var,
    second: Lock<i32>,
}

/// `WRITERS` tasks set one value and then, under another lock, a second one that
/// belongs to it; `READERS` tasks read both and may find the first without the
/// second. Fixed, both are set while the first lock is held.
pub(super) fn twostage<const WRITERS: usize, const READERS: usize, const FIXED: bool>() {
    let stages = Arc::new(Stages {
        first_lock: Lock::new(()),
        first: Var::new(0),
        second: Lock::new(0),
    });
    let mut tasks = Vec::new();
    for _ in 0..WRITERS {
        tasks.push(spawn(&stages, |stages| {
            let held = stages.first_lock.lock();
            stages.first.set(1);
            let held = FIXED.then_some(held);
            let mut second = stages.second.lock();
            *second = stages.first.get() + 1;
            drop(held);
        }));
    }
    for _ in 0..READERS {
        tasks.push(spawn(&stages, |stages| {
            let held = stages.first_lock.lock();
            if stages.first.get() == 0 {
                return;
            }
            let first = stages.first.get();
            drop(held);
            assert_eq!(*stages.second.lock(), first + 1, "the first stage alone");
        }));
    }
    join(tasks);
}
