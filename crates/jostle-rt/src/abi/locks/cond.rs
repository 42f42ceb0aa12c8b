//! `pthread_cond_*`.
//!
//! There is a scheduling point before a wait, while the thread still has the mutex: a signal
//! that is given there without it is lost. Any wait may end without a signal, which is a rare
//! choice; which waiter a signal wakes is a choice, too.

#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};

use jostle_core::decision::ChoiceKind;
use jostle_core::kernel::Woken;
use jostle_core::op::OpKind;

use super::{Shared, deadline, forget, is_alone, me, mutex, warn_of_processes};
use crate::abi::with_return_address;
use crate::engine::point::point;
use crate::engine::{wait as queue, with};
use crate::hot;
use crate::locks::cond::Cond;
use crate::locks::mutex::Mutex;
use crate::real;

/// `pthread_cond_init(3)`: libc's.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn pthread_cond_init(cond: *mut c_void, attr: *const c_void) -> c_int {
    // SAFETY: As the caller promises.
    let error = unsafe { real::pthread_cond_init(cond, attr) };
    if error == 0 && hot::is_virtual() {
        // SAFETY: It is one now.
        let cond = unsafe { Shared::<Cond>::new(cond) };
        if cond.get().is_shared() {
            warn_of_processes();
        }
    }
    error
}

/// `pthread_cond_destroy(3)`. libc waits until all who were woken have gone on; here a
/// thread that was woken does not come back to the condition variable.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn pthread_cond_destroy(cond: *mut c_void) -> c_int {
    if !hot::is_running() {
        // SAFETY: As the caller promises.
        return unsafe { real::pthread_cond_destroy(cond) };
    }
    forget(cond.addr());
    0
}

with_return_address! {
    pthread_cond_wait => plain_wait, "rdx";
    pthread_cond_timedwait => timed_wait, "rcx";
    pthread_cond_clockwait => clock_wait, "r8";
    pthread_cond_signal => signal, "rsi";
    pthread_cond_broadcast => broadcast, "rsi";
}

unsafe extern "C" fn plain_wait(cond: *mut c_void, mutex: *mut c_void, pc: usize) -> c_int {
    // SAFETY: As the caller promises.
    unsafe { wait(cond, mutex, None, pc) }
}

unsafe extern "C" fn timed_wait(
    cond: *mut c_void,
    mutex: *mut c_void,
    moment: *const libc::timespec,
    pc: usize,
) -> c_int {
    // SAFETY: As the caller promises.
    unsafe {
        let clock = Shared::<Cond>::new(cond).get().clock();
        wait(cond, mutex, Some((clock, moment)), pc)
    }
}

unsafe extern "C" fn clock_wait(
    cond: *mut c_void,
    mutex: *mut c_void,
    clock: libc::clockid_t,
    moment: *const libc::timespec,
    pc: usize,
) -> c_int {
    // SAFETY: As the caller promises.
    unsafe { wait(cond, mutex, Some((clock, moment)), pc) }
}

/// # Safety
///
/// As of `pthread_cond_clockwait`.
pub(crate) unsafe fn wait(
    cond: *mut c_void,
    mutex: *mut c_void,
    until: Option<(libc::clockid_t, *const libc::timespec)>,
    pc: usize,
) -> c_int {
    if !hot::is_virtual() || until.is_none() && is_alone() {
        // SAFETY: As the caller promises.
        return unsafe {
            match until {
                None => real::pthread_cond_wait(cond, mutex),
                Some((clock, moment)) => real::pthread_cond_clockwait(cond, mutex, clock, moment),
            }
        };
    }
    // SAFETY: As the caller promises.
    let deadline = until.map(|(clock, moment)| unsafe { deadline(clock, moment) });
    let deadline = match deadline.transpose() {
        Ok(deadline) => deadline,
        Err(error) => return error,
    };
    if is_alone() {
        return libc::ETIMEDOUT;
    }
    // SAFETY: As the caller promises.
    let mutex = unsafe { Shared::<Mutex>::new(mutex) };
    // On a copy: whether the thread may give it up at all.
    if let Err(error) = mutex.get().unlock(me()) {
        return error;
    }
    with(|e| e.introduce(NAME, cond.addr(), pc));
    point(OpKind::Wait, cond.addr(), pc);
    let spurious = is_spurious();
    let free = mutex::give_up(mutex);
    let woken = match spurious {
        true => Woken::Completed,
        false => queue::wait(cond.addr(), queue::ANY, deadline),
    };
    let error = mutex::take(mutex, None, free != Ok(true), pc);
    match (error, woken) {
        (0, Woken::TimedOut) => libc::ETIMEDOUT,
        (error, _) => error,
    }
}

/// Whether this wait ends without a signal.
fn is_spurious() -> bool {
    hot::is_watched()
        && with(|e| e.asking(|kernel, policy| kernel.choose(ChoiceKind::Spurious, 2, policy)) == 1)
}

unsafe extern "C" fn signal(cond: *mut c_void, pc: usize) -> c_int {
    // SAFETY: As the caller promises.
    unsafe { notify(cond, OpKind::NotifyOne, pc) }
}

unsafe extern "C" fn broadcast(cond: *mut c_void, pc: usize) -> c_int {
    // SAFETY: As the caller promises.
    unsafe { notify(cond, OpKind::NotifyAll, pc) }
}

/// # Safety
///
/// As of `pthread_cond_signal`.
pub(crate) unsafe fn notify(cond: *mut c_void, kind: OpKind, pc: usize) -> c_int {
    let all = kind == OpKind::NotifyAll;
    if !hot::is_running() {
        // SAFETY: As the caller promises.
        return unsafe {
            match all {
                true => real::pthread_cond_broadcast(cond),
                false => real::pthread_cond_signal(cond),
            }
        };
    }
    let address = cond.addr();
    with(|e| e.introduce(NAME, address, pc));
    point(kind, address, pc);
    with(|e| {
        let missed = !e.waiters.is_awaited(address);
        if let Some(object) = e.objects.get(address) {
            e.kernel().set_missed(object, missed);
        }
    });
    queue::wake(address, if all { usize::MAX } else { 1 }, queue::ANY);
    0
}

const NAME: &str = "pthread condition variable";
