//! The end of the program: of an execution, where it is under control.

#![allow(unsafe_code)]

use std::ffi::c_int;

use crate::engine::end::End;
use crate::engine::{self, thread};
use crate::hot;
use crate::real;
use crate::sys;

/// Ends the execution with an exit code: `main` has returned.
pub(crate) fn end(code: c_int) -> ! {
    thread::run_destructors();
    leave(End::Exit(code))
}

fn leave(end: End) -> ! {
    engine::with(|e| e.leave(end))
}

/// `exit(3)`. Handlers of `atexit` are not called: what they do comes after everything that
/// is looked at.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn exit(code: c_int) -> ! {
    if hot::is_virtual() {
        leave(End::Exit(code));
    }
    // SAFETY: It has no conditions.
    unsafe { real::exit(code) };
    sys::exit(code)
}

/// `_exit(2)`.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn _exit(code: c_int) -> ! {
    if hot::is_virtual() {
        leave(End::Exit(code));
    }
    sys::exit(code)
}

/// `_Exit(3)`.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn _Exit(code: c_int) -> ! {
    _exit(code)
}

/// `quick_exit(3)`.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn quick_exit(code: c_int) -> ! {
    _exit(code)
}

/// `abort(3)`.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn abort() -> ! {
    if hot::is_virtual() {
        leave(End::Abort);
    }
    // SAFETY: It has no conditions.
    unsafe { real::abort() };
    sys::exit(134)
}
