//! Threads and locks under the names of C11, which glibc builds from those of POSIX.
//!
//! `mtx_init`, `mtx_destroy`, `cnd_init`, `cnd_destroy`, `tss_get`, `tss_set`,
//! `thrd_current` and `thrd_equal` are libc's.

#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};
use std::mem;
use std::ptr;

use jostle_core::op::OpKind;

use crate::abi::thread_end::pthread_exit;
use crate::abi::{locks, thread, time, with_return_address};
use crate::engine::thread::Destructor;
use crate::hot;
use crate::real::{self, Entry};

const SUCCESS: c_int = 0;
const BUSY: c_int = 1;
const ERROR: c_int = 2;
const NOMEM: c_int = 3;
const TIMEDOUT: c_int = 4;

/// What C11 calls an error of POSIX.
fn result(error: c_int) -> c_int {
    match error {
        0 => SUCCESS,
        libc::EBUSY => BUSY,
        libc::ENOMEM => NOMEM,
        libc::ETIMEDOUT => TIMEDOUT,
        _ => ERROR,
    }
}

with_return_address! {
    thrd_create => create, "rcx";
    thrd_join => join, "rdx";
    thrd_yield => yield_now, "rdi";
    thrd_sleep => sleep, "rdx";
    mtx_lock => lock, "rsi";
    mtx_trylock => try_lock, "rsi";
    mtx_timedlock => timed_lock, "rdx";
    mtx_unlock => unlock, "rsi";
    cnd_wait => wait, "rdx";
    cnd_timedwait => timed_wait, "rcx";
    cnd_signal => signal, "rsi";
    cnd_broadcast => broadcast, "rsi";
    call_once => once, "rdx";
}

type Start = extern "C" fn(*mut c_void) -> c_int;

unsafe extern "C" fn create(
    out: *mut libc::pthread_t,
    start: Start,
    arg: *mut c_void,
    pc: usize,
) -> c_int {
    if !hot::is_virtual() {
        // SAFETY: As the caller promises.
        return unsafe { real::thrd_create(out, start as *const c_void, arg) };
    }
    // SAFETY: The result comes in the same register; `join` takes the lower half of it.
    let entry = unsafe { mem::transmute::<Start, Entry>(start) };
    // SAFETY: As the caller promises.
    match unsafe { thread::create(out, ptr::null(), entry, arg, pc) } {
        // What C11 calls a lack of memory.
        libc::EAGAIN => NOMEM,
        error => result(error),
    }
}

unsafe extern "C" fn join(thread: libc::pthread_t, out: *mut c_int, pc: usize) -> c_int {
    if !hot::is_running() {
        // SAFETY: As the caller promises.
        return unsafe { real::thrd_join(thread, out) };
    }
    let mut value = ptr::null_mut();
    // SAFETY: There is room for the value.
    let error = unsafe { thread::join(thread, &raw mut value, pc) };
    if error == 0 && !out.is_null() {
        // SAFETY: The caller gives room for it.
        unsafe { out.write(value.addr() as c_int) };
    }
    result(error)
}

/// `thrd_detach(3)`.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn thrd_detach(thread: libc::pthread_t) -> c_int {
    if !hot::is_running() {
        // SAFETY: As the caller promises.
        return unsafe { real::thrd_detach(thread) };
    }
    // SAFETY: As the caller promises.
    result(unsafe { thread::pthread_detach(thread) })
}

/// `thrd_exit(3)`.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn thrd_exit(value: c_int) -> ! {
    // SAFETY: As the caller promises.
    unsafe { pthread_exit(ptr::without_provenance_mut(value as usize)) }
}

extern "C" fn yield_now(pc: usize) {
    thread::yield_now(pc);
}

unsafe extern "C" fn sleep(
    duration: *const libc::timespec,
    left: *mut libc::timespec,
    pc: usize,
) -> c_int {
    // SAFETY: As the caller promises.
    unsafe { time::sleep_for(duration, left, pc) }
}

unsafe extern "C" fn lock(mutex: *mut c_void, pc: usize) -> c_int {
    // SAFETY: As the caller promises.
    result(unsafe { locks::lock(mutex, pc) })
}

unsafe extern "C" fn try_lock(mutex: *mut c_void, pc: usize) -> c_int {
    // SAFETY: As the caller promises.
    result(unsafe { locks::try_lock(mutex, pc) })
}

unsafe extern "C" fn timed_lock(
    mutex: *mut c_void,
    moment: *const libc::timespec,
    pc: usize,
) -> c_int {
    // SAFETY: As the caller promises.
    result(unsafe { locks::lock_until(mutex, libc::CLOCK_REALTIME, moment, pc) })
}

unsafe extern "C" fn unlock(mutex: *mut c_void, pc: usize) -> c_int {
    // SAFETY: As the caller promises.
    result(unsafe { locks::unlock(mutex, pc) })
}

unsafe extern "C" fn wait(cond: *mut c_void, mutex: *mut c_void, pc: usize) -> c_int {
    // SAFETY: As the caller promises.
    result(unsafe { locks::wait(cond, mutex, None, pc) })
}

unsafe extern "C" fn timed_wait(
    cond: *mut c_void,
    mutex: *mut c_void,
    moment: *const libc::timespec,
    pc: usize,
) -> c_int {
    let until = Some((libc::CLOCK_REALTIME, moment));
    // SAFETY: As the caller promises.
    result(unsafe { locks::wait(cond, mutex, until, pc) })
}

unsafe extern "C" fn signal(cond: *mut c_void, pc: usize) -> c_int {
    // SAFETY: As the caller promises.
    result(unsafe { locks::notify(cond, OpKind::NotifyOne, pc) })
}

unsafe extern "C" fn broadcast(cond: *mut c_void, pc: usize) -> c_int {
    // SAFETY: As the caller promises.
    result(unsafe { locks::notify(cond, OpKind::NotifyAll, pc) })
}

unsafe extern "C-unwind" fn once(control: *mut c_int, routine: real::Routine, pc: usize) {
    // SAFETY: As the caller promises.
    unsafe { locks::once(control, routine, pc) };
}

/// `tss_create(3)`.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn tss_create(
    key: *mut libc::pthread_key_t,
    destructor: Option<Destructor>,
) -> c_int {
    // SAFETY: As the caller promises.
    result(unsafe { thread::pthread_key_create(key, destructor) })
}

/// `tss_delete(3)`.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn tss_delete(key: libc::pthread_key_t) {
    // SAFETY: As the caller promises.
    unsafe { thread::pthread_key_delete(key) };
}
