//! `park`, `unpark`, `Thread`.

use std::time::Duration;

use jostle::thread;
use jostle::time::Instant;
use jostle_core::finding::Kind;

use crate::support::conformance::conformance;
use crate::support::explore::explore;

conformance! {
    a_token_that_comes_first_is_kept() -> bool {
        thread::current().unpark();
        thread::park();
        true
    } gives [true];

    tokens_do_not_add_up() -> bool {
        let me = thread::current();
        me.unpark();
        me.unpark();
        thread::park();
        let limit = time::Duration::from_millis(1);
        let start = time::Instant::now();
        // Ends when the time is up or, rarely, for no reason.
        thread::park_timeout(limit);
        start.elapsed() < time::Duration::from_secs(5)
    } gives [true];

    unparking_wakes_whoever_is_parked() -> bool {
        use sync::atomic::{AtomicBool, Ordering};
        let flag = sync::Arc::new(AtomicBool::new(false));
        let theirs = sync::Arc::clone(&flag);
        let parked = thread::spawn(move || {
            while !theirs.load(Ordering::SeqCst) {
                thread::park();
            }
            true
        });
        flag.store(true, Ordering::SeqCst);
        parked.thread().unpark();
        parked.join().unwrap()
    } gives [true];

    thread_ids_tell_threads_apart() -> (bool, bool) {
        let other = thread::spawn(|| thread::current().id());
        let id = other.thread().id();
        (other.join().unwrap() == id, id == thread::current().id())
    } gives [(true, false)];
}

#[test]
fn two_tokens_serve_one_park() {
    let explored = explore(200, || {
        let me = thread::current();
        me.unpark();
        me.unpark();
        thread::park();
        let start = Instant::now();
        thread::park_timeout(Duration::from_secs(1));
        start.elapsed().as_secs()
    });
    // 1: the time is up. 0: a wake-up for no reason.
    explored.gives([0, 1]);
}

#[test]
fn parking_for_good_is_a_deadlock() {
    let explored = explore(100, || {
        thread::park();
        // Only without a reason does it come here.
    });
    explored.finds(Kind::Deadlock, "all tasks are asleep");
    assert!(explored.count("ok") > 0);
}

#[test]
fn a_token_is_for_its_thread_alone() {
    let explored = explore(100, || {
        let other = thread::spawn(|| ());
        other.thread().unpark();
        let start = Instant::now();
        loop {
            thread::park_timeout(Duration::from_secs(1));
            if start.elapsed() >= Duration::from_secs(1) {
                break other.join().is_ok();
            }
        }
    });
    explored.gives([true]);
}
