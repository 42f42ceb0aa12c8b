//! Primitives in `static`s start over in each execution.

use std::sync::{Mutex as StdMutex, OnceLock as StdOnceLock};

use jostle::sync::atomic::{AtomicPtr, AtomicU32, Ordering};
use jostle::sync::{Condvar, LazyLock, Mutex, MutexGuard, Once, OnceLock, RwLock};
use jostle_core::finding::Kind;

use crate::support::explore::{Series, explore};

#[test]
fn atomics_have_their_first_value() {
    static NUMBER: AtomicU32 = AtomicU32::new(5);
    static POINTER: AtomicPtr<u8> = AtomicPtr::new(std::ptr::without_provenance_mut(8));
    let explored = explore(20, || {
        let old = POINTER.swap(std::ptr::null_mut(), Ordering::SeqCst);
        (NUMBER.fetch_add(1, Ordering::SeqCst), old.addr())
    });
    explored.gives([(5, 8)]);
}

/// What somebody does to an atomic that belongs to nobody else counts as its
/// first value only outside executions.
#[test]
fn an_atomic_changed_by_its_owner_keeps_that() {
    let explored = explore(20, || {
        let mut number = AtomicU32::new(1);
        *number.get_mut() += 1;
        number.fetch_add(1, Ordering::SeqCst);
        *number.get_mut() += 1;
        number.load(Ordering::SeqCst)
    });
    explored.gives([4]);

    static LEAKED: StdOnceLock<AtomicU32> = StdOnceLock::new();
    let mut number = AtomicU32::new(1);
    *number.get_mut() = 7;
    LEAKED.set(number).unwrap();
    let explored = explore(20, || LEAKED.get().unwrap().fetch_add(1, Ordering::SeqCst));
    explored.gives([7]);
}

#[test]
fn whoever_owns_an_atomic_of_another_execution_finds_its_first_value() {
    static OWNED: StdMutex<AtomicU32> = StdMutex::new(AtomicU32::new(5));
    let explored = explore(20, || {
        let mut number = OWNED.lock().unwrap();
        let first = *number.get_mut();
        number.fetch_add(1, Ordering::SeqCst);
        (first, *number.get_mut())
    });
    explored.gives([(5, 6)]);
}

#[test]
fn once_cells_are_empty_and_old_references_stay_valid() {
    static CELL: OnceLock<String> = OnceLock::new();
    static LAZY: LazyLock<String> = LazyLock::new(|| "lazy".to_owned());
    static SEEN: StdMutex<Vec<&'static str>> = StdMutex::new(Vec::new());
    let explored = explore(40, || {
        let empty = CELL.get().is_none() && LazyLock::get(&LAZY).is_none();
        let mut seen = SEEN.lock().unwrap();
        let text = format!("cell {}", seen.len());
        seen.push(CELL.get_or_init(|| text));
        seen.push(&LAZY);
        empty
    });
    explored.gives([true]);
    let seen = SEEN.lock().unwrap();
    assert!(seen.len() >= 80);
    for (n, text) in seen.iter().enumerate() {
        match n % 2 {
            0 => assert_eq!(*text, format!("cell {n}")),
            _ => assert_eq!(*text, "lazy"),
        }
    }
}

#[test]
fn a_cell_with_a_value_from_outside_has_it_in_each_execution() {
    static CELL: StdOnceLock<OnceLock<u32>> = StdOnceLock::new();
    static LAZY: StdOnceLock<LazyLock<u32>> = StdOnceLock::new();
    CELL.set(OnceLock::from(3)).unwrap();
    let mut lazy: LazyLock<u32> = LazyLock::new(|| 4);
    *LazyLock::force_mut(&mut lazy) += 1;
    assert_eq!(format!("{lazy:?}"), "LazyLock(..)");
    assert!(LAZY.set(lazy).is_ok());
    let explored = explore(20, || {
        let cell = CELL.get().unwrap();
        (cell.get().copied(), cell.set(9), **LAZY.get().unwrap())
    });
    explored.gives([(Some(3), Err::<(), _>(9), 5)]);
}

