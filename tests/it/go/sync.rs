//! `WaitGroup`, `Once`, `Cond`, `Mutex`, `RwMutex`: what the tests of Go's package
//! `sync` check.

use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering::Relaxed};
use std::time::Duration;

use jostle::go;
use jostle::go::{Cond, Locker, Mutex, Once, RwMutex, WaitGroup};
use jostle::scenario::Options;
use jostle_core::finding::Kind;

use crate::support::explore::{Series, explore};
use crate::support::log::Log;

/// See `go_chan`.
const SETTLE: Duration = Duration::from_secs(3600);

const DEADLOCK: &str = "deadlock: all tasks are asleep - deadlock!";

fn arc<T: Default>() -> Arc<T> {
    Arc::default()
}

// WaitGroup

#[test]
fn a_wait_group_releases_nobody_too_soon() {
    // Two groups as a barrier, used again and again.
    let seen = explore(40, || {
        const N: i32 = 6;
        let (first, second) = (arc::<WaitGroup>(), arc::<WaitGroup>());
        for _ in 0..3 {
            first.add(N);
            second.add(N);
            let (exited, exits) = go::chan(N as usize);
            for _ in 0..N {
                let (first, second, exited) = (first.clone(), second.clone(), exited.clone());
                go! {
                    first.done();
                    second.wait();
                    exited.send(());
                }
            }
            first.wait();
            for _ in 0..N {
                go::select! { recv(exits) => panic!("released too soon"), default => {} }
                second.done();
            }
            for _ in 0..N {
                exits.recv();
            }
        }
    });
    assert_eq!(seen.all(), ["ok"]);
}

#[test]
fn a_negative_counter_is_misuse() {
    let seen = explore(8, || {
        let group = WaitGroup::new();
        group.add(1);
        group.done();
        group.done();
    });
    assert_eq!(seen.all(), ["misuse: sync: negative WaitGroup counter"]);
    let finding = seen.finding(seen.all()[0]);
    assert_eq!(finding.place.as_ref().unwrap().file, file!());
}

const REUSED: &str = "misuse: sync: WaitGroup misuse: Add called concurrently with Wait";

#[test]
fn adding_from_zero_while_somebody_is_being_released_is_misuse() {
    let seen = explore(800, || {
        let group = arc::<WaitGroup>();
        group.add(1);
        let (waiter, bad) = (group.clone(), group.clone());
        go! { waiter.wait() }
        go! {
            bad.add(1);
            bad.done();
        }
        group.done();
    });
    assert_eq!(seen.all(), [REUSED, "ok"]);
}

#[test]
fn starting_anew_before_every_wait_has_returned_is_misuse() {
    let seen = explore(800, || {
        let group = arc::<WaitGroup>();
        group.add(1);
        let (worker, other) = (group.clone(), group.clone());
        go! { worker.done() }
        go! {
            other.wait();
            other.go(|| {});
            other.wait();
        }
        group.wait();
    });
    assert_eq!(seen.all(), [REUSED, "ok"]);
}

#[test]
fn a_group_that_is_used_again_in_order_is_fine() {
    let seen = explore(800, || {
        let group = arc::<WaitGroup>();
        for round in 0..3 {
            let count = Arc::new(AtomicI32::new(0));
            for _ in 0..3 {
                let count = count.clone();
                group.go(move || {
                    count.fetch_add(1, Relaxed);
                });
            }
            group.wait();
            assert_eq!(count.load(Relaxed), 3, "round {round}");
        }
    });
    assert_eq!(seen.all(), ["ok"]);
}

#[test]
fn adding_inside_the_goroutine_may_come_too_late() {
    // The classic: Wait can see zero before the goroutine has added.
    let seen = explore(200, || {
        let group = arc::<WaitGroup>();
        let log = Log::new();
        let (theirs, entry) = (group.clone(), log.clone());
        go! {
            theirs.add(1);
            entry.push("worked");
            theirs.done();
        }
        group.wait();
        log.read()
    });
    assert_eq!(seen.all(), ["", "worked"]);
}

