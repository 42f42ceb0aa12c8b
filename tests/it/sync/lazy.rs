//! `OnceLock` and `LazyLock`.

use jostle::sync::{LazyLock, OnceLock};
use jostle_core::finding::Kind;

use crate::support::conformance::conformance;
use crate::support::explore::explore;

conformance! {
    one_value_wins() -> u32 {
        let cell = sync::Arc::new(sync::OnceLock::new());
        let theirs = sync::Arc::clone(&cell);
        let other = thread::spawn(move || theirs.set(1).is_ok());
        let mine = cell.set(2);
        let won = other.join().unwrap();
        assert_eq!(mine, if won { Err(2) } else { Ok(()) });
        *cell.get().unwrap()
    } gives [1, 2];

    both_get_what_one_made() -> u32 {
        let cell = sync::Arc::new(sync::OnceLock::new());
        let theirs = sync::Arc::clone(&cell);
        let make = |value: u32| {
            thread::yield_now();
            value
        };
        let other = thread::spawn(move || *theirs.get_or_init(|| make(1)));
        let mine = *cell.get_or_init(|| make(2));
        assert_eq!(mine, other.join().unwrap());
        mine
    } gives [1, 2];

    it_is_empty_or_full() -> Option<u32> {
        let cell = sync::Arc::new(sync::OnceLock::new());
        let theirs = sync::Arc::clone(&cell);
        let other = thread::spawn(move || theirs.set(1));
        let seen = cell.get().copied();
        assert_eq!(other.join().unwrap(), Ok(()));
        seen
    } gives [None, Some(1)];

    waiting_gives_the_value() -> u32 {
        let cell = sync::Arc::new(sync::OnceLock::new());
        let theirs = sync::Arc::clone(&cell);
        let other = thread::spawn(move || theirs.set(1));
        let seen = *cell.wait();
        assert_eq!(other.join().unwrap(), Ok(()));
        seen
    } gives [1];

    a_panic_leaves_it_empty() -> (bool, Option<u32>, u32) {
        let cell = sync::OnceLock::new();
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            cell.get_or_init(|| std::panic::resume_unwind(Box::new("on purpose")));
        }));
        let after = cell.get().copied();
        (caught.is_err(), after, *cell.get_or_init(|| 4))
    } gives [(true, None, 4)];

    its_owner_can_change_and_take_it() -> (Option<u32>, Option<u32>, Option<u32>, Option<u32>) {
        let mut cell = sync::OnceLock::from(1);
        if let Some(value) = cell.get_mut() {
            *value += 1;
        }
        let copy = cell.clone();
        assert_eq!(cell, copy);
        assert_eq!(format!("{cell:?}"), "OnceLock(2)");
        let taken = cell.take();
        let empty = cell.get().copied();
        assert_eq!(format!("{cell:?}"), "OnceLock(<uninit>)");
        assert_eq!(cell.set(9), Ok(()));
        (copy.get().copied(), taken, empty, cell.into_inner())
    } gives [(Some(2), Some(2), None, Some(9))];

    a_lazy_value_is_made_once() -> (u32, u32) {
        use sync::atomic::{AtomicU32, Ordering};
        struct Shared<F> {
            lazy: sync::LazyLock<u32, F>,
        }
        let made = sync::Arc::new(AtomicU32::new(0));
        let count = sync::Arc::clone(&made);
        let shared = sync::Arc::new(Shared {
            lazy: sync::LazyLock::new(move || {
                count.fetch_add(1, Ordering::SeqCst);
                7
            }),
        });
        let theirs = sync::Arc::clone(&shared);
        let other = thread::spawn(move || *theirs.lazy);
        let mine = *shared.lazy;
        assert_eq!(mine, other.join().unwrap());
        (mine, made.load(Ordering::SeqCst))
    } gives [(7, 1)];

    a_lazy_value_whose_making_panics_is_poisoned() -> (bool, bool) {
        let lazy: sync::LazyLock<u32> =
            sync::LazyLock::new(|| std::panic::resume_unwind(Box::new("on purpose")));
        let force = || {
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| *lazy)).unwrap_err()
        };
        let first = force().downcast_ref::<&str>() == Some(&"on purpose");
        let poisoned = "LazyLock instance has previously been poisoned";
        (first, force().downcast_ref::<&str>() == Some(&poisoned))
    } gives [(true, true)];
}

#[test]
fn initializing_within_the_initialization_is_a_deadlock_of_one() {
    let explored = explore(50, || {
        let cell = OnceLock::new();
        *cell.get_or_init(|| *cell.get_or_init(|| 1))
    });
    explored.always_finds(Kind::Deadlock, "a task waits for itself");
}

#[test]
fn the_owner_of_a_lazy_value_looks_into_it() {
    let explored = explore(20, || {
        let mut lazy = LazyLock::new(|| 1);
        let before = (LazyLock::get(&lazy).copied(), format!("{lazy:?}"));
        assert_eq!(before, (None, "LazyLock(<uninit>)".to_owned()));
        assert_eq!(LazyLock::get_mut(&mut lazy), None);
        *LazyLock::force_mut(&mut lazy) += 1;
        *lazy += 1;
        assert_eq!(LazyLock::get_mut(&mut lazy), Some(&mut 3));
        assert_eq!(format!("{lazy:?}"), "LazyLock(3)");
        let fresh: LazyLock<u32> = LazyLock::default();
        (*lazy, *fresh, LazyLock::get(&lazy).copied())
    });
    explored.gives([(3, 0, Some(3))]);
}

#[test]
fn a_lazy_value_whose_owner_fails_to_make_it_is_poisoned() {
    let explored = explore(20, || {
        let mut lazy: LazyLock<u32> =
            LazyLock::new(|| std::panic::resume_unwind(Box::new("on purpose")));
        let poisoned = "LazyLock instance has previously been poisoned";
        let first = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            *LazyLock::force_mut(&mut lazy)
        }));
        let said = |payload: Box<dyn std::any::Any + Send>| {
            payload.downcast_ref::<&str>().copied() == Some(poisoned)
        };
        let shared = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| *lazy));
        let owned = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            *LazyLock::force_mut(&mut lazy)
        }));
        (
            first.is_err_and(said),
            shared.is_err_and(said),
            owned.is_err_and(said),
        )
    });
    explored.gives([(false, true, true)]);
}
