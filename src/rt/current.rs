//! Gives access to the execution that this OS thread runs.

#![allow(unsafe_code)]

use std::cell::Cell;
use std::marker::PhantomData;
use std::mem;
use std::ptr::NonNull;

use jostle_core::strategy::Policy;

use crate::rt::execution::Execution;
use crate::rt::policy::BorrowedPolicy;
use crate::sanitizer;

std::thread_local! {
    static CURRENT: Cell<Option<NonNull<Execution>>> = const { Cell::new(None) };
    /// Whether it has been taken away; see [`Detached`].
    static DETACHED: Cell<bool> = const { Cell::new(false) };
    /// Whether a reference to the execution exists; see [`AccessCheck`].
    #[cfg(debug_assertions)]
    static ACCESSED: Cell<bool> = const { Cell::new(false) };
}

/// Marks that a reference to the execution exists. Debug builds refuse a second one.
#[must_use]
struct AccessCheck;

impl AccessCheck {
    #[inline(always)]
    fn enter() -> AccessCheck {
        #[cfg(debug_assertions)]
        assert!(
            !ACCESSED.replace(true),
            "this is a bug in jostle: user code runs while the execution is being worked on"
        );
        AccessCheck
    }
}

#[cfg(debug_assertions)]
impl Drop for AccessCheck {
    fn drop(&mut self) {
        ACCESSED.set(false);
    }
}

/// Takes this thread's execution away while a strategy is being called, so that whatever the
/// strategy does happens outside a scenario. Dropping this gives the execution back.
#[must_use]
pub(crate) struct Detached(Option<NonNull<Execution>>);

/// See [`Detached`].
#[inline]
pub(crate) fn detach() -> Detached {
    DETACHED.set(true);
    Detached(CURRENT.take())
}

/// Whether a strategy is being called on this thread; see [`Detached`].
pub(crate) fn is_detached() -> bool {
    DETACHED.get()
}

impl Drop for Detached {
    fn drop(&mut self) {
        DETACHED.set(false);
        CURRENT.set(self.0);
    }
}

/// A handle on this thread's execution.
#[derive(Clone, Copy)]
pub(crate) struct Current {
    execution: NonNull<Execution>,
    /// Not `Send`: the execution belongs to this thread.
    thread: PhantomData<*const ()>,
}

impl Current {
    /// The number of the execution.
    #[inline]
    pub(crate) fn epoch(self) -> u32 {
        let _check = AccessCheck::enter();
        // SAFETY: As in `with`; the reference ends with this expression.
        unsafe { self.execution.as_ref().epoch }
    }

    /// Works on the execution. `f` must neither switch tasks nor run user code
    /// (a destructor, a waker): those come back here.
    #[inline]
    pub(crate) fn with<R>(mut self, f: impl FnOnce(&mut Execution) -> R) -> R {
        let _inside = sanitizer::inside();
        let _check = AccessCheck::enter();
        let unwound = Unwound;
        // SAFETY: The pointer was set by `enter`, whose guard is alive as long as tasks
        // and the run loop use what they got from it, so the execution is. It is used
        // by this thread only. References made here end when `f` returns or unwinds,
        // and by the rule above, which debug builds check, `f` does not get here again
        // while it runs, directly or on another stack.
        let result = f(unsafe { self.execution.as_mut() });
        mem::forget(unwound);
        result
    }
}

/// Marks the execution as broken if the code that works on it unwinds. User code does not
/// run there, so that the fault is the runtime's or a strategy's, and nothing that the
/// execution says from now on can be relied on.
///
/// It has no fields, so that the compiler need not keep any for the unwinding.
struct Unwound;

impl Drop for Unwound {
    #[cold]
    #[inline(never)]
    fn drop(&mut self) {
        if let Some(mut current) = try_get() {
            // SAFETY: As in `with`, whose `f` has unwound.
            unsafe { current.execution.as_mut() }.breaks();
        }
    }
}

/// This thread's execution, if it runs one.
#[inline]
pub(crate) fn try_get() -> Option<Current> {
    CURRENT
        .try_with(Cell::get)
        .ok()
        .flatten()
        .map(|execution| Current {
            execution,
            thread: PhantomData,
        })
}

/// This thread's execution.
///
/// # Panics
///
/// If this thread runs none; the message names `what` was used.
#[inline]
#[track_caller]
pub(crate) fn get(what: &str) -> Current {
    match try_get() {
        Some(current) => current,
        None => outside(what),
    }
}

/// Says that `what` was used on an OS thread that runs no execution.
#[cold]
#[track_caller]
pub(crate) fn outside(what: &str) -> ! {
    panic!(
        "jostle's {what} was used outside a scenario: this OS thread runs no execution. \
         Use it inside a function marked #[jostle::scenario], on tasks made by \
         jostle::thread::spawn or jostle::task::spawn (std::thread::spawn makes an OS thread that \
         Jostle does not control)"
    )
}

/// An execution that is this thread's only while it is entered.
#[derive(Debug)]
pub(crate) struct OwnedExecution {
    /// A box that was leaked: a pointer to it stays valid when this is moved.
    execution: NonNull<Execution>,
}

impl OwnedExecution {
    pub(crate) fn new(execution: Execution) -> OwnedExecution {
        OwnedExecution {
            execution: NonNull::from(Box::leak(Box::new(execution))),
        }
    }

    /// The execution while no thread runs it.
    pub(crate) fn idle(&self) -> &Execution {
        // SAFETY: The box is freed when this is dropped. Whoever uses the execution as
        // this thread's one does so while the guard of `enter` lives, which borrows
        // this mutably.
        unsafe { self.execution.as_ref() }
    }

    /// As [`idle`](OwnedExecution::idle), to be changed.
    pub(crate) fn idle_mut(&mut self) -> &mut Execution {
        // SAFETY: As in `idle`.
        unsafe { self.execution.as_mut() }
    }

    /// Makes it this thread's execution, under `policy`, until the guard is dropped.
    ///
    /// # Panics
    ///
    /// If this thread runs another one, even if that is taken away.
    pub(crate) fn enter<'a, 'p: 'a>(&'a mut self, policy: Policy<'p>) -> Entered<'a> {
        assert!(
            CURRENT.get().is_none() && !is_detached(),
            "a scenario cannot explore another one: this OS thread already runs an execution"
        );
        // SAFETY: The guard that is returned borrows the policy, and overwrites this
        // one when it is dropped.
        self.idle_mut().policy = unsafe { BorrowedPolicy::of(policy) };
        CURRENT.set(Some(self.execution));
        Entered { owned: self }
    }
}

impl Drop for OwnedExecution {
    fn drop(&mut self) {
        // SAFETY: The box was leaked by `new`, and nothing else owns it. No execution is
        // running, as in `idle`.
        drop(unsafe { Box::from_raw(self.execution.as_ptr()) });
    }
}

/// Keeps an execution current. It must be dropped, not forgotten.
#[derive(Debug)]
pub(crate) struct Entered<'a> {
    owned: &'a mut OwnedExecution,
}

impl Entered<'_> {
    /// The execution.
    pub(crate) fn current(&self) -> Current {
        Current {
            execution: self.owned.execution,
            thread: PhantomData,
        }
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        CURRENT.set(None);
        self.owned.idle_mut().policy = BorrowedPolicy::none();
    }
}
