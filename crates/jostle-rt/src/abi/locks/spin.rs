//! `pthread_spin_*`. A thread that would spin waits.

#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};

use jostle_core::kernel::Side;
use jostle_core::op::OpKind;

use super::{Shared, acquire, forget, release};
use crate::abi::with_return_address;
use crate::engine::gate::{self, Visit};
use crate::hot;
use crate::locks::spin::Spin;
use crate::real;

/// `pthread_spin_init(3)`: libc's.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn pthread_spin_init(lock: *mut c_void, shared: c_int) -> c_int {
    // SAFETY: As the caller promises.
    let error = unsafe { real::pthread_spin_init(lock, shared) };
    if hot::is_virtual() {
        forget(lock.addr());
    }
    error
}

/// `pthread_spin_destroy(3)`.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn pthread_spin_destroy(lock: *mut c_void) -> c_int {
    if hot::is_virtual() {
        forget(lock.addr());
    }
    // SAFETY: As the caller promises.
    unsafe { real::pthread_spin_destroy(lock) }
}

with_return_address! {
    pthread_spin_lock => lock, "rsi";
    pthread_spin_trylock => try_lock, "rsi";
    pthread_spin_unlock => unlock, "rsi";
}

unsafe extern "C" fn lock(lock: *mut c_void, pc: usize) -> c_int {
    if !hot::is_running() {
        // SAFETY: As the caller promises.
        return unsafe { real::pthread_spin_lock(lock) };
    }
    // SAFETY: As the caller promises.
    let lock = unsafe { Shared::<Spin>::new(lock) };
    gate::pass(visit(lock, OpKind::Lock, pc), None, || lock.get().gates());
    own(lock);
    0
}

unsafe extern "C" fn try_lock(lock: *mut c_void, pc: usize) -> c_int {
    if !hot::is_running() {
        // SAFETY: As the caller promises.
        return unsafe { real::pthread_spin_trylock(lock) };
    }
    // SAFETY: As the caller promises.
    let lock = unsafe { Shared::<Spin>::new(lock) };
    if !gate::attempt(visit(lock, OpKind::TryLock, pc), || lock.get().gates()) {
        return libc::EBUSY;
    }
    own(lock);
    0
}

unsafe extern "C" fn unlock(lock: *mut c_void, pc: usize) -> c_int {
    if !hot::is_running() {
        // SAFETY: As the caller promises.
        return unsafe { real::pthread_spin_unlock(lock) };
    }
    // SAFETY: As the caller promises.
    let lock = unsafe { Shared::<Spin>::new(lock) };
    release(lock.address());
    gate::release(visit(lock, OpKind::Unlock, pc), || lock.get().gates());
    lock.change(Spin::give);
    gate::changed(lock.address(), lock.get().gates());
    0
}

/// The running thread takes the lock, which is free.
fn own(lock: Shared<Spin>) {
    lock.change(Spin::take);
    gate::taken(lock.address(), lock.get().gates());
    acquire(lock.address());
}

fn visit(lock: Shared<Spin>, kind: OpKind, pc: usize) -> Visit {
    Visit {
        name: "pthread spin lock",
        kind,
        address: lock.address(),
        side: Side::Exclusive,
        pc,
    }
}
