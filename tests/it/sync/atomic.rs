//! Atomics and fences.

use std::panic::catch_unwind;

use jostle::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, Ordering};

use crate::support::conformance::conformance;
use crate::support::explore::explore;

conformance! {
    a_load_and_a_store_lose_an_update() -> u32 {
        use sync::atomic::{AtomicU32, Ordering};
        let counter = sync::Arc::new(AtomicU32::new(0));
        let theirs = sync::Arc::clone(&counter);
        let add = |counter: &AtomicU32| {
            let seen = counter.load(Ordering::SeqCst);
            counter.store(seen + 1, Ordering::SeqCst);
        };
        let other = thread::spawn(move || add(&theirs));
        add(&counter);
        other.join().unwrap();
        counter.load(Ordering::SeqCst)
    } gives [1, 2];

    a_fetch_add_does_not() -> u32 {
        use sync::atomic::{AtomicU32, Ordering};
        let counter = sync::Arc::new(AtomicU32::new(0));
        let theirs = sync::Arc::clone(&counter);
        let other = thread::spawn(move || theirs.fetch_add(1, Ordering::Relaxed));
        counter.fetch_add(1, Ordering::Relaxed);
        other.join().unwrap();
        counter.load(Ordering::Relaxed)
    } gives [2];

    one_compare_exchange_wins() -> Result<u32, u32> {
        use sync::atomic::{AtomicU32, Ordering};
        let cell = sync::Arc::new(AtomicU32::new(0));
        let theirs = sync::Arc::clone(&cell);
        let put = |cell: &AtomicU32, value| {
            cell.compare_exchange(0, value, Ordering::AcqRel, Ordering::Acquire)
        };
        let other = thread::spawn(move || put(&theirs, 1));
        let mine = put(&cell, 2);
        let theirs = other.join().unwrap();
        assert!(mine.is_ok() != theirs.is_ok());
        mine
    } gives [Ok(0), Err(1)];

    updates_go_on_until_they_succeed() -> u32 {
        use sync::atomic::{AtomicU32, Ordering};
        let cell = sync::Arc::new(AtomicU32::new(1));
        let theirs = sync::Arc::clone(&cell);
        let triple = |cell: &AtomicU32| {
            cell.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |v| Some(v * 3)).unwrap()
        };
        let other = thread::spawn(move || triple(&theirs));
        triple(&cell);
        other.join().unwrap();
        assert_eq!(cell.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |_| None), Err(9));
        cell.load(Ordering::SeqCst)
    } gives [9];

    integers_do_what_std_does() -> Vec<i64> {
        use sync::atomic::{AtomicI64, Ordering::SeqCst};
        let mut a = AtomicI64::new(i64::MAX);
        let mut seen = vec![
            a.fetch_add(2, SeqCst), a.fetch_sub(1, SeqCst), a.fetch_and(0xf0f, SeqCst),
            a.fetch_nand(0x7, SeqCst), a.fetch_or(0x11, SeqCst), a.fetch_xor(-1, SeqCst),
            a.fetch_max(40, SeqCst), a.fetch_min(30, SeqCst), a.swap(5, SeqCst),
        ];
        seen.extend([a.compare_exchange(5, 6, SeqCst, SeqCst), a.compare_exchange(5, 7, SeqCst, SeqCst)]
            .map(|r| r.unwrap_or_else(|e| -e)));
        *a.get_mut() += 1;
        assert_eq!(format!("{a:?}"), "7");
        let value: *mut i64 = a.get_mut();
        assert_eq!(a.as_ptr(), value);
        *a.get_mut() += 1;
        seen.push(AtomicI64::from(3).into_inner() + AtomicI64::default().into_inner());
        seen.push(a.into_inner());
        seen
    } gives [integers()];

    booleans_do_what_std_does() -> Vec<bool> {
        use sync::atomic::{AtomicBool, Ordering::SeqCst};
        let a = AtomicBool::new(true);
        vec![
            a.fetch_and(false, SeqCst), a.fetch_nand(true, SeqCst), a.fetch_or(true, SeqCst),
            a.fetch_xor(true, SeqCst), a.fetch_not(SeqCst), a.swap(false, SeqCst),
            a.load(SeqCst), AtomicBool::default().into_inner(),
        ]
    } gives [booleans()];

    pointers_do_what_std_does() -> (bool, bool, bool, bool) {
        use sync::atomic::{AtomicPtr, Ordering::SeqCst};
        let mut values = [1, 2];
        let first: *mut i32 = &mut values[0];
        let a = AtomicPtr::new(first);
        let old = a.swap(first.wrapping_add(1), SeqCst);
        let second = a.load(SeqCst) == first.wrapping_add(1);
        let exchanged = a
            .compare_exchange(first.wrapping_add(1), std::ptr::null_mut(), SeqCst, SeqCst)
            .is_ok();
        let null = AtomicPtr::<i32>::default().into_inner().is_null();
        (old == first, second, exchanged && a.load(SeqCst).is_null(), null)
    } gives [(true, true, true, true)];
}

fn integers() -> Vec<i64> {
    let after_and = (i64::MIN) & 0xf0f;
    let after_nand = !(after_and & 7);
    let after_or = after_nand | 0x11;
    let after_xor = !after_or;
    vec![
        i64::MAX,
        i64::MIN + 1,
        i64::MIN,
        after_and,
        after_nand,
        after_or,
        after_xor,
        40,
        30,
        5,
        -6,
        3,
        8,
    ]
}

fn booleans() -> Vec<bool> {
    vec![true, false, true, true, false, true, false, false]
}

