//! The locks of POSIX as they lie in the program's memory.
//!
//! The layouts are glibc's, so that what libc has initialized or locked before the fork
//! point is what it was, and static initializers mean what they mean to libc. Everything
//! that a lock knows lies in itself: an execution begins with the memory of the fork point.
//!
//! Nothing here waits or schedules; that is the affair of the functions that use it.

pub(crate) mod barrier;
pub(crate) mod cond;
pub(crate) mod mutex;
pub(crate) mod once;
pub(crate) mod rwlock;
pub(crate) mod semaphore;
pub(crate) mod spin;

use std::ffi::c_int;

/// The number of a thread, as `gettid` gives it.
pub(crate) type Thread = c_int;

/// Whether a deadline is one for libc.
pub(crate) fn is_moment(moment: &libc::timespec) -> bool {
    (0..1_000_000_000).contains(&moment.tv_nsec)
}

/// Whether a clock is one that deadlines of locks may have.
pub(crate) fn is_clock(clock: libc::clockid_t) -> bool {
    matches!(clock, libc::CLOCK_REALTIME | libc::CLOCK_MONOTONIC)
}
