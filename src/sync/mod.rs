//! Synchronization: the names and signatures of [`std::sync`].
//!
//! - [`mutex`](mod@mutex): `Mutex`, `MutexGuard`.
//!
//! Every operation that another task can see is a scheduling point, and every
//! wait is a choice of the decision source. Releasing a lock is a point only once
//! somebody has tried to acquire that lock without waiting.

mod mutex;

pub use mutex::{Mutex, MutexGuard};

pub use std::sync::{LockResult, PoisonError, TryLockError, TryLockResult};

/// [`std::sync::Arc`], unchanged: counting references is not a scheduling point.
pub use std::sync::{Arc, Weak};