/// Store buffering: under sequential consistency at least one task sees the
/// other's store.
#[test]
fn the_store_buffer_litmus_never_gives_zero_zero() {
    let explored = explore(2000, || {
        use jostle::sync::Arc;
        let cells = Arc::new((AtomicU32::new(0), AtomicU32::new(0)));
        let theirs = Arc::clone(&cells);
        let other = jostle::thread::spawn(move || {
            theirs.0.store(1, Ordering::Relaxed);
            theirs.1.load(Ordering::Relaxed)
        });
        cells.1.store(1, Ordering::Relaxed);
        let mine = cells.0.load(Ordering::Relaxed);
        (mine, other.join().unwrap())
    });
    explored.gives([(0, 1), (1, 0), (1, 1)]);
}

/// Message passing: whoever sees the flag sees the data.
#[test]
fn the_message_passing_litmus_never_gives_one_zero() {
    let explored = explore(2000, || {
        use jostle::sync::Arc;
        let cells = Arc::new((AtomicU32::new(0), AtomicBool::new(false)));
        let theirs = Arc::clone(&cells);
        let other = jostle::thread::spawn(move || {
            theirs.0.store(1, Ordering::Relaxed);
            theirs.1.store(true, Ordering::Relaxed);
        });
        let flag = cells.1.load(Ordering::Relaxed);
        let data = cells.0.load(Ordering::Relaxed);
        other.join().unwrap();
        (flag, data)
    });
    explored.gives([(false, 0), (false, 1), (true, 1)]);
}

#[test]
fn a_weak_exchange_fails_for_no_reason_now_and_then() {
    let explored = explore(700, || {
        let cell = AtomicU32::new(3);
        let weak = cell.compare_exchange_weak(3, 4, Ordering::SeqCst, Ordering::SeqCst);
        (weak, cell.into_inner())
    });
    explored.gives([(Ok::<u32, u32>(3), 4), (Err(3), 3)]);
}

#[test]
fn a_strong_exchange_does_not() {
    let explored = explore(300, || {
        let cell = AtomicU32::new(3);
        cell.compare_exchange(3, 4, Ordering::SeqCst, Ordering::SeqCst)
    });
    explored.gives([Ok::<u32, u32>(3)]);
}

#[test]
fn pointer_arithmetic_is_that_of_the_pointers() {
    let explored = explore(20, || {
        let mut values = [0u32; 8];
        let base: *mut u32 = values.as_mut_ptr();
        let a = AtomicPtr::new(base);
        let at = |a: &AtomicPtr<u32>| a.load(Ordering::SeqCst).addr() - base.addr();
        a.fetch_ptr_add(4, Ordering::SeqCst);
        let mut seen = vec![at(&a)];
        a.fetch_ptr_sub(1, Ordering::AcqRel);
        seen.push(at(&a));
        a.fetch_byte_add(3, Ordering::Release);
        seen.push(at(&a));
        a.fetch_byte_sub(15, Ordering::Acquire);
        seen.push(at(&a));
        a.fetch_or(1, Ordering::Relaxed);
        seen.push(at(&a));
        a.fetch_xor(3, Ordering::SeqCst);
        seen.push(at(&a));
        a.fetch_and(!3, Ordering::SeqCst);
        seen.push(at(&a));
        seen
    });
    explored.gives([vec![16, 12, 15, 0, 1, 2, 0]]);
}

/// The text of the panic of `f`.
fn complaint<R>(f: impl FnOnce() -> R + std::panic::UnwindSafe) -> String {
    let payload = catch_unwind(|| drop(f())).expect_err("it panics");
    let text = payload.downcast_ref::<&str>().map(|s| (*s).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned())
        .expect("the panic has a text")
}

/// Not named where it is used, since the compiler would refuse it.
const ORDERINGS: [Ordering; 4] = [
    Ordering::Relaxed,
    Ordering::Acquire,
    Ordering::Release,
    Ordering::AcqRel,
];

/// The complaints about orderings that make no sense.
macro_rules! complaints {
    ($($library:ident)::*) => {{
        use $($library)::*::{AtomicU32, Ordering::SeqCst, fence};
        let [relaxed, acquire, release, acq_rel] = ORDERINGS;
        let a = AtomicU32::new(0);
        [
            complaint(|| a.load(release)),
            complaint(|| a.load(acq_rel)),
            complaint(|| a.store(1, acquire)),
            complaint(|| a.store(1, acq_rel)),
            complaint(|| a.compare_exchange(0, 1, SeqCst, release)),
            complaint(|| a.compare_exchange(0, 1, SeqCst, acq_rel)),
            complaint(|| a.compare_exchange_weak(0, 1, SeqCst, release)),
            complaint(|| a.fetch_update(SeqCst, acq_rel, Some)),
            complaint(|| fence(relaxed)),
        ]
    }};
}

#[test]
fn orderings_that_make_no_sense_panic_with_the_words_of_std() {
    let explored = explore(100, || complaints!(jostle::sync::atomic));
    explored.gives([complaints!(std::sync::atomic)]);
}

/// A fence is recorded and changes nothing: as many outcomes as without.
#[test]
fn fences_are_no_scheduling_points() {
    let explored = explore(300, || {
        use jostle::sync::Arc;
        let cell = Arc::new(AtomicU32::new(0));
        let theirs = Arc::clone(&cell);
        let other = jostle::thread::spawn(move || {
            jostle::sync::atomic::fence(Ordering::SeqCst);
            theirs.store(1, Ordering::Relaxed);
            jostle::sync::atomic::compiler_fence(Ordering::SeqCst);
        });
        let seen = cell.load(Ordering::Relaxed);
        jostle::sync::atomic::fence(Ordering::SeqCst);
        other.join().unwrap();
        seen
    });
    explored.gives([0, 1]);
}
