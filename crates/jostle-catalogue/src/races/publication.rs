//! A value published by a flag without ordering.

use std::sync::Arc;

use super::plain::Plain;
use jostle::sync::atomic::{AtomicBool, Ordering};
use jostle::thread;

/// One task writes a value and raises a flag; the other one reads the value when it
/// sees the flag.
fn publish(store: Ordering, load: Ordering) {
    let shared = Arc::new((Plain::new(0), AtomicBool::new(false)));
    let reader = Arc::clone(&shared);
    let task = thread::spawn(move || {
        let (value, ready) = &*reader;
        if ready.load(load) {
            assert_eq!(value.get(), 42);
        }
    });
    let (value, ready) = &*shared;
    value.set(42);
    ready.store(true, store);
    task.join().unwrap();
}

/// The flag is stored and loaded with `Relaxed`, which orders nothing: on a machine
/// with weak memory the reader sees the flag and not the value.
#[jostle::scenario(expect = "race: data race")]
fn race_publication() {
    publish(Ordering::Relaxed, Ordering::Relaxed);
}

/// `Release` and `Acquire`.
#[jostle::scenario]
fn race_publication_fixed() {
    publish(Ordering::Release, Ordering::Acquire);
}
