//! Two locks: taken in different orders, or the wrong one of them.
//!
//! Origin: SCTBench, `CS/deadlock01`, `CS/carter01`, `CS/wronglock`,
//! `CS/wronglock_3`.

use std::sync::Arc;

use super::cells::{Lock, Var, join, spawn};

struct Locks {
    a: Lock<()>,
    b: Lock<()>,
}

impl Locks {
    fn new() -> Arc<Locks> {
        Arc::new(Locks {
            a: Lock::new(()),
            b: Lock::new(()),
        })
    }
}

/// Each of two tasks holds one lock and wants the other: a deadlock.
pub(super) fn deadlock01<const FIXED: bool>() {
    let locks = Locks::new();
    let forth = spawn(&locks, |locks| {
        let _a = locks.a.lock();
        let _b = locks.b.lock();
    });
    let back = spawn(&locks, |locks| {
        if FIXED {
            let _a = locks.a.lock();
            let _b = locks.b.lock();
        } else {
            let _b = locks.b.lock();
            let _a = locks.a.lock();
        }
    });
    join([forth, back]);
}

/// Two classes of visitors: the first visitor of a class takes the room (`b`) for
/// it and the last one gives it back, both under the lock of the counters (`a`).
/// Who waits for the room holds the counters, and who is to give it back waits for
/// them: a deadlock. Each class has one visitor, who is first and last; two more
/// tasks do nothing. Fixed, the room is taken before the counters.
pub(super) fn carter01<const FIXED: bool>() {
    let locks = Locks::new();
    let visit = |locks: &Locks| {
        let room;
        if FIXED {
            room = locks.b.lock();
            drop(locks.a.lock());
        } else {
            let _counters = locks.a.lock();
            room = locks.b.lock();
        }
        let _counters = locks.a.lock();
        drop(room);
    };
    let first = spawn(&locks, visit);
    let second = spawn(&locks, visit);
    let idle = [spawn(&locks, |_| {}), spawn(&locks, |_| {})];
    join([first, second].into_iter().chain(idle));
}

struct Guarded {
    right: Lock<()>,
    wrong: Lock<()>,
    data: Var,
}

/// One task counts up under a lock and checks that nobody interferes; `OTHERS` do
/// so under another lock.
pub(super) fn wronglock<const OTHERS: usize, const FIXED: bool>() {
    let guarded = Arc::new(Guarded {
        right: Lock::new(()),
        wrong: Lock::new(()),
        data: Var::new(0),
    });
    let check = spawn(&guarded, |guarded| {
        let _held = guarded.right.lock();
        let before = guarded.data.get();
        guarded.data.set(guarded.data.get() + 1);
        assert_eq!(guarded.data.get(), before + 1, "somebody interfered");
    });
    let others = (0..OTHERS).map(|_| {
        spawn(&guarded, |guarded| {
            let lock = if FIXED {
                &guarded.right
            } else {
                &guarded.wrong
            };
            let _held = lock.lock();
            guarded.data.set(guarded.data.get() + 1);
        })
    });
    let others: Vec<_> = others.collect();
    join([check].into_iter().chain(others));
}
