//! A hand-made spin lock.

use std::sync::Arc;

use super::plain::Plain;
use jostle::hint;
use jostle::sync::atomic::{AtomicBool, Ordering};
use jostle::thread;

struct SpinLock {
    locked: AtomicBool,
    value: Plain<u32>,
    /// The orderings of locking and unlocking.
    lock: Ordering,
    unlock: Ordering,
}

impl SpinLock {
    fn add(&self, n: u32) {
        while self
            .locked
            .compare_exchange(false, true, self.lock, Ordering::Relaxed)
            .is_err()
        {
            hint::spin_loop();
        }
        self.value.set(self.value.get() + n);
        self.locked.store(false, self.unlock);
    }
}

fn two_adders(lock: Ordering, unlock: Ordering) {
    let shared = Arc::new(SpinLock {
        locked: AtomicBool::new(false),
        value: Plain::new(0),
        lock,
        unlock,
    });
    let other = Arc::clone(&shared);
    let task = thread::spawn(move || other.add(1));
    shared.add(2);
    task.join().unwrap();
    assert_eq!(shared.value.get(), 3);
}

/// It is unlocked with `Relaxed`: nothing that was done under the lock need be seen by
/// who locks next.
#[jostle::scenario(expect = "race: data race")]
fn race_spin_lock() {
    two_adders(Ordering::Acquire, Ordering::Relaxed);
}

/// It is unlocked with `Release`.
#[jostle::scenario]
fn race_spin_lock_fixed() {
    two_adders(Ordering::Acquire, Ordering::Release);
}
