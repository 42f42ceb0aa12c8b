//! Dispositions of signals.

#![allow(unsafe_code)]

use std::ffi::c_int;
use std::mem;

use crate::hot;
use crate::real;

/// `sigaction(2)`.
///
/// A program that asks what happens at a fault of memory is told that somebody has seen to
/// it: std would set up a handler with a stack for each thread otherwise, under a lock that
/// orders the threads' starts and hides races.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sigaction(
    signal: c_int,
    action: *const libc::sigaction,
    old: *mut libc::sigaction,
) -> c_int {
    let fault = matches!(signal, libc::SIGSEGV | libc::SIGBUS);
    if hot::is_virtual() && fault {
        if !old.is_null() {
            // SAFETY: The caller gives room for it, and all zeros is a value of it.
            unsafe {
                let mut seen: libc::sigaction = mem::zeroed();
                seen.sa_sigaction = libc::SIG_IGN;
                old.write(seen);
            }
        }
        return 0;
    }
    // SAFETY: As the caller promises.
    unsafe { real::sigaction(signal, action, old) }
}
