//! Operations on descriptors that may have to wait: a pipe is empty, a socket's buffer full.
//!
//! Each is a scheduling point. The one OS thread must never wait in the system, since nobody
//! would be left to end the wait: where the descriptor is not ready, the logical thread
//! waits, on virtual time, and the system call is made once it is ready. After each operation
//! somebody else's descriptor may be ready.
//!
//! Edges of the race detector: what was done before a write happens before what follows the
//! read. A pipe is known by its inode, which both ends share. The ends of a socket have
//! nothing in common that the system tells cheaply, and an event arrives by way of epoll
//! descriptors and duplicates: all these have one key, which hides races between threads that
//! use unrelated sockets and never reports one that is none.
//!
//! A handler of a signal, and the test harness, are not scheduled: they make the call and
//! wait in the system if they must.

#![allow(unsafe_code)]

use std::time::Duration;

use jostle_core::kernel::Woken;
use jostle_core::op::OpKind;
use jostle_core::vtime::VInstant;

use crate::abi::time;
use crate::engine::point::point;
use crate::engine::{wait, with};
use crate::hot;
use crate::sys;

/// What a descriptor leads to, as far as it matters here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum What {
    /// Nothing that could make anybody wait: a file, or no descriptor at all.
    Plain,
    /// A pipe with this inode.
    Pipe(u64),
    /// A socket, an event counter, a terminal.
    Other,
}

/// The key of everything that has no key of its own.
const SHARED: u64 = 1 << 62;

impl What {
    /// What `fd` leads to.
    pub(crate) fn of(fd: usize) -> What {
        let Some((mode, inode, device)) = sys::stat(fd as i32) else {
            return What::Plain;
        };
        match mode & libc::S_IFMT {
            libc::S_IFREG | libc::S_IFDIR | libc::S_IFBLK => What::Plain,
            // Major number 1: `/dev/null`, `/dev/urandom` and the like.
            libc::S_IFCHR if libc::major(device) == 1 => What::Plain,
            libc::S_IFIFO => What::Pipe(inode),
            _ => What::Other,
        }
    }

    fn key(self) -> u64 {
        match self {
            What::Pipe(inode) => SHARED | 1 << 61 | inode & ((1 << 60) - 1),
            What::Plain | What::Other => SHARED,
        }
    }
}

/// What follows in the running thread comes after what was sent to sockets and events.
pub(crate) fn acquire_shared() {
    with(|e| e.detector.acquire(hot::slot(), SHARED));
}

/// What the running thread has done comes before what waits for sockets and events.
pub(crate) fn release_shared() {
    with(|e| e.detector.release(hot::slot(), SHARED));
}

/// The address under which descriptors are an object for the scheduler: one that no memory
/// has. They are one object: that the ends of a connection belong together, or that an event
/// makes an epoll descriptor ready, only the system knows, and operations that are taken for
/// independent would not be tried in both orders.
pub(crate) const OBJECT: usize = 8;

/// An operation on `fd` that brings something in: `call`, once there is something, unless
/// the operation is not to wait.
pub(crate) fn input(fd: usize, at_once: bool, pc: usize, call: impl Fn() -> isize) -> isize {
    if !hot::is_running() {
        return call();
    }
    let what = What::of(fd);
    if what == What::Plain {
        return call();
    }
    point(OpKind::Recv, OBJECT, pc);
    if !at_once && let Err(error) = await_readiness(fd, libc::POLLIN) {
        return error;
    }
    let result = call();
    with(|e| {
        if result >= 0 {
            e.detector.acquire(hot::slot(), what.key());
        }
        // Somebody may wait for room.
        e.check_descriptors();
    });
    result
}

/// An operation on `fd` that takes something out: `call`, once there is room, unless the
/// operation is not to wait. It may take less than it was given.
pub(crate) fn output(fd: usize, at_once: bool, pc: usize, call: impl Fn() -> isize) -> isize {
    if !hot::is_running() {
        return call();
    }
    let what = What::of(fd);
    if what == What::Plain {
        note_write(fd);
        return call();
    }
    point(OpKind::Send, OBJECT, pc);
    with(|e| {
        e.detector.release(hot::slot(), what.key());
        // The other end may learn of it by epoll.
        if what != What::Other {
            e.detector.release(hot::slot(), SHARED);
        }
    });
    let result = patiently(fd, at_once, libc::POLLOUT, &call);
    with(|e| e.check_descriptors());
    result
}

