//! Locks of files: `flock`, and those of `fcntl` that belong to open files.
//!
//! They would make the one OS thread wait in the system. So the question is put without
//! waiting, and asked again when a lock has been given back. An edge for the race detector,
//! too: whoever gets a lock comes after whoever had it.

#![allow(unsafe_code)]

use jostle_core::op::OpKind;

use crate::abi::blocking::{OBJECT, acquire_shared, release_shared};
use crate::abi::call::system_calls;
use crate::engine::point::point;
use crate::engine::wait;
use crate::hot;
use crate::sys;

system_calls! {
    flock(fd, operation), "rdx" => lock;
}

/// Where threads wait for locks of files: an address that no memory has.
const QUEUE: usize = 4;

/// A lock may have been given back.
pub(crate) fn released() {
    wait::wake(QUEUE, usize::MAX, wait::ANY);
}

unsafe fn lock(fd: usize, operation: usize, pc: usize) -> isize {
    let call = |also: i32| {
        let operation = operation | also as usize;
        // SAFETY: It has no conditions.
        unsafe { sys::call(libc::SYS_flock, [fd, operation]) }
    };
    if !hot::is_running() {
        return call(0);
    }
    let operation = operation as i32;
    let waits = operation & libc::LOCK_NB == 0;
    let unlocks = operation & libc::LOCK_UN != 0;
    acquire(waits, unlocks, pc, || call(libc::LOCK_NB))
}

/// The commands of `fcntl` that concern locks. The result is the kernel's.
///
/// # Safety
///
/// As of the system call.
pub(crate) unsafe fn control(fd: usize, command: i32, value: usize, pc: usize) -> isize {
    let (at_once, waits) = match command {
        libc::F_SETLKW => (libc::F_SETLK, true),
        libc::F_OFD_SETLKW => (libc::F_OFD_SETLK, true),
        other => (other, false),
    };
    // SAFETY: The caller gives a description of the lock.
    let unlocks = unsafe { (*(value as *const libc::flock)).l_type } == libc::F_UNLCK as i16;
    acquire(waits, unlocks, pc, || {
        // SAFETY: As the caller promises.
        unsafe { sys::call(libc::SYS_fcntl, [fd, at_once as usize, value]) }
    })
}

fn acquire(waits: bool, unlocks: bool, pc: usize, call: impl Fn() -> isize) -> isize {
    point(
        if unlocks {
            OpKind::Unlock
        } else {
            OpKind::Lock
        },
        OBJECT,
        pc,
    );
    if unlocks {
        release_shared();
    }
    loop {
        let result = call();
        let busy = result == -(libc::EAGAIN as isize) || result == -(libc::EACCES as isize);
        if busy && waits && hot::is_watched() {
            wait::wait(QUEUE, wait::ANY, None);
            continue;
        }
        if result == 0 {
            match unlocks {
                true => released(),
                // A lock for reading in place of one for writing lets others in.
                false => {
                    acquire_shared();
                    released();
                }
            }
        }
        return result;
    }
}
