//! Scoped threads, which may borrow from the frame that starts them.

#![allow(unsafe_code)]

use std::fmt;
use std::marker::PhantomData;
use std::panic::{self, AssertUnwindSafe, RefUnwindSafe};

use crate::rt::{self, Shared};
use crate::thread::started::Started;
use crate::thread::{Result, Thread};
use jostle_core::id::TaskId;
use jostle_core::op::{OpKind, Site};

/// A scope in which threads may borrow; see [`std::thread::Scope`].
pub struct Scope<'scope, 'env: 'scope> {
    threads: Shared<Threads>,
    scope: PhantomData<&'scope mut &'scope ()>,
    env: PhantomData<&'env mut &'env ()>,
}

#[derive(Default)]
struct Threads {
    started: Vec<TaskId>,
    /// How many threads panicked and have not been joined.
    panicked: u32,
}

// As std's: what a panic could leave broken is on the threads' own stacks.
impl RefUnwindSafe for Scope<'_, '_> {}

/// Runs `f` and then waits for every thread that it started; see
/// [`std::thread::scope`].
///
/// # Panics
///
/// Outside a scenario; if a thread that was not joined panicked; with the panic
/// of `f` if `f` panicked.
#[track_caller]
pub fn scope<'env, F, T>(f: F) -> T
where
    F: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> T,
{
    let site = Site::caller();
    let scope = Scope {
        threads: Shared::new(Threads::default()),
        scope: PhantomData,
        env: PhantomData,
    };
    let result = panic::catch_unwind(AssertUnwindSafe(|| f(&scope)));
    // Threads borrow from frames below: nothing may leave this function, not
    // even by unwinding, before the last one has finished.
    let mut next = 0;
    loop {
        let task = scope.threads.get().started.get(next).copied();
        let Some(task) = task else { break };
        let waited = panic::catch_unwind(AssertUnwindSafe(|| rt::join(task, OpKind::Scope, site)));
        if waited.is_err() {
            // The execution is being torn down: what it unwinds is this task,
            // and the threads of the scope, which are younger, are gone first.
            rt::wait_unwound(task);
        }
        next += 1;
    }
    match result {
        Err(payload) => panic::resume_unwind(payload),
        Ok(_) if scope.threads.get().panicked > 0 => panic!("a scoped thread panicked"),
        Ok(value) => value,
    }
}

impl<'scope> Scope<'scope, '_> {
    /// Starts a thread that may borrow from outside the scope; see
    /// [`std::thread::Scope::spawn`].
    ///
    /// # Panics
    ///
    /// If the scenario's budget of tasks is used up.
    #[track_caller]
    pub fn spawn<F, T>(&'scope self, f: F) -> ScopedJoinHandle<'scope, T>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        self.start(None, Site::caller(), f)
    }

    pub(crate) fn start<F, T>(
        &'scope self,
        name: Option<String>,
        site: Site,
        f: F,
    ) -> ScopedJoinHandle<'scope, T>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        let packet = Shared::new(None);
        let theirs = packet.clone();
        let threads = self.threads.clone();
        let body: Box<dyn FnOnce() + 'scope> = Box::new(move || {
            // By the child itself, before anything can end the scope.
            threads.get().started.push(rt::current_task());
            match panic::catch_unwind(AssertUnwindSafe(f)) {
                Ok(value) => *theirs.get() = Some(value),
                Err(payload) => {
                    threads.get().panicked += 1;
                    drop(theirs);
                    panic::resume_unwind(payload);
                }
            }
        });
        // SAFETY: `scope` does not return before the task has finished, and the
        // task drops the closure before it has, so nothing the closure borrows
        // ends before it. If the task's stack is given up, so is the stack of
        // `scope`, whose join then never returns.
        let body = unsafe {
            std::mem::transmute::<Box<dyn FnOnce() + 'scope>, Box<dyn FnOnce() + 'static>>(body)
        };
        let task = rt::spawn(name, site, body);
        ScopedJoinHandle {
            started: Started::new(task, packet),
            threads: self.threads.clone(),
            scope: PhantomData,
        }
    }
}

impl fmt::Debug for Scope<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scope")
    }
}

/// The right to wait for a scoped thread; see
/// [`std::thread::ScopedJoinHandle`].
pub struct ScopedJoinHandle<'scope, T> {
    started: Started<T>,
    threads: Shared<Threads>,
    scope: PhantomData<&'scope mut &'scope ()>,
}

impl<T> ScopedJoinHandle<'_, T> {
    /// Waits for the thread and gives its value.
    ///
    /// # Errors
    ///
    /// What the thread panicked with, if the scenario allows that panic.
    #[track_caller]
    pub fn join(self) -> Result<T> {
        let threads = self.threads;
        self.started
            .join(Site::caller(), || threads.get().panicked -= 1)
    }

    /// Whether the thread has finished. It is a scheduling point.
    #[track_caller]
    pub fn is_finished(&self) -> bool {
        self.started.is_finished(Site::caller())
    }

    /// The thread itself.
    pub fn thread(&self) -> &Thread {
        self.started.thread()
    }
}

impl<T> fmt::Debug for ScopedJoinHandle<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.started.show("ScopedJoinHandle", f)
    }
}
