//! Waiting for several descriptors: `poll`, `select`, epoll.
//!
//! The question is put to the system with no patience; where nothing is ready the logical
//! thread waits, on virtual time. Which events there are, and in which order, is the system's
//! answer: for objects inside the process it depends on what was done to them alone.

#![allow(unsafe_code)]

use std::time::Duration;

use jostle_core::kernel::Woken;
use jostle_core::op::OpKind;
use jostle_core::vtime::VInstant;

use crate::abi::blocking::{OBJECT, acquire_shared, await_event, release_shared};
use crate::abi::call::{system_calls, system_calls_of_six};
use crate::abi::sockets::opened;
use crate::abi::time;
use crate::abi::tsan_plain::write_range;
use crate::engine::point::point;
use crate::engine::{wait, with};
use crate::hot;
use crate::sys;

system_calls! {
    poll(entries, count, limit), "rcx" => poll_for;
    __poll_chk(entries, count, limit, room), "r8" => poll_checked;
    ppoll(entries, count, limit, mask), "r8" => poll_until;
    __ppoll_chk(entries, count, limit, mask, room), "r9" => poll_until_checked;
    select(count, reads, writes, others, limit), "r9" => select_for;
    epoll_create(size), "rsi" => make_epoll_of_size;
    epoll_create1(flags), "rsi" => make_epoll;
    epoll_ctl(epoll, operation, fd, event), "r8" => control;
    epoll_wait(epoll, events, most, limit), "r8" => epoll_for;
    epoll_pwait(epoll, events, most, limit, mask), "r9" => epoll_masked;
    epoll_pwait2(epoll, events, most, limit, mask), "r9" => epoll_until;
    eventfd(count, flags), "rdx" => make_event;
}

system_calls_of_six! {
    pselect => select_until;
}

/// When a wait of so many milliseconds is over; a negative number is for ever.
fn after_millis(limit: usize) -> Option<VInstant> {
    let limit = u64::try_from(limit as i32).ok()?;
    Some(time::now().after(Duration::from_millis(limit)))
}

/// When a wait of a `timespec` is over; none is for ever.
unsafe fn after(limit: usize) -> Option<VInstant> {
    // SAFETY: As the caller promises.
    let limit = unsafe { (limit as *const libc::timespec).as_ref() };
    limit.map(time::after)
}

/// `poll(2)`. The result is the kernel's.
///
/// # Safety
///
/// As of the system call.
pub(crate) unsafe fn poll_for(entries: usize, count: usize, limit: usize, pc: usize) -> isize {
    if !hot::is_watched() {
        // SAFETY: As the caller promises.
        return unsafe { sys::call(libc::SYS_poll, [entries, count, limit]) };
    }
    // SAFETY: As the caller promises.
    unsafe {
        wait_for(
            entries,
            count,
            || after_millis(limit),
            limit as i32 == 0,
            pc,
        )
    }
}

unsafe fn poll_checked(entries: usize, count: usize, limit: usize, _: usize, pc: usize) -> isize {
    // SAFETY: As the caller promises.
    unsafe { poll_for(entries, count, limit, pc) }
}

/// `ppoll(2)`: signals come at scheduling points whatever the mask says.
///
/// # Safety
///
/// As of the system call.
pub(crate) unsafe fn poll_until(
    entries: usize,
    count: usize,
    limit: usize,
    mask: usize,
    pc: usize,
) -> isize {
    if !hot::is_watched() {
        // SAFETY: As the caller promises; 8 is the kernel's size of a mask.
        return unsafe { sys::call(libc::SYS_ppoll, [entries, count, limit, mask, 8]) };
    }
    // SAFETY: As the caller promises.
    unsafe { wait_for(entries, count, || after(limit), false, pc) }
}

unsafe fn poll_until_checked(
    entries: usize,
    count: usize,
    limit: usize,
    mask: usize,
    _: usize,
    pc: usize,
) -> isize {
    // SAFETY: As the caller promises.
    unsafe { poll_until(entries, count, limit, mask, pc) }
}

