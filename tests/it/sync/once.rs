//! `Once`.

use jostle::sync::Once;
use jostle_core::finding::Kind;

use crate::support::conformance::conformance;
use crate::support::explore::explore;

conformance! {
    one_of_two_runs_and_the_other_waits_for_it() -> u32 {
        use sync::atomic::{AtomicU32, Ordering};
        let shared = sync::Arc::new((sync::Once::new(), AtomicU32::new(0)));
        let theirs = sync::Arc::clone(&shared);
        let call = |shared: &(sync::Once, AtomicU32), me: u32| {
            shared.0.call_once(|| {
                thread::yield_now();
                shared.1.fetch_add(me, Ordering::SeqCst);
            });
            assert!(shared.0.is_completed());
            shared.1.load(Ordering::SeqCst)
        };
        let other = thread::spawn(move || call(&theirs, 1));
        let mine = call(&shared, 10);
        assert_eq!(mine, other.join().unwrap());
        mine
    } gives [1, 10];

    what_is_done_last_is_not_done_before() -> bool {
        use sync::atomic::{AtomicBool, Ordering};
        let shared = sync::Arc::new((sync::Once::new(), AtomicBool::new(false)));
        let theirs = sync::Arc::clone(&shared);
        let other = thread::spawn(move || {
            theirs.0.call_once(|| theirs.1.store(true, Ordering::SeqCst));
        });
        let stored = shared.1.load(Ordering::SeqCst);
        let completed = shared.0.is_completed();
        other.join().unwrap();
        // A task may see what the function did before it is over.
        completed || !stored
    } gives [true, false];

    a_panic_poisons_and_force_goes_on() -> (bool, bool, bool, bool) {
        let once = sync::Once::new();
        let call = || {
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                once.call_once(|| std::panic::resume_unwind(Box::new("on purpose")));
            }))
        };
        let first = call().is_err();
        let poison = "Once instance has previously been poisoned";
        let said = call().unwrap_err().downcast_ref::<&str>() == Some(&poison);
        let mut poisoned = false;
        once.call_once_force(|state| poisoned = state.is_poisoned());
        (first, said, poisoned, once.is_completed())
    } gives [(true, true, true, true)];

    waiting_ends_with_the_run() -> bool {
        use sync::atomic::{AtomicBool, Ordering};
        let shared = sync::Arc::new((sync::Once::new(), AtomicBool::new(false)));
        let theirs = sync::Arc::clone(&shared);
        let other = thread::spawn(move || {
            theirs.0.call_once(|| theirs.1.store(true, Ordering::SeqCst));
        });
        shared.0.wait();
        shared.0.wait_force();
        let seen = shared.1.load(Ordering::SeqCst);
        other.join().unwrap();
        seen
    } gives [true];

    waiting_panics_when_the_run_does() -> bool {
        let once = sync::Arc::new(sync::Once::new());
        let theirs = sync::Arc::clone(&once);
        let other = thread::spawn(move || {
            let call = || theirs.call_once(|| std::panic::resume_unwind(Box::new("on purpose")));
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(call)).is_err()
        });
        let waited = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| once.wait()));
        other.join().unwrap() && waited.is_err()
    } gives [true];

    waiting_with_force_outlasts_a_panic() -> bool {
        let once = sync::Arc::new(sync::Once::new());
        let theirs = sync::Arc::clone(&once);
        let other = thread::spawn(move || {
            let call = || theirs.call_once(|| std::panic::resume_unwind(Box::new("on purpose")));
            let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(call)).is_err();
            theirs.call_once_force(|_| {});
            panicked
        });
        once.wait_force();
        assert!(once.is_completed());
        other.join().unwrap()
    } gives [true];
}

/// std: "the exact behavior is not specified: allowed outcomes are a panic or a
/// deadlock".
#[test]
fn calling_it_within_itself_is_a_deadlock_of_one() {
    let explored = explore(50, || {
        let once = Once::new();
        once.call_once(|| once.call_once(|| {}));
    });
    explored.always_finds(Kind::Deadlock, "a task waits for itself");
}

#[test]
fn waiting_for_nothing_is_a_deadlock() {
    let waiting = explore(20, || Once::new().wait());
    waiting.always_finds(Kind::Deadlock, "all tasks are asleep");
    let forcing = explore(20, || Once::new().wait_force());
    forcing.always_finds(Kind::Deadlock, "all tasks are asleep");
}