#[test]
fn a_goroutine_that_panics_counts_as_done() {
    let options = Options {
        allowed_panics: &["allowed"],
        ..Options::DEFAULT
    };
    let seen = Series::of(80).options(options).explore(|| {
        let group = arc::<WaitGroup>();
        group.go(|| panic!("allowed"));
        group.wait();
        "ok"
    });
    assert_eq!(seen.all(), ["ok"]);
}

#[test]
fn a_forgotten_done_is_a_deadlock_of_the_waiter() {
    let seen = explore(8, || {
        let group = WaitGroup::new();
        group.add(1);
        group.wait();
    });
    assert_eq!(seen.all(), [DEADLOCK]);
}

// Once

#[test]
fn once_runs_once_and_everybody_waits_for_it() {
    let seen = explore(200, || {
        let once = arc::<Once>();
        let ran = Arc::new(AtomicI32::new(0));
        let all = arc::<WaitGroup>();
        for _ in 0..4 {
            let (once, ran) = (once.clone(), ran.clone());
            all.go(move || {
                once.do_once(|| {
                    go::sleep(SETTLE);
                    ran.fetch_add(1, Relaxed);
                });
                assert_eq!(ran.load(Relaxed), 1);
            });
        }
        all.wait();
        once.do_once(|| unreachable!());
    });
    assert_eq!(seen.all(), ["ok"]);
}

#[test]
fn a_function_that_panics_has_run() {
    let seen = explore(80, || {
        let once = Once::new();
        let panicked = panic::catch_unwind(AssertUnwindSafe(|| {
            once.do_once(|| panic!("failed"));
        }));
        assert!(panicked.is_err());
        once.do_once(|| panic!("Once.Do called twice"));
    });
    assert_eq!(seen.all(), ["ok"]);
    let uncaught = explore(8, || Once::new().do_once(|| panic!("failed")));
    assert_eq!(uncaught.all(), ["panic: failed"]);
}

#[test]
fn a_recursive_do_waits_for_itself() {
    let seen = explore(8, || {
        let once = Once::new();
        once.do_once(|| once.do_once(|| {}));
    });
    assert_eq!(seen.all(), ["deadlock: a task waits for itself"]);
}

#[test]
fn two_functions_that_need_each_other_deadlock() {
    let seen = explore(400, || {
        let (a, b) = (arc::<Once>(), arc::<Once>());
        let (their_a, their_b) = (a.clone(), b.clone());
        go! { their_b.do_once(|| their_a.do_once(|| {})) }
        a.do_once(|| b.do_once(|| {}));
    });
    assert_eq!(seen.all(), ["deadlock: 2 tasks wait for each other", "ok"]);
}

#[test]
fn a_static_once_starts_over_in_every_execution() {
    static ONCE: Once = Once::new();
    static GROUP: WaitGroup = WaitGroup::new();
    static MUTEX: Mutex = Mutex::new();
    static RW: RwMutex = RwMutex::new();
    let seen = explore(80, || {
        let mut ran = false;
        ONCE.do_once(|| ran = true);
        assert!(ran);
        GROUP.add(1);
        MUTEX.lock();
        RW.rlock();
    });
    assert_eq!(seen.all(), ["ok"]);
}

// Mutex

#[test]
fn a_mutex_excludes() {
    let seen = explore(200, || {
        let mutex = arc::<Mutex>();
        let inside = Arc::new(AtomicI32::new(0));
        let all = arc::<WaitGroup>();
        for _ in 0..4 {
            let (mutex, inside) = (mutex.clone(), inside.clone());
            all.go(move || {
                for _ in 0..3 {
                    mutex.lock();
                    assert_eq!(inside.fetch_add(1, Relaxed), 0);
                    go::sleep(Duration::ZERO);
                    inside.fetch_sub(1, Relaxed);
                    mutex.unlock();
                }
            });
        }
        all.wait();
        assert!(mutex.try_lock());
        assert!(!mutex.try_lock());
        mutex.unlock();
    });
    assert_eq!(seen.all(), ["ok"]);
}

