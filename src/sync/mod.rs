//! Synchronization: the names and signatures of [`std::sync`].
//!
//! - `lock`: the locks and their guards.
//! - `condvar`: condition variables.
//! - `barrier`: barriers.
//! - `once`, `once_lock`, `lazy_lock`: one-time initialization; `once_slot`: the state that
//!   the last two share; `slot`: the memory of their value.
//! - [`mpsc`](mod@mpsc): channels.
//! - [`atomic`](mod@atomic): atomics.
//!
//! Every operation that another task can see is a scheduling point. Which waiter
//! wakes, and whether a wait ends spuriously, is a choice. Releasing a lock is a
//! point only once a task has tried to acquire that lock without waiting.
//!
//! A `static` primitive starts over in each execution: unlocked, unpoisoned,
//! uninitialized, an atomic with its first value. What a `static` lock guards
//! cannot be made anew and stays as the last execution left it.
//!
//! Left out: what std has deprecated (`ONCE_INIT`, `wait_timeout_ms`) or not
//! stabilized.

mod barrier;
mod condvar;
mod lazy_lock;
mod lock;
mod once;
mod once_lock;
mod once_slot;
mod slot;

pub mod atomic;
pub mod mpsc;

pub use barrier::{Barrier, BarrierWaitResult};
pub use condvar::{Condvar, WaitTimeoutResult};
pub use lazy_lock::LazyLock;
pub use lock::{Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard};
pub use once::{Once, OnceState};
pub use once_lock::OnceLock;

pub use std::sync::{LockResult, PoisonError, TryLockError, TryLockResult};

/// [`std::sync::Arc`], unchanged: counting references is not a scheduling point.
pub use std::sync::{Arc, Weak};
