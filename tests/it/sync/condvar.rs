//! `Condvar`.

use std::time::Duration;

use jostle::sync::atomic::{AtomicBool, Ordering};
use jostle::sync::{Arc, Condvar, Mutex};
use jostle::thread;
use jostle_core::finding::Kind;

use crate::support::conformance::conformance;
use crate::support::explore::explore;

conformance! {
    a_waiter_sees_what_the_notifier_did() -> u32 {
        let pair = sync::Arc::new((sync::Mutex::new(0), sync::Condvar::new()));
        let theirs = sync::Arc::clone(&pair);
        let other = thread::spawn(move || {
            *theirs.0.lock().unwrap() = 5;
            theirs.1.notify_one();
        });
        let seen = pair.1.wait_while(pair.0.lock().unwrap(), |n| *n == 0).unwrap();
        let seen = *seen;
        other.join().unwrap();
        seen
    } gives [5];

    notify_all_wakes_everybody() -> u32 {
        let pair = sync::Arc::new((sync::Mutex::new(false), sync::Condvar::new()));
        let waiters: Vec<_> = (0..3)
            .map(|n| {
                let pair = sync::Arc::clone(&pair);
                thread::spawn(move || {
                    let open = pair.0.lock().unwrap();
                    drop(pair.1.wait_while(open, |open| !*open).unwrap());
                    n
                })
            })
            .collect();
        *pair.0.lock().unwrap() = true;
        pair.1.notify_all();
        waiters.into_iter().map(|w| w.join().unwrap()).sum()
    } gives [3];

    a_permit_goes_to_either_waiter() -> usize {
        let pair = sync::Arc::new((sync::Mutex::new((0, Vec::new())), sync::Condvar::new()));
        let waiters: Vec<_> = (0..2)
            .map(|n| {
                let pair = sync::Arc::clone(&pair);
                thread::spawn(move || {
                    let state = pair.0.lock().unwrap();
                    let mut state = pair.1.wait_while(state, |s| s.0 == 0).unwrap();
                    state.0 -= 1;
                    state.1.push(n);
                })
            })
            .collect();
        for _ in 0..2 {
            pair.0.lock().unwrap().0 += 1;
            pair.1.notify_one();
        }
        for waiter in waiters {
            waiter.join().unwrap();
        }
        pair.0.lock().unwrap().1[0]
    } gives [0, 1];

    a_timed_wait_is_notified_or_times_out() -> bool {
        let pair = sync::Arc::new((sync::Mutex::new(false), sync::Condvar::new()));
        let theirs = sync::Arc::clone(&pair);
        let other = thread::spawn(move || {
            thread::sleep(time::Duration::from_millis(1));
            *theirs.0.lock().unwrap() = true;
            theirs.1.notify_one();
        });
        let flag = pair.0.lock().unwrap();
        let limit = time::Duration::from_millis(1);
        let (flag, result) = pair.1.wait_timeout_while(flag, limit, |set| !*set).unwrap();
        assert!(result.timed_out() != *flag);
        drop(flag);
        other.join().unwrap();
        result.timed_out()
    } gives [true, false];

    a_timed_wait_without_a_notifier_times_out() -> (bool, bool) {
        let lock = sync::Mutex::new(());
        let changed = sync::Condvar::new();
        let limit = time::Duration::from_millis(2);
        let start = time::Instant::now();
        let (_guard, result) =
            changed.wait_timeout_while(lock.lock().unwrap(), limit, |()| true).unwrap();
        (result.timed_out(), start.elapsed() >= limit)
    } gives [(true, true)];

    a_wait_returns_the_poison() -> bool {
        let pair = sync::Arc::new((sync::Mutex::new(false), sync::Condvar::new()));
        let theirs = sync::Arc::clone(&pair);
        let other = thread::spawn(move || {
            let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                let mut flag = theirs.0.lock().unwrap();
                *flag = true;
                std::panic::resume_unwind(Box::new("on purpose"));
            }));
            assert!(caught.is_err());
            theirs.1.notify_one();
        });
        let waited = match pair.0.lock() {
            Ok(flag) => pair.1.wait_while(flag, |set| !*set).is_err(),
            Err(_) => true,
        };
        other.join().unwrap();
        waited
    } gives [true];
}

