//! The execution that this OS thread runs.

#![allow(unsafe_code)]

use std::cell::Cell;
use std::marker::PhantomData;
use std::ptr::NonNull;

use crate::rt::execution::Execution;
use crate::sanitizer;

std::thread_local! {
    static CURRENT: Cell<Option<NonNull<Execution>>> = const { Cell::new(None) };
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
        // SAFETY: As in `with`; the reference ends with this expression.
        unsafe { self.execution.as_ref().epoch }
    }

    /// Works on the execution. `f` must neither switch tasks nor run user code
    /// (a destructor, a waker): those come back here.
    #[inline]
    pub(crate) fn with<R>(mut self, f: impl FnOnce(&mut Execution) -> R) -> R {
        let _inside = sanitizer::inside();
        // SAFETY: The pointer was set by `enter`, whose guard is alive, so the
        // execution is. It is used by this thread only. References made here end
        // when `f` returns, and by the rule above `f` does not get here again
        // while it runs, directly or on another stack.
        f(unsafe { self.execution.as_mut() })
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

/// Makes `execution` this thread's execution until the guard is dropped.
///
/// # Safety
///
/// `execution` outlives the guard, and while the guard lives it is reached only
/// through [`Current`] or the same pointer, never by two references at a time.
pub(crate) unsafe fn enter(execution: NonNull<Execution>) -> Entered {
    let before = CURRENT.replace(Some(execution));
    assert!(
        before.is_none(),
        "a scenario cannot explore another one: this OS thread already runs an execution"
    );
    Entered(PhantomData)
}

/// Keeps an execution current.
pub(crate) struct Entered(PhantomData<*const ()>);

impl Drop for Entered {
    fn drop(&mut self) {
        CURRENT.set(None);
    }
}
