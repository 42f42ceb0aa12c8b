//! Ctrl-C, SIGTERM and SIGHUP: the first one stops work and keeps results; the second
//! ends the process.

use std::process;
use std::sync::atomic::{AtomicBool, Ordering};

static CAUGHT: AtomicBool = AtomicBool::new(false);

/// The exit code of a process that SIGINT ended.
pub(crate) const CODE: u8 = 130;

/// From now on such a signal is noted. Where that cannot be had, it ends the process as
/// ever.
pub(crate) fn catch() {
    let _ = ctrlc::set_handler(|| {
        if CAUGHT.swap(true, Ordering::Relaxed) {
            process::exit(CODE.into());
        }
    });
}

/// Whether there was one.
pub(crate) fn caught() -> bool {
    CAUGHT.load(Ordering::Relaxed)
}
