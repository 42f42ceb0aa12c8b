//! The locks of `jostle::sync` and their guards.
//!
//! - `mutex`: `Mutex` and its guard.
//! - `rwlock`: `RwLock`; `rwlock_guards`: its guards.
//! - [`mod@self`]: poisoning, which both locks share.

mod mutex;
mod rwlock;
mod rwlock_guards;

pub use mutex::{Mutex, MutexGuard};
pub use rwlock::RwLock;
pub use rwlock_guards::{RwLockReadGuard, RwLockWriteGuard};

use std::sync::{LockResult, PoisonError};

use crate::rt::{self, Handle};

/// The result of an acquisition: the guard, inside an error if the lock is poisoned.
fn guarded<G>(guard: G, poisoned: bool) -> LockResult<G> {
    if poisoned {
        Err(PoisonError::new(guard))
    } else {
        Ok(guard)
    }
}

/// Whether a guard that is dropped now poisons its lock: its task panics, and
/// did not when it took the lock. Unwinding a torn-down execution is no panic of
/// the program.
#[inline]
fn poisons(was_panicking: bool) -> bool {
    !was_panicking && std::thread::panicking() && poisons_unwinding()
}

#[cold]
#[inline(never)]
fn poisons_unwinding() -> bool {
    rt::panicking() && !rt::is_teardown()
}

/// Refuses a lock that joins an execution while a guard of an earlier one
/// exists: a reference taken from a leaked guard may live as long as the lock,
/// and giving out another one would alias it.
#[track_caller]
fn assert_free(held: bool, kind: &str, handle: &Handle) {
    assert!(
        !held,
        "a static {kind} (created at {}) is still locked by an earlier execution, which never \
         dropped the guard (it forgot or leaked it, or a destructor panicked while the task was \
         unwinding); create the {kind} inside the scenario",
        handle.site()
    );
}
