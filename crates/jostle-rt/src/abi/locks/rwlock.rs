//! `pthread_rwlock_*`.
//!
//! Whether a reader or a writer comes first is a scheduling decision, whatever the lock's
//! attributes say they prefer.

#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};

use jostle_core::kernel::Side;
use jostle_core::op::OpKind;
use jostle_core::vtime::VInstant;

use super::{Shared, acquire, deadline, forget, is_alone, me, release, warn_of_processes};
use crate::abi::with_return_address;
use crate::engine::gate::{self, Visit};
use crate::hot;
use crate::locks::rwlock::RwLock;
use crate::real;

/// `pthread_rwlock_init(3)`: libc's.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn pthread_rwlock_init(
    lock: *mut c_void,
    attr: *const c_void,
) -> c_int {
    // SAFETY: As the caller promises.
    let error = unsafe { real::pthread_rwlock_init(lock, attr) };
    if error == 0 && hot::is_virtual() {
        // SAFETY: It is one now.
        let lock = unsafe { Shared::<RwLock>::new(lock) };
        forget(written(lock));
        forget(read(lock));
        if lock.get().is_shared_by_processes() {
            warn_of_processes();
        }
    }
    error
}

/// `pthread_rwlock_destroy(3)`.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn pthread_rwlock_destroy(lock: *mut c_void) -> c_int {
    if !hot::is_running() {
        // SAFETY: As the caller promises.
        return unsafe { real::pthread_rwlock_destroy(lock) };
    }
    // SAFETY: As the caller promises.
    let lock = unsafe { Shared::<RwLock>::new(lock) };
    forget(written(lock));
    forget(read(lock));
    0
}

with_return_address! {
    pthread_rwlock_rdlock => read_lock, "rsi";
    pthread_rwlock_wrlock => write_lock, "rsi";
    pthread_rwlock_tryrdlock => try_read_lock, "rsi";
    pthread_rwlock_trywrlock => try_write_lock, "rsi";
    pthread_rwlock_timedrdlock => timed_read_lock, "rdx";
    pthread_rwlock_timedwrlock => timed_write_lock, "rdx";
    pthread_rwlock_clockrdlock => clock_read_lock, "rcx";
    pthread_rwlock_clockwrlock => clock_write_lock, "rcx";
    pthread_rwlock_unlock => unlock, "rsi";
}

unsafe extern "C" fn read_lock(lock: *mut c_void, pc: usize) -> c_int {
    if !hot::is_running() {
        // SAFETY: As the caller promises.
        return unsafe { real::pthread_rwlock_rdlock(lock) };
    }
    // SAFETY: As the caller promises.
    take(unsafe { Shared::new(lock) }, Side::Shared, None, pc)
}

unsafe extern "C" fn write_lock(lock: *mut c_void, pc: usize) -> c_int {
    if !hot::is_running() {
        // SAFETY: As the caller promises.
        return unsafe { real::pthread_rwlock_wrlock(lock) };
    }
    // SAFETY: As the caller promises.
    take(unsafe { Shared::new(lock) }, Side::Exclusive, None, pc)
}

unsafe extern "C" fn try_read_lock(lock: *mut c_void, pc: usize) -> c_int {
    if !hot::is_running() {
        // SAFETY: As the caller promises.
        return unsafe { real::pthread_rwlock_tryrdlock(lock) };
    }
    // SAFETY: As the caller promises.
    try_take(unsafe { Shared::new(lock) }, Side::Shared, pc)
}

unsafe extern "C" fn try_write_lock(lock: *mut c_void, pc: usize) -> c_int {
    if !hot::is_running() {
        // SAFETY: As the caller promises.
        return unsafe { real::pthread_rwlock_trywrlock(lock) };
    }
    // SAFETY: As the caller promises.
    try_take(unsafe { Shared::new(lock) }, Side::Exclusive, pc)
}

unsafe extern "C" fn timed_read_lock(
    lock: *mut c_void,
    moment: *const libc::timespec,
    pc: usize,
) -> c_int {
    // SAFETY: As the caller promises.
    unsafe { clock_read_lock(lock, libc::CLOCK_REALTIME, moment, pc) }
}

unsafe extern "C" fn timed_write_lock(
    lock: *mut c_void,
    moment: *const libc::timespec,
    pc: usize,
) -> c_int {
    // SAFETY: As the caller promises.
    unsafe { clock_write_lock(lock, libc::CLOCK_REALTIME, moment, pc) }
}

