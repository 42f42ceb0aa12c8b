//! Lazy initialization whose fast path lacks ordering.

use std::sync::Arc;

use super::plain::Plain;
use jostle::sync::Mutex;
use jostle::sync::atomic::{AtomicBool, Ordering};
use jostle::thread;

/// A value that is made by whoever needs it first.
struct Lazy {
    value: Plain<u32>,
    ready: AtomicBool,
    making: Mutex<()>,
    /// The ordering of the fast path.
    load: Ordering,
}

impl Lazy {
    fn get(&self) -> u32 {
        if !self.ready.load(self.load) {
            let _making = self.making.lock().unwrap();
            if !self.ready.load(Ordering::Relaxed) {
                self.value.set(42);
                self.ready.store(true, Ordering::Release);
            }
        }
        self.value.get()
    }
}

fn three_users(load: Ordering) {
    let lazy = Arc::new(Lazy {
        value: Plain::new(0),
        ready: AtomicBool::new(false),
        making: Mutex::new(()),
        load,
    });
    let users = [(); 2].map(|()| {
        let lazy = Arc::clone(&lazy);
        thread::spawn(move || {
            // They have something else to do first.
            for _ in 0..4 {
                thread::yield_now();
            }
            assert_eq!(lazy.get(), 42);
        })
    });
    assert_eq!(lazy.get(), 42);
    for user in users {
        user.join().unwrap();
    }
}

/// The fast path loads with `Relaxed`: whoever takes it does not come after the
/// initialization.
#[jostle::scenario(expect = "race: data race")]
fn race_double_checked() {
    three_users(Ordering::Relaxed);
}

/// The fast path acquires.
#[jostle::scenario]
fn race_double_checked_fixed() {
    three_users(Ordering::Acquire);
}
