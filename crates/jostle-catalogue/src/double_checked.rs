//! Double-checked initialization that publishes the flag before the value.
//!
//! Origin: Schmidt and Harrison, "Double-Checked Locking", 1996, and the
//! "Double-Checked Locking is Broken" declaration, 2000.

use std::sync::Arc;

use jostle::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use jostle::sync::{Mutex, OnceLock};
use jostle::thread;

struct Config {
    ready: AtomicBool,
    port: AtomicU32,
    lock: Mutex<()>,
}

impl Config {
    fn port(&self) -> u32 {
        if !self.ready.load(Ordering::Acquire) {
            let _guard = self.lock.lock().unwrap();
            if !self.ready.load(Ordering::Relaxed) {
                self.ready.store(true, Ordering::Release);
                self.port.store(8080, Ordering::Relaxed);
            }
        }
        self.port.load(Ordering::Relaxed)
    }
}

/// The flag is set before the value: a reader in between takes the value for
/// initialized.
#[jostle::scenario(expect = "panic: uninitialized")]
fn double_checked_init() {
    let config = Arc::new(Config {
        ready: AtomicBool::new(false),
        port: AtomicU32::new(0),
        lock: Mutex::new(()),
    });
    let theirs = Arc::clone(&config);
    let reader = thread::spawn(move || assert_eq!(theirs.port(), 8080, "uninitialized"));
    assert_eq!(config.port(), 8080, "uninitialized");
    reader.join().unwrap();
}

/// `OnceLock` does it right.
#[jostle::scenario]
fn double_checked_init_fixed() {
    let config = Arc::new(OnceLock::new());
    let theirs = Arc::clone(&config);
    let reader = thread::spawn(move || assert_eq!(*theirs.get_or_init(|| 8080), 8080));
    assert_eq!(*config.get_or_init(|| 8080), 8080);
    reader.join().unwrap();
}
