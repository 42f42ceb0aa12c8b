//! `pthread_barrier_*`. The thread that comes last is the one that is told so, as with libc.

#![allow(unsafe_code)]

use std::ffi::{c_int, c_uint, c_void};

use jostle_core::op::OpKind;

use super::{Shared, acquire, forget, release, warn_of_processes};
use crate::abi::with_return_address;
use crate::engine::point::point;
use crate::engine::{wait as queue, with};
use crate::hot;
use crate::locks::barrier::Barrier;
use crate::real;

/// `pthread_barrier_init(3)`: libc's.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn pthread_barrier_init(
    barrier: *mut c_void,
    attr: *const c_void,
    count: c_uint,
) -> c_int {
    // SAFETY: As the caller promises.
    let error = unsafe { real::pthread_barrier_init(barrier, attr, count) };
    if error == 0 && hot::is_virtual() {
        // SAFETY: It is one now.
        let barrier = unsafe { Shared::<Barrier>::new(barrier) };
        forget(barrier.address());
        if barrier.get().is_shared_by_processes() {
            warn_of_processes();
        }
    }
    error
}

/// `pthread_barrier_destroy(3)`.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn pthread_barrier_destroy(barrier: *mut c_void) -> c_int {
    if !hot::is_running() {
        // SAFETY: As the caller promises.
        return unsafe { real::pthread_barrier_destroy(barrier) };
    }
    forget(barrier.addr());
    0
}

with_return_address! {
    pthread_barrier_wait => wait, "rsi";
}

unsafe extern "C" fn wait(barrier: *mut c_void, pc: usize) -> c_int {
    if !hot::is_running() {
        // SAFETY: As the caller promises.
        return unsafe { real::pthread_barrier_wait(barrier) };
    }
    // SAFETY: As the caller promises.
    let barrier = unsafe { Shared::<Barrier>::new(barrier) };
    let address = barrier.address();
    with(|e| e.introduce("pthread barrier", address, pc));
    point(OpKind::Barrier, address, pc);
    let before = barrier.get().waiting();
    if hot::is_watched() {
        with(|e| e.kernel().note(before));
    }
    release(address);
    let last = barrier.change(Barrier::arrive);
    match last {
        true => {
            queue::wake(address, usize::MAX, queue::ANY);
        }
        false => {
            queue::wait(address, queue::ANY, None);
        }
    }
    acquire(address);
    match last {
        true => libc::PTHREAD_BARRIER_SERIAL_THREAD,
        false => 0,
    }
}
