//! A `static mut` incremented by two tasks.

#![allow(unsafe_code)]

use std::sync::atomic::{AtomicU64, Ordering};

use jostle::thread;

/// Two tasks count in a `static mut`.
#[jostle::scenario(expect = "race: data race")]
fn race_static_mut() {
    static mut TOTAL: u64 = 0;
    fn add() {
        // SAFETY: None, as in most programs that do this.
        unsafe { TOTAL += 1 };
    }
    let task = thread::spawn(add);
    add();
    task.join().unwrap();
}

/// It is an atomic.
#[jostle::scenario]
fn race_static_mut_fixed() {
    // Of std: it goes on from one execution to the next, as the `static mut` does.
    static TOTAL: AtomicU64 = AtomicU64::new(0);
    fn add() {
        TOTAL.fetch_add(1, Ordering::Relaxed);
    }
    let task = thread::spawn(add);
    add();
    task.join().unwrap();
}
