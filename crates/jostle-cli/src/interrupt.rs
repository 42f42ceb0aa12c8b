//! Ctrl-C: the first one stops work and keeps results; the second kills the process.

use std::process;
use std::sync::atomic::{AtomicBool, Ordering};

use jostle_core::backend::Suite;

static CAUGHT: AtomicBool = AtomicBool::new(false);

/// The exit code of a process that SIGINT ended.
pub(crate) const CODE: u8 = 130;

/// From now on Ctrl-C is noted, by an OS thread that waits for it. Where that cannot be
/// had, it ends the process as ever.
pub(crate) fn catch<S: Suite>(suite: &S) {
    if !suite.threads() {
        return;
    }
    let _ = ctrlc::set_handler(|| {
        if CAUGHT.swap(true, Ordering::Relaxed) {
            process::exit(CODE.into());
        }
    });
}

/// Whether there was a Ctrl-C.
pub(crate) fn caught() -> bool {
    CAUGHT.load(Ordering::Relaxed)
}
