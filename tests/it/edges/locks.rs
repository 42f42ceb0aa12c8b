//! Locks, barriers and what runs once, of `sync`.

use std::sync::Arc;
use std::time::Duration;

use jostle::sync::{Barrier, Condvar, LazyLock, Mutex, Once, OnceLock, RwLock};
use jostle::thread;
use jostle_core::finding::Access;

use super::support::{Memory, ordered, races, unordered};

/// Runs both on tasks of their own, with something that they share.
fn both<S: Send + Sync + 'static>(
    shared: S,
    memory: &Memory,
    one: fn(&S, &Memory),
    another: fn(&S, &Memory),
) {
    let shared = Arc::new(shared);
    let tasks = [one, another].map(|half| {
        let (shared, memory) = (Arc::clone(&shared), memory.clone());
        thread::spawn(move || half(&shared, &memory))
    });
    for task in tasks {
        task.join().unwrap();
    }
}

#[test]
fn mutex() {
    fn under_lock(lock: &Mutex<()>, memory: &Memory) {
        let _locked = lock.lock().unwrap();
        memory.write();
    }
    fn when_free(lock: &Mutex<()>, memory: &Memory) {
        if let Ok(_locked) = lock.try_lock() {
            memory.write();
        }
    }
    ordered(|memory| both(Mutex::new(()), &memory, under_lock, under_lock));
    ordered(|memory| both(Mutex::new(()), &memory, under_lock, when_free));
    // A lock that is not had orders nothing.
    unordered(|memory| {
        let lock = Arc::new(Mutex::new(()));
        let locked = lock.lock().unwrap();
        memory.write();
        let (other, lock) = (memory.clone(), Arc::clone(&lock));
        let task = thread::spawn(move || {
            assert!(lock.try_lock().is_err());
            other.write();
        });
        memory.write();
        task.join().unwrap();
        drop(locked);
    });
}

/// The lock of one task does not help if the other one takes another.
#[test]
fn the_locks_of_both_accesses_are_part_of_the_finding() {
    fn locks_first(locks: &[Mutex<()>; 2], memory: &Memory) {
        let _locked = locks[0].lock().unwrap();
        memory.write();
    }
    fn locks_second(locks: &[Mutex<()>; 2], memory: &Memory) {
        let _locked = locks[1].lock().unwrap();
        memory.write();
    }
    let found = races(|memory| both([(); 2].map(Mutex::new), &memory, locks_first, locks_second));
    assert_eq!(found.len(), 96);
    for finding in found {
        let [later, earlier] = &finding.accesses[..] else {
            panic!("{finding:?}");
        };
        assert_eq!(
            (later.held.len(), earlier.held.len()),
            (1, 1),
            "{finding:?}"
        );
        assert_ne!(later.held, earlier.held, "{finding:?}");
    }
}

/// That both have it for reading does not help if one of them writes.
#[test]
fn a_lock_that_both_have_for_reading_is_named_twice() {
    fn writes(lock: &RwLock<()>, memory: &Memory) {
        let _locked = lock.read().unwrap();
        let again = lock.read().unwrap();
        memory.read();
        drop(again);
        memory.write();
    }
    for finding in races(|memory| both(RwLock::new(()), &memory, writes, writes)) {
        let [later, earlier] = &finding.accesses[..] else {
            panic!("{finding:?}");
        };
        assert_eq!(later.held.len(), 1, "{finding:?}");
        assert_eq!(later.held, earlier.held, "{finding:?}");
    }
}

#[test]
fn a_lock_that_was_given_up_before_the_access_is_not_named() {
    fn unlocks(locks: &(Mutex<()>, RwLock<()>, Mutex<()>), memory: &Memory) {
        drop(locks.0.lock().unwrap());
        drop(locks.1.write().unwrap());
        memory.write();
        drop(locks.0.lock().unwrap());
    }
    fn locks(locks: &(Mutex<()>, RwLock<()>, Mutex<()>), memory: &Memory) {
        let _locked = locks.2.lock().unwrap();
        memory.write();
    }
    let found = races(|memory| {
        let shared = (Mutex::new(()), RwLock::new(()), Mutex::new(()));
        both(shared, &memory, unlocks, locks);
    });
    let mut orders = Vec::new();
    for finding in found {
        let held: Vec<usize> = finding.accesses.iter().map(|a| a.held.len()).collect();
        assert!(matches!(held[..], [0, 1] | [1, 0]), "{finding:?}");
        orders.push(held);
    }
    orders.sort();
    orders.dedup();
    assert_eq!(orders.len(), 2, "either access was the earlier one");
}

/// Nor is it in the executions after one in which a task on the same stack ended without
/// giving it up.
#[test]
fn a_lock_that_is_taken_after_the_access_is_not_named() {
    fn leaves(locks: &[Mutex<()>; 2], memory: &Memory) {
        memory.write();
        std::mem::forget(locks[0].lock());
    }
    fn writes(locks: &[Mutex<()>; 2], memory: &Memory) {
        // Where it waits while the other one does both.
        drop(locks[1].lock());
        memory.write();
    }
    let found = races(|memory| both([(); 2].map(Mutex::new), &memory, leaves, writes));
    assert_eq!(found.len(), 96);
    for finding in found {
        let none = |access: &Access| access.held.is_empty();
        assert!(finding.accesses.iter().all(none), "{finding:?}");
    }
}