#[test]
fn unlocking_what_is_not_locked_is_misuse() {
    let words = "misuse: fatal error: sync: unlock of unlocked mutex";
    let seen = explore(8, || Mutex::new().unlock());
    assert_eq!(seen.all(), [words]);
    let seen = explore(8, || {
        let mutex = Mutex::new();
        mutex.lock();
        mutex.unlock();
        mutex.unlock();
    });
    assert_eq!(seen.all(), [words]);
}

#[test]
fn another_task_may_unlock() {
    let seen = explore(200, || {
        let mutex = arc::<Mutex>();
        mutex.lock();
        let theirs = mutex.clone();
        go! { theirs.unlock() }
        mutex.lock();
    });
    assert_eq!(seen.all(), ["ok"]);
}

#[test]
fn unlocking_for_another_task_may_come_too_early() {
    let seen = explore(200, || {
        let mutex = arc::<Mutex>();
        let theirs = mutex.clone();
        go! { theirs.unlock() }
        mutex.lock();
    });
    let words = "misuse: fatal error: sync: unlock of unlocked mutex";
    assert_eq!(seen.all(), [words, "ok"]);
}

#[test]
fn trying_sees_the_lock_held_and_free() {
    let seen = explore(200, || {
        let mutex = arc::<Mutex>();
        let theirs = mutex.clone();
        go! {
            theirs.lock();
            theirs.unlock();
        }
        let locked = mutex.try_lock();
        if locked {
            mutex.unlock();
        }
        locked
    });
    assert_eq!(seen.all(), ["false", "true"]);
}

#[test]
fn locking_twice_is_a_deadlock() {
    let seen = explore(8, || {
        let mutex = Mutex::new();
        mutex.lock();
        mutex.lock();
    });
    assert_eq!(seen.all(), [DEADLOCK]);
}

// RwMutex

#[test]
fn readers_read_together() {
    let seen = explore(80, || {
        const N: usize = 3;
        let lock = arc::<RwMutex>();
        let (locked, is_locked) = go::chan(0);
        let (unlock, may_unlock) = go::chan(0);
        let (done, is_done) = go::chan(0);
        for _ in 0..N {
            let lock = lock.clone();
            let (locked, may_unlock, done) = (locked.clone(), may_unlock.clone(), done.clone());
            go! {
                lock.rlock();
                locked.send(());
                may_unlock.recv();
                lock.runlock();
                done.send(());
            }
        }
        (0..N).for_each(|_| is_locked.recv().unwrap());
        (0..N).for_each(|_| unlock.send(()));
        (0..N).for_each(|_| is_done.recv().unwrap());
    });
    assert_eq!(seen.all(), ["ok"]);
}

#[test]
fn writers_exclude_everybody() {
    let seen = explore(120, || {
        // 1 for each reader inside, 100 for each writer.
        let inside = Arc::new(AtomicI32::new(0));
        let lock = arc::<RwMutex>();
        let all = arc::<WaitGroup>();
        for i in 0..6 {
            let (inside, lock) = (inside.clone(), lock.clone());
            all.go(move || {
                for _ in 0..3 {
                    if i % 3 == 0 {
                        lock.lock();
                        assert_eq!(inside.fetch_add(100, Relaxed), 0);
                        go::sleep(Duration::ZERO);
                        inside.fetch_sub(100, Relaxed);
                        lock.unlock();
                    } else {
                        lock.rlock();
                        assert!(inside.fetch_add(1, Relaxed) < 100);
                        go::sleep(Duration::ZERO);
                        inside.fetch_sub(1, Relaxed);
                        lock.runlock();
                    }
                }
            });
        }
        all.wait();
        assert!(lock.try_lock());
        assert!(!lock.try_lock() && !lock.try_rlock());
        lock.unlock();
        assert!(lock.try_rlock() && lock.try_rlock());
        assert!(!lock.try_lock());
    });
    assert_eq!(seen.all(), ["ok"]);
}

