//! rayon and crossbeam.
use crossbeam::channel::{after, bounded, never, select, tick, unbounded};
use crossbeam::queue::SegQueue;
use rayon::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

#[test]
fn rayon_parallel_iterator() {
    let sum: u64 = (0..100u64).into_par_iter().map(|n| n * 2).sum();
    assert_eq!(sum, 9900);
}

#[test]
fn rayon_scope() {
    let count = AtomicUsize::new(0);
    rayon::scope(|s| {
        for _ in 0..4 {
            s.spawn(|_| {
                count.fetch_add(1, SeqCst);
            });
        }
    });
    assert_eq!(count.into_inner(), 4);
}

#[test]
fn rayon_join() {
    fn fibonacci(n: u32) -> u32 {
        if n < 2 {
            return n;
        }
        let (a, b) = rayon::join(|| fibonacci(n - 1), || fibonacci(n - 2));
        a + b
    }
    assert_eq!(fibonacci(6), 8);
}

#[test]
fn rayon_pool_of_two() {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(2)
        .build()
        .unwrap();
    let mut list: Vec<_> = (0..50).rev().collect();
    pool.install(|| list.par_sort_unstable());
    assert!(list.is_sorted());
}

#[test]
fn rayon_panic_is_passed_on() {
    let result = std::panic::catch_unwind(|| rayon::join(|| (), || panic!("inside")));
    assert!(result.is_err());
}

#[test]
fn crossbeam_scope() {
    let mut list = [1, 2, 3, 4];
    crossbeam::scope(|s| {
        for half in list.chunks_mut(2) {
            s.spawn(move |_| half.reverse());
        }
    })
    .unwrap();
    assert_eq!(list, [2, 1, 4, 3]);
}

#[test]
fn crossbeam_select() {
    let ((a, from_a), (b, from_b)) = (bounded(0), unbounded());
    // A channel without a sender would be ready, too.
    let _kept = (a.clone(), b.clone());
    let t = thread::spawn(move || {
        a.send(1).unwrap();
        b.send(2).unwrap();
    });
    let mut sum = 0;
    for _ in 0..2 {
        select! {
            recv(from_a) -> n => sum += n.unwrap(),
            recv(from_b) -> n => sum += n.unwrap(),
        }
    }
    assert_eq!(sum, 3);
    t.join().unwrap();
}

#[test]
fn crossbeam_tick_and_after() {
    let (ticks, end) = (
        tick(Duration::from_millis(10)),
        after(Duration::from_millis(35)),
    );
    let t = thread::spawn(move || {
        let mut count = 0;
        loop {
            select! {
                recv(ticks) -> _ => count += 1,
                recv(end) -> _ => return count,
                recv(never::<()>()) -> _ => unreachable!(),
            }
        }
    });
    assert!((1..=4).contains(&t.join().unwrap()));
}

#[test]
fn crossbeam_queue() {
    let queue = SegQueue::new();
    thread::scope(|s| {
        for i in 0..2 {
            let queue = &queue;
            s.spawn(move || (0..40).for_each(|n| queue.push(n * 2 + i)));
        }
    });
    let mut all: Vec<_> = queue.into_iter().collect();
    all.sort_unstable();
    assert_eq!(all, (0..80).collect::<Vec<_>>());
}

#[test]
fn crossbeam_epoch() {
    use crossbeam::epoch::{Atomic, Owned, pin};
    use std::sync::atomic::Ordering::*;
    let place = Atomic::new(1);
    thread::scope(|s| {
        s.spawn(|| {
            let guard = pin();
            let old = place.swap(Owned::new(2), AcqRel, &guard);
            unsafe { guard.defer_destroy(old) };
        });
        let guard = pin();
        let value = *unsafe { place.load(Acquire, &guard).deref() };
        assert!(value == 1 || value == 2);
    });
    drop(unsafe { place.into_owned() });
}

#[test]
fn crossbeam_wait_group() {
    let group = crossbeam::sync::WaitGroup::new();
    let other = group.clone();
    thread::spawn(move || drop(other));
    group.wait();
}
