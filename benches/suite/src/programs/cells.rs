//! What programs are written with: the runtime's own types under one set of names.
//!
//! Every method is `#[track_caller]`: the site of an operation is the line of the
//! program, not one in here.

use std::sync::{Arc, PoisonError};

use super::rt::sync::atomic::{AtomicI32, Ordering::SeqCst};
use super::rt::sync::{Condvar, Mutex, MutexGuard};
use super::rt::thread::{self, JoinHandle};

/// A variable that tasks share without a lock. Where the original has a plain one,
/// an atomic stands for it, so that each access is a scheduling point in all three
/// runtimes and a race is a wrong value, not undefined behaviour.
pub(super) struct Var(AtomicI32);

impl Var {
    #[track_caller]
    pub(super) fn new(value: i32) -> Var {
        Var(AtomicI32::new(value))
    }

    #[track_caller]
    pub(super) fn get(&self) -> i32 {
        self.0.load(SeqCst)
    }

    #[track_caller]
    pub(super) fn set(&self, value: i32) {
        self.0.store(value, SeqCst);
    }

    /// Adds in one step and returns what was there before.
    #[track_caller]
    pub(super) fn add(&self, value: i32) -> i32 {
        self.0.fetch_add(value, SeqCst)
    }

    #[track_caller]
    pub(super) fn swap(&self, value: i32) -> i32 {
        self.0.swap(value, SeqCst)
    }

    /// Whether it was `from` and is `to` now.
    #[track_caller]
    pub(super) fn replace(&self, from: i32, to: i32) -> bool {
        self.0.compare_exchange(from, to, SeqCst, SeqCst).is_ok()
    }
}

/// A mutex that knows no poison: after the first panic nothing counts any more, and
/// a second one while tasks unwind leaves shuttle unusable.
pub(super) struct Lock<T>(Mutex<T>);

impl<T> Lock<T> {
    #[track_caller]
    pub(super) fn new(value: T) -> Lock<T> {
        Lock(Mutex::new(value))
    }

    #[track_caller]
    pub(super) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A condition variable.
pub(super) struct Signal(Condvar);

impl Signal {
    #[track_caller]
    pub(super) fn new() -> Signal {
        Signal(Condvar::new())
    }

    #[track_caller]
    pub(super) fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
        self.0.wait(guard).unwrap_or_else(PoisonError::into_inner)
    }

    #[track_caller]
    pub(super) fn one(&self) {
        self.0.notify_one();
    }

    #[track_caller]
    pub(super) fn all(&self) {
        self.0.notify_all();
    }
}

/// Spawns a task on `state`.
#[track_caller]
pub(super) fn spawn<S: Send + Sync + 'static>(
    state: &Arc<S>,
    task: impl FnOnce(&S) + Send + 'static,
) -> JoinHandle<()> {
    let state = Arc::clone(state);
    thread::spawn(move || task(&state))
}

/// Waits for all of `tasks`. One that has panicked has ended the execution.
#[track_caller]
pub(super) fn join(tasks: impl IntoIterator<Item = JoinHandle<()>>) {
    for task in tasks {
        let _ = task.join();
    }
}

#[track_caller]
pub(super) fn yield_now() {
    thread::yield_now();
}
