//! A collector spins until a job counter reaches zero; a lost update means that it
//! never does.
//!
//! Origin: hand-made completion counters, where `fetch_sub` became a load and a
//! store in a refactoring.

use std::sync::Arc;

use jostle::hint;
use jostle::sync::atomic::{AtomicU32, Ordering};
use jostle::thread;

const WORKERS: u32 = 2;

fn wait_for_all(done: fn(&AtomicU32)) {
    let open = Arc::new(AtomicU32::new(WORKERS));
    for _ in 0..WORKERS {
        let open = Arc::clone(&open);
        thread::spawn(move || done(&open));
    }
    while open.load(Ordering::Acquire) != 0 {
        hint::spin_loop();
    }
}

/// Open jobs are counted down in two operations: one is never done.
#[jostle::scenario(expect = "livelock: no end", steps = 2_000)]
fn countdown() {
    wait_for_all(|open| {
        let left = open.load(Ordering::Acquire);
        open.store(left - 1, Ordering::Release);
    });
}

/// Open jobs are counted down in one operation.
#[jostle::scenario(steps = 2_000)]
fn countdown_fixed() {
    wait_for_all(|open| {
        open.fetch_sub(1, Ordering::AcqRel);
    });
}