/// Names a write to a file that each execution finds open.
fn note_write(fd: usize) {
    with(|e| {
        if e.outside.descriptors.is_kept_file(fd as i32) {
            e.inside(|_| {
                crate::cautions::add(
                    "a file that was opened before the first thread is written to and stays \
                     changed: executions after the first one see it",
                );
            });
        }
    });
}

/// Makes a call that would wait in the system if the descriptor is not ready, even where
/// `poll` has said that it is: with room for less than what is to be written, say.
pub(crate) fn patiently(fd: usize, at_once: bool, events: i16, call: &dyn Fn() -> isize) -> isize {
    let flags = flags(fd);
    if at_once || !hot::is_watched() || flags < 0 || flags & libc::O_NONBLOCK as isize != 0 {
        return call();
    }
    let mut limit = None;
    loop {
        set_flags(fd, flags | libc::O_NONBLOCK as isize);
        let result = call();
        set_flags(fd, flags);
        if result != -(libc::EAGAIN as isize) {
            return result;
        }
        let deadline = *limit.get_or_insert_with(|| deadline(fd, events));
        if !await_event(fd, events, deadline) {
            return -(libc::EAGAIN as isize);
        }
    }
}

/// Waits until `fd` is ready, if operations on it wait.
pub(crate) fn await_readiness(fd: usize, events: i16) -> Result<(), isize> {
    let mut limit = None;
    while !is_ready(fd, events) {
        if !hot::is_watched() || flags(fd) & libc::O_NONBLOCK as isize != 0 {
            return Ok(());
        }
        let deadline = *limit.get_or_insert_with(|| deadline(fd, events));
        if !await_event(fd, events, deadline) {
            return Err(-(libc::EAGAIN as isize));
        }
    }
    Ok(())
}

/// Waits for something to happen at `fd`. Returns whether it did before the deadline.
pub(crate) fn await_event(fd: usize, events: i16, deadline: Option<VInstant>) -> bool {
    let mut wanted = libc::pollfd {
        fd: fd as i32,
        events,
        revents: 0,
    };
    // SAFETY: It lies on this stack until the wait is over.
    let woken = unsafe { wait::wait_for_descriptors(&raw mut wanted, 1, deadline) };
    woken == Woken::Completed
}

/// Whether an operation on `fd` would go through now.
pub(crate) fn is_ready(fd: usize, events: i16) -> bool {
    let mut wanted = libc::pollfd {
        fd: fd as i32,
        events,
        revents: 0,
    };
    // SAFETY: The kernel writes to the one entry.
    unsafe { sys::call(libc::SYS_poll, [(&raw mut wanted).addr(), 1, 0]) != 0 }
}

fn flags(fd: usize) -> isize {
    // SAFETY: It changes nothing.
    unsafe { sys::call(libc::SYS_fcntl, [fd, libc::F_GETFL as usize]) }
}

fn set_flags(fd: usize, flags: isize) {
    // SAFETY: For the length of a call, or back to what they were.
    unsafe {
        sys::call(
            libc::SYS_fcntl,
            [fd, libc::F_SETFL as usize, flags as usize],
        )
    };
}

/// When an operation on the socket `fd` gives up.
fn deadline(fd: usize, events: i16) -> Option<VInstant> {
    let option = match events {
        libc::POLLIN => libc::SO_RCVTIMEO,
        _ => libc::SO_SNDTIMEO,
    };
    let mut limit = libc::timeval {
        tv_sec: 0,
        tv_usec: 0,
    };
    let mut size = size_of::<libc::timeval>() as libc::socklen_t;
    let arguments = [
        fd,
        libc::SOL_SOCKET as usize,
        option as usize,
        (&raw mut limit).addr(),
        (&raw mut size).addr(),
    ];
    // SAFETY: There is room for the result.
    let error = unsafe { sys::call(libc::SYS_getsockopt, arguments) };
    if error != 0 || (limit.tv_sec, limit.tv_usec) == (0, 0) {
        return None;
    }
    let seconds = Duration::from_secs(limit.tv_sec.try_into().unwrap_or(0));
    let rest = Duration::from_micros(limit.tv_usec.try_into().unwrap_or(0));
    Some(time::now().after(seconds + rest))
}
