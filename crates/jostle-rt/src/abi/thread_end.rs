//! The end of a thread that does not return, and joins that do not wait for ever.

#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};

use crate::abi::{exit, locks, time, with_return_address};
use crate::engine::thread;
use crate::hot::{self, Phase};
use crate::locks::{is_clock, is_moment};
use crate::real;
use crate::sys;

/// `pthread_exit(3)`.
///
/// libc unwinds the thread's frames. Here they stay: the destructors of thread-local
/// variables and of thread-specific data run, and nothing else of the thread does.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn pthread_exit(value: *mut c_void) -> ! {
    match hot::phase() {
        Phase::Harness | Phase::Run => {
            locks::caution("pthread_exit ended a thread without unwinding its frames");
            thread::finish(value)
        }
        // The only thread: so ends the process.
        Phase::Start => exit::end(0),
        Phase::Off | Phase::Root => {
            // SAFETY: As the caller promises.
            unsafe { real::pthread_exit(value) };
            sys::exit(0)
        }
    }
}

/// `pthread_cancel(3)`: nobody is cancelled, at no point of any function.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn pthread_cancel(thread: libc::pthread_t) -> c_int {
    if !hot::is_virtual() {
        // SAFETY: As the caller promises.
        return unsafe { real::pthread_cancel(thread) };
    }
    locks::caution("pthread_cancel was refused: threads are not cancelled");
    libc::ENOSYS
}

with_return_address! {
    pthread_tryjoin_np => try_join, "rdx";
    pthread_timedjoin_np => timed_join, "rcx";
    pthread_clockjoin_np => clock_join, "r8";
}

unsafe extern "C" fn try_join(
    thread: libc::pthread_t,
    value: *mut *mut c_void,
    pc: usize,
) -> c_int {
    if !hot::is_running() {
        // SAFETY: As the caller promises.
        return unsafe { real::pthread_tryjoin_np(thread, value) };
    }
    // SAFETY: As the caller promises.
    unsafe { hand_out(thread::join_until(thread, None, pc), value) }
}

unsafe extern "C" fn timed_join(
    thread: libc::pthread_t,
    value: *mut *mut c_void,
    moment: *const libc::timespec,
    pc: usize,
) -> c_int {
    if !hot::is_running() {
        // SAFETY: As the caller promises.
        return unsafe { real::pthread_timedjoin_np(thread, value, moment) };
    }
    // SAFETY: As the caller promises.
    unsafe { clock_join(thread, value, libc::CLOCK_REALTIME, moment, pc) }
}

unsafe extern "C" fn clock_join(
    thread: libc::pthread_t,
    value: *mut *mut c_void,
    clock: libc::clockid_t,
    moment: *const libc::timespec,
    pc: usize,
) -> c_int {
    if !hot::is_running() {
        // SAFETY: As the caller promises.
        return unsafe { real::pthread_clockjoin_np(thread, value, clock, moment) };
    }
    // SAFETY: The caller gives a moment or null.
    let result = match unsafe { moment.as_ref() } {
        None => thread::join(thread, pc),
        Some(moment) if !is_clock(clock) || !is_moment(moment) => Err(libc::EINVAL),
        Some(moment) => thread::join_until(thread, Some(time::at(clock, moment)), pc),
    };
    // SAFETY: As the caller promises.
    unsafe { hand_out(result, value) }
}

/// Gives the caller what a join has come to.
///
/// # Safety
///
/// `value` is null, or there is room for it.
unsafe fn hand_out(result: Result<*mut c_void, c_int>, value: *mut *mut c_void) -> c_int {
    match result {
        Ok(found) => {
            if !value.is_null() {
                // SAFETY: As the caller promises.
                unsafe { value.write(found) };
            }
            0
        }
        Err(error) => error,
    }
}
