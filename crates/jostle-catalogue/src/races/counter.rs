//! An unlocked counter.

use std::sync::Arc;

use super::plain::Plain;
use jostle::sync::Mutex;
use jostle::thread;

/// Two tasks count in the same memory.
#[jostle::scenario(expect = "race: data race")]
fn race_counter() {
    let counter = Plain::shared(0);
    let other = Arc::clone(&counter);
    let task = thread::spawn(move || other.set(other.get() + 1));
    counter.set(counter.get() + 1);
    task.join().unwrap();
}

/// They count under a lock.
#[jostle::scenario]
fn race_counter_fixed() {
    let counter = Plain::shared(0);
    let lock = Arc::new(Mutex::new(()));
    let other = (Arc::clone(&counter), Arc::clone(&lock));
    let task = thread::spawn(move || {
        let (counter, lock) = other;
        let _locked = lock.lock().unwrap();
        counter.set(counter.get() + 1);
    });
    {
        let _locked = lock.lock().unwrap();
        counter.set(counter.get() + 1);
    }
    task.join().unwrap();
    assert_eq!(counter.get(), 2);
}