/// # Safety
///
/// There are `count` entries.
unsafe fn wait_for(
    entries: usize,
    count: usize,
    deadline: impl FnOnce() -> Option<VInstant>,
    at_once: bool,
    pc: usize,
) -> isize {
    point(OpKind::Select, OBJECT, pc);
    // SAFETY: As the caller promises.
    let ask = || unsafe { sys::call(libc::SYS_poll, [entries, count, 0]) };
    let mut ready = ask();
    if ready == 0 && !at_once {
        let deadline = deadline();
        while ready == 0 && deadline.is_none_or(|d| d > time::now()) {
            // SAFETY: The program's entries stay where they are while it waits.
            let woken = unsafe {
                wait::wait_for_descriptors(entries as *mut libc::pollfd, count, deadline)
            };
            ready = ask();
            if woken == Woken::TimedOut {
                break;
            }
        }
    }
    if ready > 0 {
        acquire_shared();
    }
    ready
}

/// Descriptors that `select` can name.
const SETS: usize = libc::FD_SETSIZE;

/// The sets of `select`: what is to be readable, writable, and exceptional.
type Sets = [Option<libc::fd_set>; 3];

unsafe fn select_for(
    count: usize,
    reads: usize,
    writes: usize,
    others: usize,
    limit: usize,
    pc: usize,
) -> isize {
    if !hot::is_watched() {
        // SAFETY: As the caller promises.
        return unsafe { sys::call(libc::SYS_select, [count, reads, writes, others, limit]) };
    }
    // SAFETY: As the caller promises.
    let limit = unsafe { (limit as *const libc::timeval).as_ref() };
    let limit = limit.map(|t| libc::timespec {
        tv_sec: t.tv_sec,
        tv_nsec: t.tv_usec * 1000,
    });
    // SAFETY: As the caller promises.
    unsafe { select_among(count, [reads, writes, others], limit, pc) }
}

unsafe fn select_until(
    count: usize,
    reads: usize,
    writes: usize,
    others: usize,
    limit: usize,
    mask: usize,
    pc: usize,
) -> isize {
    // SAFETY: As the caller promises.
    let limit = unsafe { (limit as *const libc::timespec).as_ref().copied() };
    if !hot::is_watched() {
        // The system takes the mask with its size, and changes the limit.
        let mask = [mask, 8];
        let mut limit = limit;
        let limit = limit.as_mut().map_or(0, |l| (&raw mut *l).addr());
        let arguments = [count, reads, writes, others, limit, mask.as_ptr().addr()];
        // SAFETY: As the caller promises.
        return unsafe { sys::call(libc::SYS_pselect6, arguments) };
    }
    // SAFETY: As the caller promises.
    unsafe { select_among(count, [reads, writes, others], limit, pc) }
}

/// # Safety
///
/// Each of the sets is one or null.
unsafe fn select_among(
    count: usize,
    at: [usize; 3],
    limit: Option<libc::timespec>,
    pc: usize,
) -> isize {
    point(OpKind::Select, OBJECT, pc);
    // SAFETY: As the caller promises.
    let wanted: Sets = at.map(|at| unsafe { (at as *const libc::fd_set).as_ref().copied() });
    let count = (count as u32 as usize).min(SETS);
    let mut entries = [libc::pollfd {
        fd: -1,
        events: 0,
        revents: 0,
    }; SETS];
    let mut used = 0;
    for fd in 0..count {
        let mut events = 0;
        for (set, event) in wanted
            .iter()
            .zip([libc::POLLIN, libc::POLLOUT, libc::POLLPRI])
        {
            // SAFETY: The number is within the set.
            if set.is_some_and(|set| unsafe { libc::FD_ISSET(fd as i32, &raw const set) }) {
                events |= event;
            }
        }
        if events != 0 {
            entries[used].fd = fd as i32;
            entries[used].events = events;
            used += 1;
        }
    }
    let deadline = limit.as_ref().map(time::after);
    loop {
        for (at, set) in at.iter().zip(wanted) {
            if let Some(set) = set {
                // SAFETY: It is one of the caller's sets.
                unsafe { (*at as *mut libc::fd_set).write(set) };
            }
        }
        let mut none = libc::timeval {
            tv_sec: 0,
            tv_usec: 0,
        };
        let arguments = [count, at[0], at[1], at[2], (&raw mut none).addr()];
        // SAFETY: The sets are the caller's.
        let ready = unsafe { sys::call(libc::SYS_select, arguments) };
        if ready > 0 {
            acquire_shared();
        }
        if ready != 0 || deadline.is_some_and(|d| d <= time::now()) {
            return ready;
        }
        // SAFETY: They lie on this stack until the wait is over.
        unsafe { wait::wait_for_descriptors(entries.as_mut_ptr(), used, deadline) };
    }
}

