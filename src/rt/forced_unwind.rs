//! Leaves the panic hook without returning from it, by a forced unwinding.
//!
//! When a destructor panics while its task unwinds, std aborts the process as soon as the hook
//! returns. The stack is given up inside the hook instead. But std calls the hook under a lock
//! that `take_hook` and `set_hook` take as well. A stack that stops right there holds the lock
//! for ever, and whoever changes the hook next, such as libtest when all tests are done, never
//! comes back.
//!
//! ```text
//!   hook and what it called     unwound
//!   std, holds the lock         unwound, which releases the lock
//!   ───────────────────────────────────────────────────────────
//!   std, would abort            stays, as do the frames of the task
//! ```
//!
//! A panic cannot unwind these frames, since a panic inside the hook aborts. A forced unwinding
//! can, and it asks before each frame whether to go on (Itanium C++ ABI, "Exception Handling",
//! 1.6.1; `_Unwind_ForcedUnwind`).
//!
//! How std calls the hook is no promise of std's. A test named after it fails when it changes.

#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};
use std::ptr;

/// The header of an exception; the unwinder keeps its state in it.
#[repr(C, align(16))]
struct Exception {
    class: u64,
    cleanup: *const c_void,
    private: [usize; 6],
}

#[repr(C)]
struct Context {
    opaque: [u8; 0],
}

type Stop = extern "C" fn(
    version: c_int,
    actions: c_int,
    class: u64,
    exception: *mut Exception,
    context: *mut Context,
    way: *mut c_void,
) -> c_int;

unsafe extern "C-unwind" {
    fn _Unwind_ForcedUnwind(exception: *mut Exception, stop: Stop, way: *mut c_void) -> c_int;
    fn _Unwind_GetCFA(context: *mut Context) -> usize;
}

/// Where to stop and what to do there.
struct Way {
    /// An address in the outermost frame to unwind.
    within: usize,
    then: fn() -> !,
}

/// Unwinds this stack up to and including the frame that `within` lies in, and
/// calls `then` below the frames that are left.
pub(crate) fn unwind_past<T>(within: *const T, then: fn() -> !) -> ! {
    // Neither is used any more once `stop` has called `then`, but the unwinder
    // looks at them on a stack from which this frame is gone: they are leaked.
    let exception = Box::leak(Box::new(Exception {
        class: 0,
        cleanup: ptr::null(),
        private: [0; 6],
    }));
    let way = Box::leak(Box::new(Way {
        within: within.addr(),
        then,
    }));
    // SAFETY: `exception` is a header as the unwinder wants it, at least as large
    // and aligned, and it and `way` are valid for ever. The frames that are
    // unwound are the caller's up to std's call of the hook; all are Rust, were
    // built to unwind (the hook is a `dyn Fn` that may panic, for all that its
    // caller knows), and are dropped in order. No code on this stack runs again.
    unsafe { _Unwind_ForcedUnwind(exception, stop, ptr::from_mut(way).cast()) };
    // The unwinder has come to the end of the stack, or to a frame without
    // tables: the lock stays held.
    then()
}

extern "C" fn stop(
    _version: c_int,
    _actions: c_int,
    _class: u64,
    _exception: *mut Exception,
    context: *mut Context,
    way: *mut c_void,
) -> c_int {
    const GO_ON: c_int = 0;
    // SAFETY: The pointer that `unwind_past` passed.
    let way = unsafe { &*way.cast::<Way>() };
    // SAFETY: The unwinder calls this function with a context that is valid
    // during the call. In a context the "canonical frame address" is that of the
    // frame inside, which is where the frame to be unwound next begins.
    let begins = unsafe { _Unwind_GetCFA(context) };
    if begins > way.within {
        (way.then)();
    }
    GO_ON
}
