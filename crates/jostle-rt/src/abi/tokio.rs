//! Which of its runtimes tokio makes where a program asks for a single-threaded one.
//!
//! A single-threaded runtime polls its tasks in one order and hides what a program does that
//! is run with several workers. So the linker has replaced its constructor by one that looks
//! at a variable of this library; see `linker::tokio` of `cargo-jostle`.

#![allow(unsafe_code)]

use std::sync::atomic::{AtomicU32, Ordering};

/// How many workers there are to be; 0 for tokio's single-threaded runtime.
#[unsafe(no_mangle)]
#[allow(non_upper_case_globals)]
pub static jostle_tokio_workers: AtomicU32 = AtomicU32::new(0);

/// What tokio says where time is paused in a runtime with several workers. Paused time needs
/// the single-threaded one.
const PAUSED: &str = "time::pause()` requires";

/// Single-threaded runtimes get so many workers from now on.
pub(crate) fn set_workers(workers: u16) {
    jostle_tokio_workers.store(workers.into(), Ordering::Relaxed);
}

/// Whether single-threaded runtimes get workers.
pub(crate) fn has_workers() -> bool {
    jostle_tokio_workers.load(Ordering::Relaxed) != 0
}

/// Whether a test that has failed with `message` needs the single-threaded runtime.
pub(crate) fn needs_single_thread(message: &str) -> bool {
    message.contains(PAUSED)
}
