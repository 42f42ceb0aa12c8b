//! `Mutex`.

use jostle::sync::{Arc, Mutex};
use jostle::thread;
use jostle_core::finding::Kind;

use crate::support::conformance::conformance;
use crate::support::explore::explore;

conformance! {
    a_read_and_a_write_under_one_lock_lose_nothing() -> u32 {
        let counter = sync::Arc::new(sync::Mutex::new(0));
        let theirs = sync::Arc::clone(&counter);
        let add = move |counter: &sync::Mutex<u32>| {
            let mut held = counter.lock().unwrap();
            let seen = *held;
            thread::yield_now();
            *held = seen + 1;
        };
        let other = thread::spawn(move || add(&theirs));
        add(&counter);
        other.join().unwrap();
        *counter.lock().unwrap()
    } gives [2];

    two_sections_lose_an_update() -> u32 {
        let counter = sync::Arc::new(sync::Mutex::new(0));
        let theirs = sync::Arc::clone(&counter);
        let add = move |counter: &sync::Mutex<u32>| {
            let seen = *counter.lock().unwrap();
            *counter.lock().unwrap() = seen + 1;
        };
        let other = thread::spawn(move || add(&theirs));
        add(&counter);
        other.join().unwrap();
        *counter.lock().unwrap()
    } gives [1, 2];

    try_lock_succeeds_or_would_block() -> bool {
        let lock = sync::Arc::new(sync::Mutex::new(()));
        let theirs = sync::Arc::clone(&lock);
        let other = thread::spawn(move || {
            let _held = theirs.lock().unwrap();
            thread::yield_now();
        });
        let succeeded = match lock.try_lock() {
            Ok(_) => true,
            Err(sync::TryLockError::WouldBlock) => false,
            Err(sync::TryLockError::Poisoned(_)) => panic!("nobody panicked"),
        };
        other.join().unwrap();
        succeeded
    } gives [true, false];

    a_panic_poisons_and_the_poison_can_be_cleared() -> (bool, bool, bool, u32) {
        let lock = sync::Mutex::new(1);
        let caught = std::panic::catch_unwind(|| {
            let mut held = lock.lock().unwrap();
            *held = 7;
            std::panic::resume_unwind(Box::new("on purpose"));
        });
        assert!(caught.is_err());
        let poisoned = lock.lock().is_err();
        let tried = matches!(lock.try_lock(), Err(sync::TryLockError::Poisoned(_)));
        lock.clear_poison();
        let cleared = !lock.is_poisoned();
        (poisoned, tried, cleared, lock.into_inner().unwrap())
    } gives [(true, true, true, 7)];

    a_lock_taken_while_panicking_is_not_poisoned() -> bool {
        struct LocksInDrop(sync::Arc<sync::Mutex<u32>>);
        impl Drop for LocksInDrop {
            fn drop(&mut self) {
                *self.0.lock().unwrap() += 1;
            }
        }
        let lock = sync::Arc::new(sync::Mutex::new(0));
        let theirs = LocksInDrop(sync::Arc::clone(&lock));
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
            let _theirs = theirs;
            std::panic::resume_unwind(Box::new("on purpose"));
        }));
        assert!(caught.is_err());
        lock.is_poisoned()
    } gives [false];

    poison_is_kept_by_get_mut_and_into_inner() -> (bool, bool) {
        let mut lock = sync::Mutex::new(1);
        let _ = std::panic::catch_unwind(|| {
            let _held = lock.lock();
            std::panic::resume_unwind(Box::new("on purpose"));
        });
        (lock.get_mut().is_err(), lock.into_inner().is_err())
    } gives [(true, true)];
}

#[test]
fn locking_twice_is_a_deadlock_of_one() {
    let explored = explore(50, || {
        let lock = Mutex::new(0);
        let _held = lock.lock().unwrap();
        drop(lock.lock());
    });
    let finding = explored.always_finds(Kind::Deadlock, "a task waits for itself");
    assert_eq!(finding.cycle.len(), 1);
}

#[test]
fn opposite_orders_deadlock_on_some_seeds_and_not_on_others() {
    let explored = explore(300, || {
        let locks = Arc::new((Mutex::new(()), Mutex::new(())));
        let theirs = Arc::clone(&locks);
        let other = thread::spawn(move || {
            let _second = theirs.1.lock().unwrap();
            let _first = theirs.0.lock().unwrap();
        });
        {
            let _first = locks.0.lock().unwrap();
            let _second = locks.1.lock().unwrap();
        }
        other.join().unwrap();
    });
    assert!(explored.count("ok") > 0);
    let finding = explored.finds(Kind::Deadlock, "2 tasks wait for each other");
    assert_eq!(finding.cycle.len(), 2);
}
