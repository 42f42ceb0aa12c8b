//! `RwLock`.

use jostle::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use jostle::sync::{Arc, RwLock, RwLockWriteGuard};
use jostle::thread;
use jostle_core::finding::Kind;

use crate::support::conformance::conformance;
use crate::support::explore::explore;

conformance! {
    nobody_reads_while_somebody_writes() -> bool {
        let lock = sync::Arc::new(sync::RwLock::new((0, 0)));
        let theirs = sync::Arc::clone(&lock);
        let writer = thread::spawn(move || {
            let mut pair = theirs.write().unwrap();
            pair.0 += 1;
            thread::yield_now();
            pair.1 += 1;
        });
        let whole = {
            let pair = lock.read().unwrap();
            pair.0 == pair.1
        };
        writer.join().unwrap();
        whole
    } gives [true];

    writers_exclude_each_other() -> u32 {
        let lock = sync::Arc::new(sync::RwLock::new(0));
        let theirs = sync::Arc::clone(&lock);
        let add = move |lock: &sync::RwLock<u32>| {
            let mut held = lock.write().unwrap();
            let seen = *held;
            thread::yield_now();
            *held = seen + 1;
        };
        let other = thread::spawn(move || add(&theirs));
        add(&lock);
        other.join().unwrap();
        *lock.read().unwrap()
    } gives [2];

    readers_may_meet() -> u32 {
        use sync::atomic::{AtomicU32, Ordering};
        let shared = sync::Arc::new((sync::RwLock::new(()), AtomicU32::new(0)));
        let theirs = sync::Arc::clone(&shared);
        let read = |shared: &(sync::RwLock<()>, AtomicU32)| {
            let _held = shared.0.read().unwrap();
            let inside = shared.1.fetch_add(1, Ordering::SeqCst) + 1;
            thread::yield_now();
            shared.1.fetch_sub(1, Ordering::SeqCst);
            inside
        };
        let other = thread::spawn(move || read(&theirs));
        let mine = read(&shared);
        mine.max(other.join().unwrap())
    } gives [1, 2];

    tries_follow_the_rules() -> (bool, bool, bool, bool) {
        let lock = sync::RwLock::new(());
        let reading = lock.read().unwrap();
        let read_beside_reader = lock.try_read().is_ok();
        let write_beside_reader = lock.try_write().is_ok();
        drop(reading);
        let writing = lock.write().unwrap();
        let read_beside_writer = lock.try_read().is_ok();
        let write_beside_writer = lock.try_write().is_ok();
        drop(writing);
        (read_beside_reader, write_beside_reader, read_beside_writer, write_beside_writer)
    } gives [(true, false, false, false)];

    try_write_succeeds_or_would_block() -> bool {
        let lock = sync::Arc::new(sync::RwLock::new(()));
        let theirs = sync::Arc::clone(&lock);
        let other = thread::spawn(move || {
            let _held = theirs.read().unwrap();
            thread::yield_now();
        });
        let succeeded = lock.try_write().is_ok();
        other.join().unwrap();
        succeeded
    } gives [true, false];

    writers_poison_and_readers_do_not() -> (bool, bool, u32) {
        let lock = sync::RwLock::new(3);
        let panic_with = |write: bool| {
            let caught = std::panic::catch_unwind(|| {
                let _reading = (!write).then(|| lock.read().unwrap());
                let _writing = write.then(|| lock.write().unwrap());
                std::panic::resume_unwind(Box::new("on purpose"));
            });
            assert!(caught.is_err());
        };
        panic_with(false);
        let after_reader = lock.read().is_err();
        panic_with(true);
        let after_writer = lock.read().is_err() && lock.write().is_err();
        lock.clear_poison();
        assert!(!lock.is_poisoned());
        (after_reader, after_writer, lock.into_inner().unwrap())
    } gives [(false, true, 3)];
}

/// std: "thread 1 reads; thread 2 blocks in write; thread 1 reads again: may
/// deadlock".
#[test]
fn reading_twice_around_a_writer_may_deadlock() {
    let explored = explore(700, || {
        let lock = Arc::new(RwLock::new(0));
        let theirs = Arc::clone(&lock);
        let writer = thread::spawn(move || *theirs.write().unwrap() += 1);
        let outer = lock.read().unwrap();
        let same = *outer == *lock.read().unwrap();
        drop(outer);
        writer.join().unwrap();
        same
    });
    explored.returns([true]);
    let finding = explored.finds(Kind::Deadlock, "2 tasks wait for each other");
    assert_eq!(finding.waits.len(), 2);
}

#[test]
fn try_read_may_lose_to_a_waiting_writer() {
    let explored = explore(700, || {
        let lock = Arc::new(RwLock::new(()));
        let theirs = Arc::clone(&lock);
        let writer = thread::spawn(move || drop(theirs.write()));
        let outer = lock.read().unwrap();
        let inner = lock.try_read().is_ok();
        drop(outer);
        writer.join().unwrap();
        inner
    });
    explored.gives([true, false]);
}

#[test]
fn writing_what_one_reads_oneself_is_a_deadlock_of_one() {
    let explored = explore(50, || {
        let lock = RwLock::new(0);
        let _reading = lock.read().unwrap();
        drop(lock.write());
    });
    explored.always_finds(Kind::Deadlock, "a task waits for itself");
}

#[test]
fn no_writer_comes_between_a_write_and_its_downgrade() {
    let explored = explore(700, || {
        let shared = Arc::new((RwLock::new(0), AtomicU32::new(0)));
        let others: Vec<_> = [10, 0]
            .into_iter()
            .map(|add| {
                let shared = Arc::clone(&shared);
                thread::spawn(move || match add {
                    0 => *shared.0.read().unwrap(),
                    _ => {
                        *shared.0.write().unwrap() += add;
                        0
                    }
                })
            })
            .collect();
        let mut writing = shared.0.write().unwrap();
        let before = *writing;
        *writing += 1;
        let reading = RwLockWriteGuard::downgrade(writing);
        shared.1.store(1, Ordering::SeqCst);
        assert_eq!(*reading, before + 1);
        assert!(shared.0.try_write().is_err());
        drop(reading);
        others.into_iter().map(|o| o.join().unwrap()).sum::<i32>()
    });
    explored.gives([0, 1, 10, 11]);
}

#[test]
fn readers_come_in_after_a_downgrade() {
    let explored = explore(300, || {
        let shared = Arc::new((RwLock::new(0), AtomicBool::new(false)));
        let theirs = Arc::clone(&shared);
        let other = thread::spawn(move || {
            let value = *theirs.0.read().unwrap();
            theirs.1.store(true, Ordering::SeqCst);
            value
        });
        let writing = shared.0.write().unwrap();
        let reading = RwLockWriteGuard::downgrade(writing);
        // Ends only if the reader comes in beside this one.
        while !shared.1.load(Ordering::SeqCst) {
            jostle::hint::spin_loop();
        }
        drop(reading);
        other.join().unwrap()
    });
    explored.gives([0]);
}