#[test]
fn a_writer_is_ordered_with_everybody_and_readers_are_not() {
    fn reads(lock: &RwLock<()>, memory: &Memory) {
        let _locked = lock.read().unwrap();
        memory.read();
    }
    fn writes(lock: &RwLock<()>, memory: &Memory) {
        let _locked = lock.write().unwrap();
        memory.write();
    }
    fn writes_under_a_read_lock(lock: &RwLock<()>, memory: &Memory) {
        let _locked = lock.read().unwrap();
        memory.write();
    }
    fn downgrades(lock: &RwLock<()>, memory: &Memory) {
        let locked = lock.write().unwrap();
        memory.write();
        let _locked = jostle::sync::RwLockWriteGuard::downgrade(locked);
        memory.read();
    }
    ordered(|memory| both(RwLock::new(()), &memory, writes, writes));
    ordered(|memory| both(RwLock::new(()), &memory, writes, reads));
    ordered(|memory| both(RwLock::new(()), &memory, downgrades, reads));
    ordered(|memory| both(RwLock::new(()), &memory, writes_under_a_read_lock, writes));
    unordered(|memory| both(RwLock::new(()), &memory, writes_under_a_read_lock, reads));
}

/// It is the mutex that orders.
#[test]
fn a_condvar_orders_nothing() {
    ordered(|memory| {
        fn tells(shared: &(Mutex<bool>, Condvar), memory: &Memory) {
            memory.write();
            *shared.0.lock().unwrap() = true;
            shared.1.notify_one();
        }
        fn hears(shared: &(Mutex<bool>, Condvar), memory: &Memory) {
            let told = shared.0.lock().unwrap();
            drop(shared.1.wait_while(told, |told| !*told).unwrap());
            memory.write();
        }
        both((Mutex::new(false), Condvar::new()), &memory, tells, hears);
    });
    unordered(|memory| {
        fn tells(shared: &(Mutex<()>, Condvar), memory: &Memory) {
            memory.write();
            shared.1.notify_one();
        }
        fn hears(shared: &(Mutex<()>, Condvar), memory: &Memory) {
            let locked = shared.0.lock().unwrap();
            let patience = Duration::from_secs(1);
            drop(shared.1.wait_timeout(locked, patience).unwrap());
            memory.write();
        }
        both((Mutex::new(()), Condvar::new()), &memory, tells, hears);
    });
}

#[test]
fn barrier() {
    ordered(|memory| {
        fn before(barrier: &Barrier, memory: &Memory) {
            memory.write();
            barrier.wait();
        }
        fn after(barrier: &Barrier, memory: &Memory) {
            barrier.wait();
            memory.write();
        }
        both(Barrier::new(2), &memory, before, after);
    });
    unordered(|memory| {
        fn after(barrier: &Barrier, memory: &Memory) {
            barrier.wait();
            memory.write();
        }
        both(Barrier::new(2), &memory, after, after);
    });
    unordered(|memory| {
        fn before(barrier: &Barrier, memory: &Memory) {
            memory.write();
            barrier.wait();
        }
        both(Barrier::new(2), &memory, before, before);
    });
}

#[test]
fn once() {
    fn initializes(once: &Once, memory: &Memory) {
        once.call_once(|| memory.write());
        memory.read();
    }
    fn reads_when_complete(once: &Once, memory: &Memory) {
        if once.is_completed() {
            memory.read();
        }
    }
    fn goes_on(once: &Once, memory: &Memory) {
        once.call_once(|| {});
        memory.write();
    }
    ordered(|memory| both(Once::new(), &memory, initializes, initializes));
    ordered(|memory| both(Once::new(), &memory, initializes, reads_when_complete));
    unordered(|memory| both(Once::new(), &memory, goes_on, goes_on));
}

#[test]
fn once_lock() {
    fn initializes(cell: &OnceLock<u32>, memory: &Memory) {
        cell.get_or_init(|| {
            memory.write();
            1
        });
        memory.read();
    }
    fn sees(cell: &OnceLock<u32>, memory: &Memory) {
        if cell.get().is_some() {
            memory.read();
        }
    }
    fn sets(cell: &OnceLock<u32>, memory: &Memory) {
        memory.write();
        let _ = cell.set(1);
    }
    ordered(|memory| both(OnceLock::new(), &memory, initializes, initializes));
    ordered(|memory| both(OnceLock::new(), &memory, initializes, sees));
    ordered(|memory| both(OnceLock::new(), &memory, sets, sees));
    unordered(|memory| both(OnceLock::new(), &memory, sets, sets));
}

#[test]
fn lazy_lock() {
    ordered(|memory| {
        let made = memory.clone();
        let lazy = Arc::new(LazyLock::new(move || made.write()));
        let tasks = [(); 2].map(|()| {
            let (lazy, memory) = (Arc::clone(&lazy), memory.clone());
            thread::spawn(move || {
                LazyLock::force(&lazy);
                memory.read();
            })
        });
        for task in tasks {
            task.join().unwrap();
        }
    });
}
