//! Has the stalled thread record its stack and end the process.
//!
//! ```text
//!   watchdog                         stalled thread
//!   ────────                         ──────────────
//!   tgkill ───────────────────────>  record_stack: stores its return addresses
//!   reads them, finds the names, <── CAPTURED
//!   prints
//!   REPORTED ─────────────────────>  ends the process
//! ```
//!
//! The signal handler does as little as a handler must: the watchdog looks up names and places,
//! on its own stack and with its own heap. The stalled thread ends the process, so that the
//! crash handler of a fuzzer sees the stack that matters. If one side makes no progress within
//! [`TIMEOUT`], which happens where a sanitizer holds signals back or the thread blocks them,
//! the other side does not wait for it.

use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use crate::rt::sys::{self, Disposition, Signal};
use crate::rt::thread_status::ThreadStatus;
use crate::watchdog::exit::Action;

/// How long one side waits for the other.
const TIMEOUT: Duration = Duration::from_secs(3);
const POLL_INTERVAL: Duration = Duration::from_millis(2);

/// The return addresses on the stalled thread's stack, innermost first.
static ADDRESSES: [AtomicUsize; 128] = [const { AtomicUsize::new(0) }; 128];
static COUNT: AtomicUsize = AtomicUsize::new(0);
static CAPTURED: AtomicBool = AtomicBool::new(false);
static REPORTED: AtomicBool = AtomicBool::new(false);

/// Has the thread show where it is. Returns the return addresses on its stack,
/// or nothing if it did not answer.
pub(crate) fn capture(thread: i32) -> Vec<usize> {
    // The last signal but one: valgrind keeps the last one for itself, and the
    // watch for OS threads leaves it unblocked.
    let signal = libc::SIGRTMAX() - 1;
    // The process ends after this, so that whatever handler was there is not missed.
    let sent = Disposition::by::<CaptureHandler>(false).set(signal) && sys::send(thread, signal);
    if !sent || !wait_for(&CAPTURED) {
        return Vec::new();
    }
    let count = COUNT.load(Ordering::Acquire);
    ADDRESSES[..count]
        .iter()
        .map(|a| a.load(Ordering::Relaxed))
        .collect()
}

/// Everything is said: the stalled thread is to end the process. Does so itself
/// if that does not happen.
pub(crate) fn end_process() -> ! {
    REPORTED.store(true, Ordering::Release);
    if CAPTURED.load(Ordering::Acquire) {
        std::thread::sleep(TIMEOUT);
    }
    Action::chosen().take()
}

fn wait_for(flag: &AtomicBool) -> bool {
    for _ in 0..TIMEOUT.as_millis() / POLL_INTERVAL.as_millis() {
        if flag.load(Ordering::Acquire) {
            return true;
        }
        // `nanosleep` is safe in a signal handler, and std's `sleep` is that.
        std::thread::sleep(POLL_INTERVAL);
    }
    false
}

/// Unwinding needs about this much of the stack.
const UNWINDER_STACK: usize = 32 * 1024;

/// The signal handler.
struct CaptureHandler;

impl sys::Handle for CaptureHandler {
    fn handle(_: &Signal<'_>) {
        record_stack()
    }
}

fn record_stack() -> ! {
    let here = 0u8;
    let label = ThreadStatus::existing().and_then(ThreadStatus::label);
    let bottom = label.map_or(0, |b| b.guard_range().end);
    // Below the bottom lies another stack, of which nothing is known.
    let room = ptr::from_ref(&here).addr().wrapping_sub(bottom);
    if room >= UNWINDER_STACK {
        let mut count = 0;
        // The watchdog, which is the only other one to do that, waits for this handler.
        sys::return_addresses(|address| {
            ADDRESSES[count].store(address, Ordering::Relaxed);
            count += 1;
            count < ADDRESSES.len()
        });
        COUNT.store(count, Ordering::Release);
    }
    CAPTURED.store(true, Ordering::Release);
    // The watchdog has to read debug information, which may take a while; it
    // ends the process itself if it gets to that.
    while !wait_for(&REPORTED) {}
    Action::chosen().take()
}
