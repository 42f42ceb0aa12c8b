//! parking_lot, dashmap, arc-swap, portable-atomic and other cells.
use arc_swap::ArcSwap;
use dashmap::DashMap;
use parking_lot::{Condvar, Mutex, RwLock};
use portable_atomic::{AtomicF64, AtomicU128};
use std::cell::{Cell, UnsafeCell};
use std::sync::Arc;
use std::sync::atomic::Ordering::*;
use std::thread;
use std::time::Duration;

#[test]
fn parking_lot_mutex_and_condvar() {
    let (queue, changed) = (Mutex::new(Vec::new()), Condvar::new());
    thread::scope(|s| {
        s.spawn(|| {
            queue.lock().push(1);
            changed.notify_one();
        });
        let mut queue = queue.lock();
        changed.wait_while(&mut queue, |q| q.is_empty());
        assert_eq!(queue.pop(), Some(1));
    });
}

#[test]
fn parking_lot_timeout() {
    let lock = Mutex::new(());
    let _held = lock.lock();
    thread::scope(|s| {
        s.spawn(|| assert!(lock.try_lock_for(Duration::from_millis(20)).is_none()));
    });
}

#[test]
fn parking_lot_read_write() {
    let table = RwLock::new(1);
    thread::scope(|s| {
        s.spawn(|| *table.write() += 1);
        s.spawn(|| assert!(*table.read() <= 2));
    });
    assert_eq!(table.into_inner(), 2);
}

/// Deadlock: AB-BA, while parking_lot's own detector polls for it.
#[test]
fn parking_lot_watches_a_deadlock() {
    let locks = (Mutex::new(()), Mutex::new(()));
    thread::spawn(|| {
        loop {
            thread::sleep(Duration::from_millis(100));
            let _found = parking_lot::deadlock::check_deadlock();
        }
    });
    thread::scope(|s| {
        s.spawn(|| {
            let _a = locks.0.lock();
            let _b = locks.1.lock();
        });
        let _b = locks.1.lock();
        let _a = locks.0.lock();
    });
}

#[test]
fn dashmap_entries() {
    let map = DashMap::with_shard_amount(4);
    thread::scope(|s| {
        for _ in 0..2 {
            s.spawn(|| (0..5).for_each(|n| *map.entry(n).or_insert(0) += 1));
        }
    });
    assert!(map.iter().all(|e| *e.value() == 2));
}

#[test]
fn arc_swap_load_and_store() {
    let place = ArcSwap::from_pointee(1);
    thread::scope(|s| {
        s.spawn(|| place.store(Arc::new(2)));
        assert!(**place.load() <= 2);
    });
    assert_eq!(**place.load(), 2);
}

#[test]
fn once_cell_and_lazy_static() {
    static CELL: once_cell::sync::OnceCell<u32> = once_cell::sync::OnceCell::new();
    lazy_static::lazy_static! {
        static ref LAZY: u32 = 2;
    }
    thread::scope(|s| {
        for _ in 0..2 {
            s.spawn(|| assert_eq!(CELL.get_or_init(|| 1) + *LAZY, 3));
        }
    });
}

#[test]
fn thread_local_crate() {
    let counts = thread_local::ThreadLocal::<Cell<u32>>::new();
    thread::scope(|s| {
        for n in 1..3 {
            let counts = &counts;
            s.spawn(move || {
                // A thread that has ended leaves its cell to the next one.
                let count = counts.get_or_default();
                count.set(count.get() + n);
            });
        }
    });
    assert_eq!(counts.into_iter().map(Cell::into_inner).sum::<u32>(), 3);
}

/// Lost update on a 128-bit atomic. Order: both load before either stores.
#[test]
fn bug_u128_lost_update() {
    let count = AtomicU128::new(0);
    let add = || count.store(count.load(SeqCst) + 1, SeqCst);
    thread::scope(|s| {
        s.spawn(add);
        add();
    });
    assert_eq!(count.into_inner(), 2);
}

/// Clean: a value published by a 128-bit atomic.
#[test]
fn u128_publishes() {
    struct Shared(UnsafeCell<u32>, AtomicU128);
    // SAFETY: written before the release, read after the acquire.
    unsafe impl Sync for Shared {}
    let shared = Shared(UnsafeCell::new(0), AtomicU128::new(0));
    let shared = &shared;
    thread::scope(|s| {
        s.spawn(move || {
            unsafe { *shared.0.get() = 5 };
            shared.1.store(1 << 100, Release);
        });
        if shared.1.load(Acquire) != 0 {
            assert_eq!(unsafe { *shared.0.get() }, 5);
        }
    });
}

#[test]
fn atomic_float() {
    let sum = AtomicF64::new(0.0);
    thread::scope(|s| {
        for _ in 0..2 {
            s.spawn(|| sum.fetch_add(0.5, SeqCst));
        }
    });
    assert_eq!(sum.load(SeqCst), 1.0);
}
