//! A long task that has to come before a short one.
//!
//! Origin: Burckhardt, Kothari, Musuvathi, Nagarakatte, "A Randomized Scheduler
//! with Probabilistic Guarantees of Finding Bugs", ASPLOS 2010, figure 5.

use std::sync::Arc;

use super::cells::{Lock, Var, join, spawn};

/// Twenty steps that concern nobody else, and then a write that the main task does
/// not expect to see when it makes the first of its own two steps. Fixed, the main task waits for it.
pub(super) fn figure5<const FIXED: bool>() {
    let done = Arc::new(Lock::new(false));
    let long = spawn(&done, |done| {
        let own = Var::new(0);
        for _ in 0..20 {
            own.get();
        }
        *done.lock() = true;
    });
    if !FIXED {
        assert!(!*done.lock(), "the other task has come to its end");
        Var::new(0).get();
    }
    join([long]);
}