#[test]
fn a_notification_without_the_lock_gets_lost() {
    let explored = explore(700, || {
        let shared = Arc::new((Mutex::new(()), Condvar::new(), AtomicBool::new(false)));
        let theirs = Arc::clone(&shared);
        let other = thread::spawn(move || {
            theirs.2.store(true, Ordering::SeqCst);
            theirs.1.notify_one();
        });
        let mut guard = shared.0.lock().unwrap();
        while !shared.2.load(Ordering::SeqCst) {
            guard = shared.1.wait(guard).unwrap();
        }
        drop(guard);
        other.join().unwrap();
    });
    assert!(explored.count("ok") > 0);
    explored.finds(Kind::LostWakeup, "notified while nobody waited");
}

#[test]
fn a_wait_that_nobody_ends_is_a_deadlock() {
    let explored = explore(50, || {
        let lock = Mutex::new(());
        let changed = Condvar::new();
        drop(changed.wait_while(lock.lock().unwrap(), |()| true));
    });
    explored.always_finds(Kind::Deadlock, "all tasks are asleep");
}

/// A notification that came when nobody waited is no evidence once the waiter
/// has been woken by a later one.
#[test]
fn an_old_missed_notification_is_not_blamed() {
    let explored = explore(300, || {
        let pair = Arc::new((Mutex::new(0), Condvar::new()));
        pair.1.notify_one();
        let theirs = Arc::clone(&pair);
        let other = thread::spawn(move || {
            let count = theirs.0.lock().unwrap();
            let count = theirs.1.wait_while(count, |n| *n == 0).unwrap();
            drop(theirs.1.wait_while(count, |n| *n < 2).unwrap());
        });
        // Waits until the other one waits.
        thread::sleep(Duration::from_secs(1));
        *pair.0.lock().unwrap() = 1;
        pair.1.notify_one();
        other.join().unwrap();
    });
    explored.always_finds(Kind::Deadlock, "all tasks are asleep");
}

/// Which of them is not specified.
#[test]
fn a_notification_may_wake_the_one_that_came_later() {
    let explored = explore(300, || {
        let pair = Arc::new((Mutex::new((0, Vec::new())), Condvar::new()));
        let waiters: Vec<_> = (1..=2)
            .map(|n| {
                let pair = Arc::clone(&pair);
                thread::spawn(move || {
                    thread::sleep(Duration::from_secs(n));
                    let state = pair.0.lock().unwrap();
                    let mut state = pair.1.wait_while(state, |s| s.0 == 0).unwrap();
                    state.0 -= 1;
                    state.1.push(n);
                })
            })
            .collect();
        for _ in 0..2 {
            thread::sleep(Duration::from_secs(5));
            pair.0.lock().unwrap().0 = 1;
            pair.1.notify_one();
        }
        for waiter in waiters {
            waiter.join().unwrap();
        }
        pair.0.lock().unwrap().1[0]
    });
    explored.gives([1, 2]);
}

#[test]
fn a_waiter_that_has_timed_out_takes_no_notification() {
    let explored = explore(300, || {
        let pair = Arc::new((Mutex::new(false), Condvar::new()));
        let theirs = Arc::clone(&pair);
        let patient = thread::spawn(move || {
            thread::sleep(Duration::from_secs(1));
            let flag = theirs.0.lock().unwrap();
            drop(theirs.1.wait_while(flag, |set| !*set).unwrap());
        });
        let flag = pair.0.lock().unwrap();
        let limit = Duration::from_secs(2);
        let (mut flag, _) = pair.1.wait_timeout_while(flag, limit, |set| !*set).unwrap();
        *flag = true;
        pair.1.notify_one();
        drop(flag);
        patient.join().unwrap();
    });
    explored.gives([()]);
}

#[test]
fn waits_end_without_reason() {
    let explored = explore(700, || {
        let pair = Arc::new((Mutex::new(false), Condvar::new()));
        let theirs = Arc::clone(&pair);
        let other = thread::spawn(move || {
            *theirs.0.lock().unwrap() = true;
            theirs.1.notify_one();
        });
        let mut flag = pair.0.lock().unwrap();
        if !*flag {
            flag = pair.1.wait(flag).unwrap();
        }
        let reason = *flag;
        drop(flag);
        other.join().unwrap();
        reason
    });
    explored.gives([true, false]);
}

#[test]
fn a_wait_for_longer_than_time_lasts_has_no_limit() {
    let explored = explore(50, || {
        let lock = Mutex::new(());
        let changed = Condvar::new();
        let guard = lock.lock().unwrap();
        drop(changed.wait_timeout_while(guard, Duration::MAX, |()| true));
    });
    explored.always_finds(Kind::Deadlock, "all tasks are asleep");
}
