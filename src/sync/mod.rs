//! Synchronization: the names and signatures of [`std::sync`].
//!
//! - `mutex`, `rwlock`, `rwlock_guards`: the locks; `lock`: what they share.
//! - `condvar`: condition variables.
//! - `barrier`: barriers.
//! - `once`, `once_lock`, `lazy_lock`: one-time initialization; `slot`: where the
//!   value lies.
//! - [`mpsc`](mod@mpsc): channels.
//! - [`atomic`](mod@atomic): atomics.
//!
//! Every operation that another task can see is a scheduling point, and every
//! wait is a choice of the decision source. Releasing a lock is a point only once
//! somebody has tried to acquire that lock without waiting.
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
mod mutex;
mod once;
mod once_lock;
mod rwlock;
mod rwlock_guards;
mod slot;

pub mod atomic;
pub mod mpsc;

pub use barrier::{Barrier, BarrierWaitResult};
pub use condvar::{Condvar, WaitTimeoutResult};
pub use lazy_lock::LazyLock;
pub use mutex::{Mutex, MutexGuard};
pub use once::{Once, OnceState};
pub use once_lock::OnceLock;
pub use rwlock::RwLock;
pub use rwlock_guards::{RwLockReadGuard, RwLockWriteGuard};

pub use std::sync::{LockResult, PoisonError, TryLockError, TryLockResult};

/// [`std::sync::Arc`], unchanged: counting references is not a scheduling point.
pub use std::sync::{Arc, Weak};
