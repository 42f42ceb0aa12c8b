//! Races on plain memory. Only a ThreadSanitizer build sees them; elsewhere these
//! scenarios find nothing, and nobody expects them to.

use std::cell::UnsafeCell;
use std::sync::Arc;

use crate::sync::Mutex;
use crate::thread;

/// A cell that claims to be shareable, and is not.
struct Unsound<T>(UnsafeCell<T>);

// SAFETY: None: that is the bug of the scenarios.
unsafe impl<T> Sync for Unsound<T> {}

impl<T: Copy> Unsound<T> {
    fn new(value: T) -> Arc<Unsound<T>> {
        Arc::new(Unsound(UnsafeCell::new(value)))
    }

    fn get(&self) -> T {
        // SAFETY: None, as above.
        unsafe { *self.0.get() }
    }

    fn set(&self, value: T) {
        // SAFETY: None, as above.
        unsafe { *self.0.get() = value }
    }
}

/// Two tasks count in the same memory.
#[crate::scenario(expect = "race")]
fn race_counter() {
    let counter = Unsound::new(0);
    let other = Arc::clone(&counter);
    let task = thread::spawn(move || other.set(other.get() + 1));
    counter.set(counter.get() + 1);
    task.join().unwrap();
}

/// They count under a lock.
#[crate::scenario]
fn race_counter_fixed() {
    let counter = Unsound::new(0);
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
}
