//! The flag is set and notified without the waiter's lock, so the notification can
//! fall between check and wait.
//!
//! Origin: the `Condvar` chapter of every thread library; std's documentation of
//! `Condvar` shows the right form.

use std::sync::Arc;

use jostle::sync::atomic::{AtomicBool, Ordering};
use jostle::sync::{Condvar, Mutex};
use jostle::thread;

/// The flag is set outside the lock, so that the notification may come before
/// the wait.
#[jostle::scenario(expect = "lost-wakeup")]
fn lost_wakeup() {
    let shared = Arc::new((Mutex::new(()), Condvar::new(), AtomicBool::new(false)));
    let theirs = Arc::clone(&shared);
    let waiter = thread::spawn(move || {
        let (lock, ready, flag) = &*theirs;
        let mut guard = lock.lock().unwrap();
        while !flag.load(Ordering::SeqCst) {
            guard = ready.wait(guard).unwrap();
        }
    });
    let (_, ready, flag) = &*shared;
    flag.store(true, Ordering::SeqCst);
    ready.notify_one();
    waiter.join().unwrap();
}

/// The flag is set under the lock.
#[jostle::scenario]
fn lost_wakeup_fixed() {
    let shared = Arc::new((Mutex::new(false), Condvar::new()));
    let theirs = Arc::clone(&shared);
    let waiter = thread::spawn(move || {
        let (flag, ready) = &*theirs;
        let mut flag = flag.lock().unwrap();
        while !*flag {
            flag = ready.wait(flag).unwrap();
        }
    });
    let (flag, ready) = &*shared;
    *flag.lock().unwrap() = true;
    ready.notify_one();
    waiter.join().unwrap();
}
