//! `sem_*`. Named semaphores are refused: they belong to several processes.

#![allow(unsafe_code)]

use std::ffi::{c_char, c_int, c_uint, c_void};
use std::ptr;

use jostle_core::kernel::Side;
use jostle_core::op::OpKind;
use jostle_core::vtime::VInstant;

use super::{Shared, acquire, caution, deadline, forget, is_alone, release, warn_of_processes};
use crate::abi::with_return_address;
use crate::engine::gate::{self, Visit};
use crate::engine::point::point;
use crate::engine::with;
use crate::hot;
use crate::locks::semaphore::Semaphore;
use crate::real;
use crate::sys;

/// `sem_init(3)`: libc's.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn sem_init(sem: *mut c_void, shared: c_int, value: c_uint) -> c_int {
    // SAFETY: As the caller promises.
    let result = unsafe { real::sem_init(sem, shared, value) };
    if result == 0 && hot::is_virtual() {
        // SAFETY: It is one now.
        let sem = unsafe { Shared::<Semaphore>::new(sem) };
        forget(sem.address());
        if sem.get().is_shared_by_processes() {
            warn_of_processes();
        }
        if hot::is_running() {
            gate::changed(sem.address(), sem.get().gates());
        }
    }
    result
}

/// `sem_destroy(3)`.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn sem_destroy(sem: *mut c_void) -> c_int {
    if hot::is_virtual() {
        forget(sem.addr());
    }
    // SAFETY: As the caller promises.
    unsafe { real::sem_destroy(sem) }
}

/// `sem_getvalue(3)`: what libc finds in it is right.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn sem_getvalue(sem: *mut c_void, value: *mut c_int) -> c_int {
    if !hot::is_running() {
        // SAFETY: As the caller promises.
        return unsafe { real::sem_getvalue(sem, value) };
    }
    // SAFETY: As the caller promises, who gives room for the value.
    unsafe { value.write(Shared::<Semaphore>::new(sem).get().value() as c_int) };
    0
}

with_return_address! {
    sem_post => post, "rsi";
    sem_wait => wait, "rsi";
    sem_trywait => try_wait, "rsi";
    sem_timedwait => timed_wait, "rdx";
    sem_clockwait => clock_wait, "rcx";
}

unsafe extern "C" fn post(sem: *mut c_void, pc: usize) -> c_int {
    if !hot::is_running() {
        // SAFETY: As the caller promises.
        return unsafe { real::sem_post(sem) };
    }
    // SAFETY: As the caller promises.
    let sem = unsafe { Shared::<Semaphore>::new(sem) };
    with(|e| e.introduce(NAME, sem.address(), pc));
    point(OpKind::NotifyOne, sem.address(), pc);
    release(sem.address());
    if !sem.change(Semaphore::post) {
        return failed(libc::EOVERFLOW);
    }
    gate::changed(sem.address(), sem.get().gates());
    0
}

unsafe extern "C" fn wait(sem: *mut c_void, pc: usize) -> c_int {
    if !hot::is_running() {
        // SAFETY: As the caller promises.
        return unsafe { real::sem_wait(sem) };
    }
    // SAFETY: As the caller promises.
    take(unsafe { Shared::new(sem) }, None, pc)
}

unsafe extern "C" fn try_wait(sem: *mut c_void, pc: usize) -> c_int {
    if !hot::is_running() {
        // SAFETY: As the caller promises.
        return unsafe { real::sem_trywait(sem) };
    }
    // SAFETY: As the caller promises.
    let sem = unsafe { Shared::<Semaphore>::new(sem) };
    if !gate::attempt(visit(sem, OpKind::TryLock, pc), || sem.get().gates()) {
        return failed(libc::EAGAIN);
    }
    own(sem);
    0
}

unsafe extern "C" fn timed_wait(
    sem: *mut c_void,
    moment: *const libc::timespec,
    pc: usize,
) -> c_int {
    // SAFETY: As the caller promises.
    unsafe { clock_wait(sem, libc::CLOCK_REALTIME, moment, pc) }
}

unsafe extern "C" fn clock_wait(
    sem: *mut c_void,
    clock: libc::clockid_t,
    moment: *const libc::timespec,
    pc: usize,
) -> c_int {
    if !hot::is_virtual() {
        // SAFETY: As the caller promises.
        return unsafe { real::sem_clockwait(sem, clock, moment) };
    }
    // SAFETY: As the caller promises.
    let deadline = match unsafe { deadline(clock, moment) } {
        Ok(deadline) => deadline,
        Err(error) => return failed(error),
    };
    if is_alone() {
        // SAFETY: As the caller promises.
        return match unsafe { real::sem_trywait(sem) } {
            0 => 0,
            _ => failed(libc::ETIMEDOUT),
        };
    }
    // SAFETY: As the caller promises.
    take(unsafe { Shared::new(sem) }, Some(deadline), pc)
}

fn take(sem: Shared<Semaphore>, deadline: Option<VInstant>, pc: usize) -> c_int {
    if !gate::pass(visit(sem, OpKind::Wait, pc), deadline, || sem.get().gates()) {
        return failed(libc::ETIMEDOUT);
    }
    own(sem);
    0
}

/// The running thread takes one of what is there.
fn own(sem: Shared<Semaphore>) {
    sem.change(Semaphore::take);
    gate::changed(sem.address(), sem.get().gates());
    acquire(sem.address());
}

fn failed(error: c_int) -> c_int {
    sys::set_errno(error);
    -1
}

fn visit(sem: Shared<Semaphore>, kind: OpKind, pc: usize) -> Visit {
    Visit {
        name: NAME,
        kind,
        address: sem.address(),
        side: Side::Exclusive,
        pc,
    }
}

const NAME: &str = "semaphore";

/// `sem_open(3)`.
///
/// # Safety
///
/// As of libc's. Arguments that the flags do not call for may be missing.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn sem_open(
    name: *const c_char,
    flags: c_int,
    mode: libc::mode_t,
    value: c_uint,
) -> *mut c_void {
    if hot::is_virtual() {
        refuse_named();
        return ptr::null_mut();
    }
    // SAFETY: As the caller promises; what is missing is not looked at.
    unsafe { real::sem_open(name, flags, mode, value) }
}

/// `sem_close(3)`.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn sem_close(sem: *mut c_void) -> c_int {
    if hot::is_virtual() {
        return refuse_named();
    }
    // SAFETY: As the caller promises.
    unsafe { real::sem_close(sem) }
}

/// `sem_unlink(3)`.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn sem_unlink(name: *const c_char) -> c_int {
    if hot::is_virtual() {
        return refuse_named();
    }
    // SAFETY: As the caller promises.
    unsafe { real::sem_unlink(name) }
}

fn refuse_named() -> c_int {
    caution("a named semaphore was refused: other processes could use it");
    failed(libc::ENOSYS)
}