unsafe fn make_epoll_of_size(size: usize, pc: usize) -> isize {
    if size as i32 <= 0 {
        return -(libc::EINVAL as isize);
    }
    // SAFETY: As the caller promises.
    unsafe { make_epoll(0, pc) }
}

pub(super) unsafe fn make_epoll(flags: usize, _: usize) -> isize {
    // SAFETY: A new descriptor.
    opened(unsafe { sys::call(libc::SYS_epoll_create1, [flags]) })
}

pub(super) unsafe fn make_event(count: usize, flags: usize, _: usize) -> isize {
    // SAFETY: A new descriptor.
    opened(unsafe { sys::call(libc::SYS_eventfd2, [count, flags]) })
}

/// `epoll_ctl(2)`. The result is the kernel's.
///
/// # Safety
///
/// As of the system call.
pub(crate) unsafe fn control(
    epoll: usize,
    operation: usize,
    fd: usize,
    event: usize,
    pc: usize,
) -> isize {
    // SAFETY: As the caller promises.
    let call = || unsafe { sys::call(libc::SYS_epoll_ctl, [epoll, operation, fd, event]) };
    if !hot::is_virtual() {
        return call();
    }
    if hot::is_running() {
        point(OpKind::Add, OBJECT, pc);
        release_shared();
    }
    let result = call();
    if result == 0 {
        // SAFETY: The kernel has read it where there is one.
        let event = unsafe { (event as *const libc::epoll_event).as_ref().copied() };
        with(|e| {
            let event = event.map(|event| (event.events, event.u64));
            e.outside
                .controlled(epoll as i32, operation as i32, fd as i32, event);
            e.check_descriptors();
        });
    }
    result
}

/// `epoll_wait(2)`. The result is the kernel's.
///
/// # Safety
///
/// As of the system call.
pub(crate) unsafe fn epoll_for(
    epoll: usize,
    events: usize,
    most: usize,
    limit: usize,
    pc: usize,
) -> isize {
    if !hot::is_watched() {
        // SAFETY: As the caller promises.
        return unsafe { sys::call(libc::SYS_epoll_wait, [epoll, events, most, limit]) };
    }
    let at_once = limit as i32 == 0;
    // SAFETY: As the caller promises.
    unsafe { wait_for_events(epoll, events, most, || after_millis(limit), at_once, pc) }
}

unsafe fn epoll_masked(
    epoll: usize,
    events: usize,
    most: usize,
    limit: usize,
    _: usize,
    pc: usize,
) -> isize {
    // SAFETY: As the caller promises.
    unsafe { epoll_for(epoll, events, most, limit, pc) }
}

pub(super) unsafe fn epoll_until(
    epoll: usize,
    events: usize,
    most: usize,
    limit: usize,
    mask: usize,
    pc: usize,
) -> isize {
    if !hot::is_watched() {
        let arguments = [epoll, events, most, limit, mask, 8];
        // SAFETY: As the caller promises.
        return unsafe { sys::call(libc::SYS_epoll_pwait2, arguments) };
    }
    // SAFETY: As the caller promises.
    unsafe { wait_for_events(epoll, events, most, || after(limit), false, pc) }
}

/// # Safety
///
/// There is room for `most` events.
unsafe fn wait_for_events(
    epoll: usize,
    events: usize,
    most: usize,
    deadline: impl FnOnce() -> Option<VInstant>,
    at_once: bool,
    pc: usize,
) -> isize {
    point(OpKind::Select, OBJECT, pc);
    // SAFETY: As the caller promises.
    let ask = || unsafe { sys::call(libc::SYS_epoll_wait, [epoll, events, most, 0]) };
    let mut ready = ask();
    if ready == 0 && !at_once {
        let deadline = deadline();
        while ready == 0 && deadline.is_none_or(|d| d > time::now()) {
            let in_time = await_event(epoll, libc::POLLIN, deadline);
            ready = ask();
            if !in_time {
                break;
            }
        }
    }
    if ready > 0 {
        acquire_shared();
        write_range(events, ready as usize * size_of::<libc::epoll_event>(), pc);
    }
    ready
}
