//! A C file of the crate's own, called by Rust threads. `../expect.json` says what comes of it.
#![cfg(test)]

use std::ffi::{c_char, c_int, c_long};
use std::sync::Once;
use std::thread;

#[allow(non_upper_case_globals)]
unsafe extern "C" {
    static mut c_total: c_long;
    fn c_init();
    fn c_add_mutex();
    fn c_add_trylock();
    fn c_add_recursive() -> c_int;
    fn c_add_rwlock();
    fn c_read_rwlock() -> c_long;
    fn c_once() -> c_long;
    fn c_add_pthread_spin();
    fn c_add_semaphore();
    fn c_barrier();
    fn c_wait_ready();
    fn c_set_ready();
    fn c_add_atomic() -> c_long;
    fn c_add_atomic_spin();
    fn c_add_plain();
    fn c_copy(to: *mut c_char, from: *const c_char, length: c_long);
    fn c_thread() -> c_int;
    fn c_lock_both(swapped: c_int);
}

/// Calls something on two threads at once.
fn twice<T: Send>(f: fn() -> T) -> [T; 2] {
    static INIT: Once = Once::new();
    INIT.call_once(|| unsafe { c_init() });
    thread::scope(|s| [s.spawn(f), s.spawn(f)].map(|t| t.join().unwrap()))
}

#[test]
fn mutex_orders() {
    twice(|| unsafe { c_add_mutex() });
    assert!(unsafe { c_total } >= 2);
}

#[test]
fn try_lock_orders() {
    twice(|| unsafe { c_add_trylock() });
}

#[test]
fn recursive_mutex() {
    assert_eq!(twice(|| unsafe { c_add_recursive() }), [0, 0]);
}

#[test]
fn read_write_lock_orders() {
    thread::scope(|s| {
        s.spawn(|| unsafe { c_add_rwlock() });
        assert!(unsafe { c_read_rwlock() } >= 0);
    });
}

#[test]
fn once_orders() {
    assert_eq!(twice(|| unsafe { c_once() }), [1, 1]);
}

#[test]
fn pthread_spin_orders() {
    twice(|| unsafe { c_add_pthread_spin() });
}

#[test]
fn semaphore_orders() {
    twice(|| unsafe { c_add_semaphore() });
}

#[test]
fn barrier_of_two() {
    twice(|| unsafe { c_barrier() });
}

#[test]
fn condition_variable() {
    thread::scope(|s| {
        s.spawn(|| unsafe { c_wait_ready() });
        unsafe { c_set_ready() };
    });
}

#[test]
fn atomic_counts() {
    let mut seen = twice(|| unsafe { c_add_atomic() });
    seen.sort_unstable();
    assert_eq!(seen, [1, 2]);
}

#[test]
fn atomic_spin_orders() {
    twice(|| unsafe { c_add_atomic_spin() });
}

#[test]
fn thread_made_by_c() {
    assert_eq!(unsafe { c_thread() }, 0);
}

/// Data race inside C. Any order.
#[test]
fn bug_plain_race() {
    twice(|| unsafe { c_add_plain() });
}

/// Data race of a copy by C with a write by Rust. Any order.
#[test]
fn bug_copy_race() {
    let (from, mut to) = ([1 as c_char; 64], [0 as c_char; 64]);
    let address = &raw mut to as usize;
    thread::scope(|s| {
        s.spawn(|| unsafe { c_copy(address as *mut c_char, from.as_ptr(), 64) });
        unsafe { *(address as *mut c_char).add(10) = 2 };
    });
}

/// Deadlock of two C mutexes. Order: each thread has its first one.
#[test]
fn bug_lock_order() {
    thread::scope(|s| {
        s.spawn(|| unsafe { c_lock_both(0) });
        unsafe { c_lock_both(1) };
    });
}