#[test]
fn a_waiting_writer_keeps_new_readers_out() {
    let seen = explore(120, || {
        let lock = arc::<RwMutex>();
        let log = Log::new();
        lock.rlock();
        let (writer, entry) = (lock.clone(), log.clone());
        go! {
            writer.lock();
            entry.push("writer");
            writer.unlock();
        }
        go::sleep(SETTLE);
        assert!(!lock.try_rlock());
        let (reader, entry) = (lock.clone(), log.clone());
        go! {
            reader.rlock();
            entry.push("reader");
            reader.runlock();
        }
        go::sleep(SETTLE);
        assert_eq!(log.read(), "");
        lock.runlock();
        go::sleep(SETTLE);
        assert_eq!(log.read(), "writer reader");
    });
    assert_eq!(seen.all(), ["ok"]);
}

#[test]
fn reading_recursively_deadlocks_if_a_writer_comes_in_between() {
    let seen = explore(400, || {
        let lock = arc::<RwMutex>();
        let writer = lock.clone();
        go! {
            writer.lock();
            writer.unlock();
        }
        lock.rlock();
        lock.rlock();
        lock.runlock();
        lock.runlock();
    });
    assert_eq!(seen.all(), [DEADLOCK, "ok"]);
}

#[test]
fn readers_that_wait_go_before_the_next_writer() {
    let seen = explore(200, || {
        let lock = arc::<RwMutex>();
        let log = Log::new();
        let start = |entry: &'static str, write: bool| {
            let (lock, log) = (lock.clone(), log.clone());
            go! {
                if write {
                    lock.lock();
                    log.push(entry);
                    lock.unlock();
                } else {
                    lock.rlock();
                    log.push(entry);
                    lock.runlock();
                }
            }
            go::sleep(SETTLE);
        };
        lock.lock();
        start("writer", true);
        start("reader", false);
        lock.unlock();
        go::sleep(SETTLE);
        assert_eq!(log.read(), "reader writer");
    });
    assert_eq!(seen.all(), ["ok"]);
}

#[test]
fn an_rlocker_locks_for_reading() {
    let seen = explore(120, || {
        const N: usize = 3;
        let lock = arc::<RwMutex>();
        let (write_locked, is_write_locked) = go::chan(1);
        let (read_locked, is_read_locked) = go::chan(1);
        let theirs = lock.clone();
        go! {
            for _ in 0..N {
                theirs.rlocker().lock();
                theirs.rlocker().lock();
                read_locked.send(());
                theirs.lock();
                write_locked.send(());
            }
        }
        for _ in 0..N {
            is_read_locked.recv();
            lock.rlocker().unlock();
            go::select! { recv(is_write_locked) => panic!("not read-locked"), default => {} }
            lock.rlocker().unlock();
            is_write_locked.recv();
            go::select! { recv(is_read_locked) => panic!("not write-locked"), default => {} }
            lock.unlock();
        }
    });
    assert_eq!(seen.all(), ["ok"]);
}

#[test]
fn unlocking_an_unlocked_rw_mutex_is_misuse() {
    let write = explore(8, || RwMutex::new().unlock());
    let words = "misuse: fatal error: sync: Unlock of unlocked RWMutex";
    assert_eq!(write.all(), [words]);
    let held_by_a_reader = explore(8, || {
        let lock = RwMutex::new();
        lock.rlock();
        lock.unlock();
    });
    assert_eq!(held_by_a_reader.all(), [words]);
    let held_by_nobody_yet = explore(80, || {
        let lock = arc::<RwMutex>();
        lock.rlock();
        let writer = lock.clone();
        go! { writer.lock() }
        go::sleep(SETTLE);
        lock.unlock();
    });
    assert_eq!(held_by_nobody_yet.all(), [words]);
    let read = explore(8, || RwMutex::new().runlock());
    let words = "misuse: fatal error: sync: RUnlock of unlocked RWMutex";
    assert_eq!(read.all(), [words]);
    let held_by_a_writer = explore(8, || {
        let lock = RwMutex::new();
        lock.lock();
        lock.runlock();
    });
    assert_eq!(held_by_a_writer.all(), [words]);
}