/// It cannot be called again, and going on with the old value would make an
/// execution depend on the ones before.
#[test]
fn a_lazy_closure_that_is_used_up_is_refused() {
    type Made = Box<dyn FnOnce() -> u32 + Send>;
    static LAZY: StdOnceLock<LazyLock<u32, Made>> = StdOnceLock::new();
    let number = 6;
    assert!(LAZY.set(LazyLock::new(Box::new(move || number))).is_ok());
    let explored = Series::of(3).once().explore(|| **LAZY.get().unwrap());
    assert_eq!(explored.count("6"), 1);
    explored.finds(Kind::Panic, "used by two executions");
}

#[test]
fn poison_is_forgotten() {
    static LOCK: Mutex<u32> = Mutex::new(0);
    static RW: RwLock<u32> = RwLock::new(0);
    static ONCE: Once = Once::new();
    let explored = explore(20, || {
        let clean = !LOCK.is_poisoned() && !RW.is_poisoned() && !ONCE.is_completed();
        for attempt in 0..3 {
            let _ = std::panic::catch_unwind(|| {
                let _lock = (attempt == 0).then(|| LOCK.lock());
                let _rw = (attempt == 1).then(|| RW.write());
                if attempt == 2 {
                    ONCE.call_once(|| std::panic::resume_unwind(Box::new(())));
                }
                std::panic::resume_unwind(Box::new(()));
            });
        }
        let poisoned = LOCK.is_poisoned() && RW.is_poisoned();
        let once = std::panic::catch_unwind(|| ONCE.call_once(|| {})).is_err();
        (clean, poisoned, once)
    });
    explored.gives([(true, true, true)]);
}

#[test]
fn waiters_of_an_execution_that_was_cut_off_are_forgotten() {
    static LOCK: Mutex<bool> = Mutex::new(false);
    static CHANGED: Condvar = Condvar::new();
    let explored = explore(40, || {
        *LOCK.lock().unwrap() = false;
        let _waiter = jostle::thread::spawn(|| {
            let set = LOCK.lock().unwrap();
            drop(CHANGED.wait_while(set, |set| !*set));
        });
    });
    explored.finds(Kind::Leak, "");
    let explored = explore(200, || {
        *LOCK.lock().unwrap() = false;
        let waiter = jostle::thread::spawn(|| {
            let set = LOCK.lock().unwrap();
            drop(CHANGED.wait_while(set, |set| !*set));
        });
        *LOCK.lock().unwrap() = true;
        CHANGED.notify_one();
        waiter.join().unwrap();
    });
    explored.gives([()]);
}

/// A reference taken from a leaked guard of a `static` lock lives for ever.
#[test]
fn a_lock_whose_guard_was_leaked_is_refused() {
    static LOCK: Mutex<u32> = Mutex::new(0);
    static RW: RwLock<u32> = RwLock::new(0);
    let explored = Series::of(4).once().explore(|| {
        let guard: &'static MutexGuard<'_, u32> = Box::leak(Box::new(LOCK.lock().unwrap()));
        **guard
    });
    assert_eq!(explored.count("0"), 1);
    explored.finds(
        Kind::Panic,
        "a static Mutex (created at tests/it/sync/statics.rs",
    );
    let explored = Series::of(4).once().explore(|| {
        let guard = std::mem::ManuallyDrop::new(RW.read().unwrap());
        **guard
    });
    assert_eq!(explored.count("0"), 1);
    explored.finds(
        Kind::Panic,
        "a static RwLock (created at tests/it/sync/statics.rs",
    );
}

#[test]
fn a_static_lock_held_when_an_execution_ends_is_free_in_the_next() {
    static LOCK: Mutex<u32> = Mutex::new(0);
    static RW: RwLock<u32> = RwLock::new(0);
    let explored = explore(40, || {
        assert!(LOCK.try_lock().is_ok() && RW.try_write().is_ok());
        let _holder = jostle::thread::spawn(|| {
            let _lock = LOCK.lock().unwrap();
            let _rw = RW.read().unwrap();
            let (tx, rx) = jostle::sync::mpsc::channel::<()>();
            drop((rx.recv(), tx));
        });
    });
    explored.always_finds(Kind::Leak, "[receive (leaked)]");
}
