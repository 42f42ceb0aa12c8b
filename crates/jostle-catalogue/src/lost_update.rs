//! Two tasks read, add and write back: one of the additions is lost.
//!
//! Origin: the first example of every book on concurrency.

use std::sync::Arc;

use jostle::sync::atomic::{AtomicU32, Ordering};
use jostle::thread;

fn count_to_two(add: fn(&AtomicU32)) {
    let counter = Arc::new(AtomicU32::new(0));
    let other = Arc::clone(&counter);
    let task = thread::spawn(move || add(&other));
    add(&counter);
    task.join().unwrap();
    assert_eq!(counter.load(Ordering::SeqCst), 2, "an addition was lost");
}

/// A counter is read and written in two operations: an addition is lost.
#[jostle::scenario(expect = "panic: an addition was lost")]
fn lost_update() {
    count_to_two(|counter| {
        let seen = counter.load(Ordering::SeqCst);
        counter.store(seen + 1, Ordering::SeqCst);
    });
}

/// The counter is read and written in one operation.
#[jostle::scenario]
fn lost_update_fixed() {
    count_to_two(|counter| {
        counter.fetch_add(1, Ordering::SeqCst);
    });
}