// Cond

#[test]
fn a_signal_wakes_exactly_one() {
    let seen = explore(200, || {
        const N: usize = 3;
        let cond = Arc::new(Cond::new(Mutex::new()));
        let (running, is_running) = go::chan(N);
        let (awake, is_awake) = go::chan(N);
        for _ in 0..N {
            let (cond, running, awake) = (cond.clone(), running.clone(), awake.clone());
            go! {
                cond.l.lock();
                running.send(());
                cond.wait();
                awake.send(());
                cond.l.unlock();
            }
        }
        (0..N).for_each(|_| is_running.recv().unwrap());
        for _ in 0..N {
            go::select! { recv(is_awake) => panic!("not asleep"), default => {} }
            cond.l.lock();
            cond.signal();
            cond.l.unlock();
            is_awake.recv();
            go::sleep(SETTLE);
            go::select! { recv(is_awake) => panic!("too many awake"), default => {} }
        }
        cond.signal();
    });
    assert_eq!(seen.all(), ["ok"]);
}

#[test]
fn a_signal_reaches_the_generation_that_waits() {
    let seen = explore(80, || {
        let cond = Arc::new(Cond::new(Mutex::new()));
        let (running, is_running) = go::chan(1);
        let (awake, is_awake) = go::chan(1);
        for i in 0..10 {
            let (theirs, running, awake) = (cond.clone(), running.clone(), awake.clone());
            go! {
                theirs.l.lock();
                running.send(());
                theirs.wait();
                theirs.l.unlock();
                awake.send(i);
            }
            if i > 0 {
                assert_eq!(is_awake.recv(), Some(i - 1));
            }
            is_running.recv();
            cond.l.lock();
            cond.signal();
            cond.l.unlock();
        }
        is_awake.recv();
    });
    assert_eq!(seen.all(), ["ok"]);
}

#[test]
fn a_signal_may_wake_any_waiter() {
    let seen = explore(200, || {
        let cond = Arc::new(Cond::new(Mutex::new()));
        let (awake, is_awake) = go::chan(3);
        for i in 0..3 {
            let (cond, awake) = (cond.clone(), awake.clone());
            go! {
                cond.l.lock();
                cond.wait();
                awake.send(i);
                cond.l.unlock();
            }
            go::sleep(SETTLE);
        }
        cond.signal();
        let first = is_awake.recv().unwrap();
        cond.broadcast();
        first
    });
    assert_eq!(seen.all(), ["0", "1", "2"]);
}

#[test]
fn a_broadcast_wakes_everybody_who_waits() {
    let seen = explore(80, || {
        const N: usize = 4;
        let cond = Arc::new(Cond::new(Mutex::new()));
        let exit = Arc::new(AtomicBool::new(false));
        let (running, is_running) = go::chan(N);
        let (awake, is_awake) = go::chan(N);
        for g in 0..N {
            let (cond, exit) = (cond.clone(), exit.clone());
            let (running, awake) = (running.clone(), awake.clone());
            go! {
                cond.l.lock();
                while !exit.load(Relaxed) {
                    running.send(());
                    cond.wait();
                    awake.send(g);
                }
                cond.l.unlock();
            }
        }
        for round in 0..N {
            (0..N).for_each(|_| is_running.recv().unwrap());
            cond.l.lock();
            exit.store(round == N - 1, Relaxed);
            cond.l.unlock();
            go::select! { recv(is_awake) => panic!("not asleep"), default => {} }
            cond.l.lock();
            cond.broadcast();
            cond.l.unlock();
            let mut seen: Vec<usize> = (0..N).map(|_| is_awake.recv().unwrap()).collect();
            seen.sort_unstable();
            assert_eq!(seen, (0..N).collect::<Vec<_>>());
        }
        go::sleep(SETTLE);
        go::select! { recv(is_running) => panic!("did not exit"), default => {} }
        cond.broadcast();
    });
    assert_eq!(seen.all(), ["ok"]);
}