unsafe extern "C" fn clock_read_lock(
    lock: *mut c_void,
    clock: libc::clockid_t,
    moment: *const libc::timespec,
    pc: usize,
) -> c_int {
    if !hot::is_virtual() {
        // SAFETY: As the caller promises.
        return unsafe { real::pthread_rwlock_clockrdlock(lock, clock, moment) };
    }
    if is_alone() {
        // SAFETY: As the caller promises.
        return in_time(unsafe { real::pthread_rwlock_tryrdlock(lock) });
    }
    // SAFETY: As the caller promises.
    match unsafe { deadline(clock, moment) } {
        // SAFETY: As the caller promises.
        Ok(deadline) => take(
            unsafe { Shared::new(lock) },
            Side::Shared,
            Some(deadline),
            pc,
        ),
        Err(error) => error,
    }
}

unsafe extern "C" fn clock_write_lock(
    lock: *mut c_void,
    clock: libc::clockid_t,
    moment: *const libc::timespec,
    pc: usize,
) -> c_int {
    if !hot::is_virtual() {
        // SAFETY: As the caller promises.
        return unsafe { real::pthread_rwlock_clockwrlock(lock, clock, moment) };
    }
    if is_alone() {
        // SAFETY: As the caller promises.
        return in_time(unsafe { real::pthread_rwlock_trywrlock(lock) });
    }
    // SAFETY: As the caller promises.
    match unsafe { deadline(clock, moment) } {
        // SAFETY: As the caller promises.
        Ok(deadline) => take(
            unsafe { Shared::new(lock) },
            Side::Exclusive,
            Some(deadline),
            pc,
        ),
        Err(error) => error,
    }
}

/// What a try comes to for who would wait for a while, with nobody who could help.
fn in_time(error: c_int) -> c_int {
    match error {
        libc::EBUSY => libc::ETIMEDOUT,
        error => error,
    }
}

unsafe extern "C" fn unlock(lock: *mut c_void, pc: usize) -> c_int {
    if !hot::is_running() {
        // SAFETY: As the caller promises.
        return unsafe { real::pthread_rwlock_unlock(lock) };
    }
    // SAFETY: As the caller promises.
    let lock = unsafe { Shared::<RwLock>::new(lock) };
    let (key, side) = match lock.get().is_written() {
        true => (written(lock), Side::Exclusive),
        false => (read(lock), Side::Shared),
    };
    release(key);
    gate::release(visit(lock, side, OpKind::Unlock, pc), || lock.get().gates());
    lock.change(RwLock::unlock);
    gate::changed(lock.address(), lock.get().gates());
    0
}

fn take(lock: Shared<RwLock>, side: Side, deadline: Option<VInstant>, pc: usize) -> c_int {
    if lock.get().is_written_by(me()) {
        return libc::EDEADLK;
    }
    let kind = match side {
        Side::Exclusive => OpKind::Lock,
        Side::Shared => OpKind::ReadLock,
    };
    if !gate::pass(visit(lock, side, kind, pc), deadline, || lock.get().gates()) {
        return libc::ETIMEDOUT;
    }
    own(lock, side);
    0
}

fn try_take(lock: Shared<RwLock>, side: Side, pc: usize) -> c_int {
    let kind = match side {
        Side::Exclusive => OpKind::TryLock,
        Side::Shared => OpKind::TryReadLock,
    };
    if !gate::attempt(visit(lock, side, kind, pc), || lock.get().gates()) {
        return libc::EBUSY;
    }
    own(lock, side);
    0
}

/// The running thread takes the lock, which lets it in.
fn own(lock: Shared<RwLock>, side: Side) {
    acquire(written(lock));
    match side {
        Side::Exclusive => {
            acquire(read(lock));
            lock.change(|l| l.write(me()));
            gate::taken(lock.address(), lock.get().gates());
        }
        Side::Shared => {
            lock.change(RwLock::read);
            gate::changed(lock.address(), lock.get().gates());
        }
    }
}

/// What writers release and everybody acquires.
fn written(lock: Shared<RwLock>) -> usize {
    lock.address()
}

/// What readers release and writers acquire: readers are not ordered among themselves.
fn read(lock: Shared<RwLock>) -> usize {
    lock.address() + 1
}

fn visit(lock: Shared<RwLock>, side: Side, kind: OpKind, pc: usize) -> Visit {
    Visit {
        name: "pthread rwlock",
        kind,
        address: lock.address(),
        side,
        pc,
    }
}
