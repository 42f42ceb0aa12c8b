//! Threads as tasks: the names and signatures of [`std::thread`].
//!
//! - `spawn`: `spawn`, `Builder`, `JoinHandle`.
//! - `scope`: scoped threads. `started`: the state that both kinds of handles share.
//! - `local`: `thread_local!` per task.
//! - `park`: `Thread`, `current`, `park`, `unpark`.
//!
//! Differences from std: `ThreadId`s start anew in each execution; `sleep` and
//! `park_timeout` go by virtual time; a panic in a thread is a finding unless the
//! scenario allows it.

mod local;
mod park;
mod scope;
mod spawn;
mod started;

pub use local::{AccessError, LocalKey};
pub use park::{Thread, ThreadId, current, park, park_timeout};
pub use scope::{Scope, ScopedJoinHandle, scope};
pub use spawn::{Builder, JoinHandle, Result, spawn};

/// Declares task-local values, each task with its own, as
/// [`std::thread_local!`] does for OS threads.
#[doc(inline)]
pub use crate::__thread_local as thread_local;

use std::time::Duration;

use crate::rt;
use jostle_core::id::ObjectId;
use jostle_core::op::{OpKind, Site};

/// Lets other tasks go first; see [`std::thread::yield_now`].
///
/// It is a scheduling point like any other. Strategies that go by priorities put
/// the task behind all others until it is scheduled again.
///
/// # Panics
///
/// Outside a scenario.
#[inline]
#[track_caller]
pub fn yield_now() {
    rt::yield_now(false, Site::caller());
}

/// Waits for `duration` of virtual time; see [`std::thread::sleep`].
///
/// # Panics
///
/// Outside a scenario.
#[track_caller]
pub fn sleep(duration: Duration) {
    rt::point(OpKind::Sleep, ObjectId::NONE, Site::caller());
    rt::wait(None, rt::deadline(duration));
}

/// Whether the calling task is unwinding; see [`std::thread::panicking`].
#[must_use]
pub fn panicking() -> bool {
    rt::panicking()
}

/// The parallelism that a program may reckon with: 4, on every machine, so that
/// executions do not depend on where they run. See
/// [`std::thread::available_parallelism`].
///
/// # Errors
///
/// Never; the signature is std's.
pub fn available_parallelism() -> std::io::Result<std::num::NonZero<usize>> {
    const FOUR: std::num::NonZero<usize> = std::num::NonZero::new(4).unwrap();
    Ok(FOUR)
}