#[test]
fn a_newcomer_does_not_steal_a_broadcast() {
    let seen = explore(200, || {
        let cond = Arc::new(Cond::new(Arc::new(Mutex::new())));
        let mutex = cond.l.clone();
        let (tx, rx) = go::chan(0);
        let theirs = cond.clone();
        go! {
            theirs.l.lock();
            tx.send(());
            theirs.wait();
            theirs.l.unlock();
            tx.send(());
        }
        rx.recv();
        mutex.lock();
        mutex.unlock();
        // The first one waits now. A second one races with the broadcast.
        let done = Arc::new(AtomicBool::new(false));
        let all = arc::<WaitGroup>();
        let theirs = cond.clone();
        all.go(move || theirs.broadcast());
        let (theirs, is_done) = (cond.clone(), done.clone());
        all.go(move || {
            theirs.l.lock();
            while !is_done.load(Relaxed) {
                theirs.wait();
            }
            theirs.l.unlock();
        });
        rx.recv();
        mutex.lock();
        done.store(true, Relaxed);
        mutex.unlock();
        cond.broadcast();
        all.wait();
    });
    assert_eq!(seen.all(), ["ok"]);
}

#[test]
fn nobody_wakes_without_a_signal() {
    let seen = explore(200, || {
        let cond = Arc::new(Cond::new(Mutex::new()));
        let theirs = cond.clone();
        go! {
            theirs.l.lock();
            theirs.wait();
            panic!("woke");
        }
    });
    assert_eq!(seen.all(), ["leak: 1 task leaked: [wait (leaked)]"]);
}

#[test]
fn a_signal_before_the_wait_is_lost() {
    let seen = explore(400, || {
        let cond = Arc::new(Cond::new(Mutex::new()));
        let theirs = cond.clone();
        go! { theirs.signal() }
        cond.l.lock();
        cond.wait();
        cond.l.unlock();
    });
    assert_eq!(seen.all().len(), 2, "{:?}", seen.all());
    assert!(seen.count("ok") > 0);
    let lost = seen.finding(seen.all()[0]);
    assert_eq!(lost.kind, Kind::LostWakeup);
}

#[test]
fn waiting_with_the_condition_in_a_loop_under_the_lock_is_right() {
    let seen = explore(400, || {
        let cond = Arc::new(Cond::new(Mutex::new()));
        let ready = Arc::new(AtomicBool::new(false));
        let (theirs, set) = (cond.clone(), ready.clone());
        go! {
            theirs.l.lock();
            set.store(true, Relaxed);
            theirs.signal();
            theirs.l.unlock();
        }
        cond.l.lock();
        while !ready.load(Relaxed) {
            cond.wait();
        }
        cond.l.unlock();
    });
    assert_eq!(seen.all(), ["ok"]);
}

#[test]
fn waiting_without_the_lock_is_misuse() {
    let seen = explore(8, || Cond::new(Mutex::new()).wait());
    let words = "misuse: fatal error: sync: unlock of unlocked mutex";
    assert_eq!(seen.all(), [words]);
}

#[test]
fn a_cond_may_wait_with_a_read_lock() {
    let seen = explore(200, || {
        // In one place, so that both can borrow the lock.
        static LOCK: RwMutex = RwMutex::new();
        let cond = Arc::new(Cond::new(LOCK.rlocker()));
        let theirs = cond.clone();
        let (done, is_done) = go::chan(0);
        go! {
            theirs.l.lock();
            theirs.wait();
            theirs.l.unlock();
            done.send(());
        }
        go::sleep(SETTLE);
        // The waiting reader has given the lock up.
        LOCK.lock();
        cond.broadcast();
        LOCK.unlock();
        is_done.recv();
        assert!(LOCK.try_lock());
    });
    assert_eq!(seen.all(), ["ok"]);
}
