//! `pthread_mutex_*`.

#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};

use jostle_core::kernel::Side;
use jostle_core::op::OpKind;
use jostle_core::vtime::VInstant;

use super::{Shared, acquire, deadline, forget, is_alone, me, release, warn_of_processes};
use crate::abi::with_return_address;
use crate::engine::gate::{self, Gates, Visit};
use crate::hot;
use crate::locks::mutex::Mutex;
use crate::real;

/// `pthread_mutex_init(3)`: libc's, since the mutex is as libc has it.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn pthread_mutex_init(
    mutex: *mut c_void,
    attr: *const c_void,
) -> c_int {
    // SAFETY: As the caller promises.
    let error = unsafe { real::pthread_mutex_init(mutex, attr) };
    if error == 0 && hot::is_virtual() {
        // SAFETY: It is one now.
        let mutex = unsafe { Shared::<Mutex>::new(mutex) };
        forget(mutex.address());
        if mutex.get().is_robust_or_shared() {
            warn_of_processes();
        }
    }
    error
}

/// `pthread_mutex_destroy(3)`.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn pthread_mutex_destroy(mutex: *mut c_void) -> c_int {
    if !hot::is_running() {
        // SAFETY: As the caller promises.
        return unsafe { real::pthread_mutex_destroy(mutex) };
    }
    // SAFETY: As the caller promises.
    let mutex = unsafe { Shared::<Mutex>::new(mutex) };
    let error = mutex.change(Mutex::destroy);
    if error == 0 {
        forget(mutex.address());
    }
    error
}

with_return_address! {
    pthread_mutex_lock => lock, "rsi";
    pthread_mutex_trylock => try_lock, "rsi";
    pthread_mutex_timedlock => timed_lock, "rdx";
    pthread_mutex_clocklock => clock_lock, "rcx";
    pthread_mutex_unlock => unlock, "rsi";
}

/// # Safety
///
/// As of `pthread_mutex_lock`.
pub(crate) unsafe extern "C" fn lock(mutex: *mut c_void, pc: usize) -> c_int {
    if !hot::is_running() {
        // SAFETY: As the caller promises.
        return unsafe { real::pthread_mutex_lock(mutex) };
    }
    // SAFETY: As the caller promises.
    take(unsafe { Shared::new(mutex) }, None, true, pc)
}

/// # Safety
///
/// As of `pthread_mutex_trylock`.
pub(crate) unsafe extern "C" fn try_lock(mutex: *mut c_void, pc: usize) -> c_int {
    if !hot::is_running() {
        // SAFETY: As the caller promises.
        return unsafe { real::pthread_mutex_trylock(mutex) };
    }
    // SAFETY: As the caller promises.
    take_now(unsafe { Shared::new(mutex) }, pc)
}

unsafe extern "C" fn timed_lock(
    mutex: *mut c_void,
    moment: *const libc::timespec,
    pc: usize,
) -> c_int {
    // SAFETY: As the caller promises.
    unsafe { lock_until(mutex, libc::CLOCK_REALTIME, moment, pc) }
}

unsafe extern "C" fn clock_lock(
    mutex: *mut c_void,
    clock: libc::clockid_t,
    moment: *const libc::timespec,
    pc: usize,
) -> c_int {
    if !crate::locks::is_clock(clock) {
        return libc::EINVAL;
    }
    // SAFETY: As the caller promises.
    unsafe { lock_until(mutex, clock, moment, pc) }
}

