//! The locks of POSIX, as C libraries and older crates use them.
//!
//! Outside of [`Phase::Run`](crate::hot::Phase::Run) they are libc's: until the fork point
//! there is one thread, which finds every lock free. From there on a lock is an object of the
//! kernel whose gates are what its memory says; see [`gate`](crate::engine::gate).
//!
//! What concerns several processes, or threads that die with a lock, is not simulated: such
//! locks are as others, and the report says so.

#![allow(unsafe_code)]

mod barrier;
mod cond;
mod mutex;
mod once;
mod rwlock;
mod semaphore;
mod spin;

pub(super) use cond::{notify, wait};
pub(super) use mutex::{lock, lock_until, try_lock, unlock};
pub(super) use once::once;

use std::ffi::c_int;

use jostle_core::vtime::VInstant;

use crate::abi::time;
use crate::engine::with;
use crate::hot::{self, Phase};
use crate::locks::{Thread, is_clock, is_moment};

/// A lock in the program's memory.
#[derive(Debug)]
pub(super) struct Shared<T>(*mut T);

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Shared<T> {
        *self
    }
}

impl<T> Copy for Shared<T> {}

impl<T: Copy> Shared<T> {
    /// What lies at `lock`.
    ///
    /// # Safety
    ///
    /// It is one, it stays there as long as this is used, and there is one OS thread.
    pub(super) unsafe fn new<U>(lock: *mut U) -> Shared<T> {
        Shared(lock.cast())
    }

    pub(super) fn address(self) -> usize {
        self.0.addr()
    }

    /// As it is now.
    pub(super) fn get(self) -> T {
        // SAFETY: See `new`.
        unsafe { self.0.read() }
    }

    /// Changes it. `f` changes to no other thread.
    pub(super) fn change<R>(self, f: impl FnOnce(&mut T) -> R) -> R {
        // SAFETY: See `new`; nobody else runs meanwhile.
        f(unsafe { &mut *self.0 })
    }
}

/// The number of the running thread.
fn me() -> Thread {
    with(|e| e.tls.thread_number())
}

/// What was released to `key` happens before what the running thread does next.
fn acquire(key: usize) {
    with(|e| e.detector.acquire(hot::slot(), key as u64));
}

/// What the running thread has done happens before what follows an acquire of `key`.
fn release(key: usize) {
    with(|e| e.detector.release(hot::slot(), key as u64));
}

/// The lock with this key is gone.
fn forget(key: usize) {
    with(|e| e.detector.forget(key as u64));
}

/// A deadline as the program gives it.
///
/// # Errors
///
/// `EINVAL` if it is none.
///
/// # Safety
///
/// `moment` is that of a `timespec`.
unsafe fn deadline(
    clock: libc::clockid_t,
    moment: *const libc::timespec,
) -> Result<VInstant, c_int> {
    // SAFETY: As the caller promises.
    let moment = unsafe { &*moment };
    match is_clock(clock) && is_moment(moment) {
        true => Ok(time::at(clock, moment)),
        false => Err(libc::EINVAL),
    }
}

/// Whether the only thread waits, with a deadline, for what nobody else can do.
fn is_alone() -> bool {
    hot::phase() == Phase::Start
}

/// Says that locks are shared by processes or outlive their owner.
#[cold]
fn warn_of_processes() {
    caution("a lock that is robust or shared by processes was treated as an ordinary one");
}

/// Notes something that was not under control.
#[cold]
pub(super) fn caution(text: &str) {
    if hot::is_virtual() {
        with(|e| e.inside(|_| crate::cautions::add(text)));
    }
}