/// # Safety
///
/// As of `pthread_mutex_clocklock`.
pub(crate) unsafe fn lock_until(
    mutex: *mut c_void,
    clock: libc::clockid_t,
    moment: *const libc::timespec,
    pc: usize,
) -> c_int {
    if !hot::is_virtual() {
        // SAFETY: As the caller promises.
        return unsafe { real::pthread_mutex_clocklock(mutex, clock, moment) };
    }
    if is_alone() {
        // SAFETY: As the caller promises.
        let error = unsafe { real::pthread_mutex_trylock(mutex) };
        return match error {
            libc::EBUSY => libc::ETIMEDOUT,
            error => error,
        };
    }
    // SAFETY: As the caller promises.
    let (mutex, deadline) = unsafe { (Shared::<Mutex>::new(mutex), deadline(clock, moment)) };
    match deadline {
        Ok(deadline) => take(mutex, Some(deadline), true, pc),
        // It matters only to who would have to wait.
        Err(error) => match mutex.change(|m| m.relock(me(), true)) {
            Err(error) => error,
            Ok(Some(result)) => result,
            Ok(None) => match take_now(mutex, pc) {
                libc::EBUSY => error,
                result => result,
            },
        },
    }
}

/// # Safety
///
/// As of `pthread_mutex_unlock`.
pub(crate) unsafe extern "C" fn unlock(mutex: *mut c_void, pc: usize) -> c_int {
    if !hot::is_running() {
        // SAFETY: As the caller promises.
        return unsafe { real::pthread_mutex_unlock(mutex) };
    }
    // SAFETY: As the caller promises.
    let mutex = unsafe { Shared::<Mutex>::new(mutex) };
    match mutex.change(|m| m.unlock(me())) {
        Err(error) => error,
        Ok(false) => 0,
        Ok(true) => {
            release(mutex.address());
            gate::release(visit(mutex, OpKind::Unlock, pc), || look(mutex));
            mutex.change(|m| m.give(true));
            gate::changed(mutex.address(), look(mutex));
            0
        }
    }
}

/// The running thread is about to wait with the mutex, which is given up in one step with
/// that. `Ok(false)` if it holds the mutex still, having locked it several times.
///
/// # Errors
///
/// `EPERM` if it does not have the mutex.
pub(super) fn give_up(mutex: Shared<Mutex>) -> Result<bool, c_int> {
    let free = mutex.change(|m| m.unlock(me()))?;
    if free {
        release(mutex.address());
        mutex.change(|m| m.give(false));
        gate::changed(mutex.address(), look(mutex));
    }
    Ok(free)
}

/// The running thread locks the mutex, or `deadline` passes. `comes` unless it has given it
/// up to wait with it.
pub(super) fn take(
    mutex: Shared<Mutex>,
    deadline: Option<VInstant>,
    comes: bool,
    pc: usize,
) -> c_int {
    match mutex.change(|m| m.relock(me(), true)) {
        Err(error) => return error,
        Ok(Some(result)) => return result,
        Ok(None) => {}
    }
    let visit = visit(mutex, OpKind::Lock, pc);
    if !gate::pass(visit, deadline, || look(mutex)) {
        return libc::ETIMEDOUT;
    }
    own(mutex, comes);
    0
}

fn take_now(mutex: Shared<Mutex>, pc: usize) -> c_int {
    match mutex.change(|m| m.relock(me(), false)) {
        Err(error) => return error,
        Ok(Some(result)) => return result,
        Ok(None) => {}
    }
    if !gate::attempt(visit(mutex, OpKind::TryLock, pc), || look(mutex)) {
        return libc::EBUSY;
    }
    own(mutex, true);
    0
}

/// The running thread takes the mutex, which is free.
fn own(mutex: Shared<Mutex>, comes: bool) {
    mutex.change(|m| match comes {
        true => m.take(me()),
        false => m.retake(me()),
    });
    gate::taken(mutex.address(), look(mutex));
    acquire(mutex.address());
}

fn look(mutex: Shared<Mutex>) -> Gates {
    Gates::single(mutex.get().is_free())
}

fn visit(mutex: Shared<Mutex>, kind: OpKind, pc: usize) -> Visit {
    Visit {
        name: "pthread mutex",
        kind,
        address: mutex.address(),
        side: Side::Exclusive,
        pc,
    }
}
