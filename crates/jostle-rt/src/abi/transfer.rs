//! `read` and `write` and their relatives: bytes through any descriptor.
//!
//! The system reads and writes the buffers, which the race detector is told of.

#![allow(unsafe_code)]

use std::slice;

use crate::abi::blocking::{input, output};
use crate::abi::call::{system_calls, system_calls_of_six};
use crate::abi::output;
use crate::abi::tsan_plain::{read_range, write_range};
use crate::hot::{self, Phase};
use crate::sys;

system_calls! {
    read(fd, at, size), "rcx" => read_into;
    __read_chk(fd, at, size, room), "r8" => read_checked;
    write(fd, at, size), "rcx" => write_from;
    readv(fd, parts, count), "rcx" => read_parts;
    writev(fd, parts, count), "rcx" => write_parts;
    pread(fd, at, size, offset), "r8" => read_at;
    pread64(fd, at, size, offset), "r8" => read_at;
    pwrite(fd, at, size, offset), "r8" => write_at;
    pwrite64(fd, at, size, offset), "r8" => write_at;
    tee(from, to, size, flags), "r8" => tee_from;
    vmsplice(fd, parts, count, flags), "r8" => splice_memory;
    sendfile(to, from, offset, size), "r8" => send_file;
    sendfile64(to, from, offset, size), "r8" => send_file;
}

system_calls_of_six! {
    splice => splice_from;
}

/// `read(2)`. The result is the kernel's.
///
/// # Safety
///
/// As of the system call.
pub(crate) unsafe fn read_into(fd: usize, at: usize, size: usize, pc: usize) -> isize {
    if fd as i32 == 0 {
        output::look_at_input();
    }
    let result = input(fd, false, pc, || {
        // SAFETY: As the caller promises.
        unsafe { sys::call(libc::SYS_read, [fd, at, size]) }
    });
    got(at, result, pc);
    result
}

unsafe fn read_checked(fd: usize, at: usize, size: usize, _: usize, pc: usize) -> isize {
    // SAFETY: As the caller promises.
    unsafe { read_into(fd, at, size, pc) }
}

/// `write(2)`. The result is the kernel's.
///
/// # Safety
///
/// As of the system call.
pub(crate) unsafe fn write_from(fd: usize, at: usize, size: usize, pc: usize) -> isize {
    if output::is_kept(fd as i32) {
        // SAFETY: The caller gives that many bytes.
        output::keep(unsafe { slice::from_raw_parts(at as *const u8, size) });
        return size as isize;
    }
    read_range(at, size, pc);
    let fd = match hot::phase() {
        Phase::Root => crate::session::descriptors::own(fd as i32) as usize,
        _ => fd,
    };
    output(fd, false, pc, || {
        // SAFETY: As the caller promises.
        unsafe { sys::call(libc::SYS_write, [fd, at, size]) }
    })
}

unsafe fn read_parts(fd: usize, parts: usize, count: usize, pc: usize) -> isize {
    if fd as i32 == 0 {
        output::look_at_input();
    }
    let result = input(fd, false, pc, || {
        // SAFETY: As the caller promises.
        unsafe { sys::call(libc::SYS_readv, [fd, parts, count]) }
    });
    // SAFETY: The kernel has used them.
    unsafe { got_parts(parts, count, result, pc) };
    result
}

unsafe fn write_parts(fd: usize, parts: usize, count: usize, pc: usize) -> isize {
    if output::is_kept(fd as i32) {
        let mut size = 0;
        // SAFETY: The caller gives so many parts.
        for part in unsafe { slice::from_raw_parts(parts as *const libc::iovec, count) } {
            // SAFETY: The caller gives that many bytes.
            output::keep(unsafe { slice::from_raw_parts(part.iov_base.cast(), part.iov_len) });
            size += part.iov_len;
        }
        return size as isize;
    }
    // SAFETY: As the caller promises.
    unsafe { give_parts(parts, count, pc) };
    let fd = match hot::phase() {
        Phase::Root => crate::session::descriptors::own(fd as i32) as usize,
        _ => fd,
    };
    output(fd, false, pc, || {
        // SAFETY: As the caller promises.
        unsafe { sys::call(libc::SYS_writev, [fd, parts, count]) }
    })
}

unsafe fn read_at(fd: usize, at: usize, size: usize, offset: usize, pc: usize) -> isize {
    let result = input(fd, true, pc, || {
        // SAFETY: As the caller promises.
        unsafe { sys::call(libc::SYS_pread64, [fd, at, size, offset]) }
    });
    got(at, result, pc);
    result
}

unsafe fn write_at(fd: usize, at: usize, size: usize, offset: usize, pc: usize) -> isize {
    read_range(at, size, pc);
    output(fd, true, pc, || {
        // SAFETY: As the caller promises.
        unsafe { sys::call(libc::SYS_pwrite64, [fd, at, size, offset]) }
    })
}

unsafe fn splice_from(
    from: usize,
    from_offset: usize,
    to: usize,
    to_offset: usize,
    size: usize,
    flags: usize,
    pc: usize,
) -> isize {
    between(
        from,
        to,
        flags & libc::SPLICE_F_NONBLOCK as usize != 0,
        pc,
        || {
            // SAFETY: As the caller promises.
            unsafe {
                sys::call(
                    libc::SYS_splice,
                    [from, from_offset, to, to_offset, size, flags],
                )
            }
        },
    )
}

unsafe fn tee_from(from: usize, to: usize, size: usize, flags: usize, pc: usize) -> isize {
    between(
        from,
        to,
        flags & libc::SPLICE_F_NONBLOCK as usize != 0,
        pc,
        || {
            // SAFETY: As the caller promises.
            unsafe { sys::call(libc::SYS_tee, [from, to, size, flags]) }
        },
    )
}

unsafe fn send_file(to: usize, from: usize, offset: usize, size: usize, pc: usize) -> isize {
    between(from, to, false, pc, || {
        // SAFETY: As the caller promises.
        unsafe { sys::call(libc::SYS_sendfile, [to, from, offset, size]) }
    })
}

/// From one descriptor to another: once the one has something and the other has room.
fn between(from: usize, to: usize, at_once: bool, pc: usize, call: impl Fn() -> isize) -> isize {
    input(from, at_once, pc, || output(to, at_once, pc, &call))
}

unsafe fn splice_memory(fd: usize, parts: usize, count: usize, flags: usize, pc: usize) -> isize {
    let at_once = flags & libc::SPLICE_F_NONBLOCK as usize != 0;
    // SAFETY: As the caller promises.
    unsafe { give_parts(parts, count, pc) };
    output(fd, at_once, pc, || {
        // SAFETY: As the caller promises.
        unsafe { sys::call(libc::SYS_vmsplice, [fd, parts, count, flags]) }
    })
}

/// The system has written as many bytes as `result` says.
pub(crate) fn got(at: usize, result: isize, pc: usize) {
    if result > 0 {
        write_range(at, result as usize, pc);
    }
}

/// As [`got`], spread over parts.
///
/// # Safety
///
/// There are `count` parts.
pub(crate) unsafe fn got_parts(parts: usize, count: usize, result: isize, pc: usize) {
    if result <= 0 || !hot::is_running() {
        return;
    }
    let mut rest = result as usize;
    // SAFETY: As the caller promises.
    for part in unsafe { slice::from_raw_parts(parts as *const libc::iovec, count) } {
        let size = part.iov_len.min(rest);
        write_range(part.iov_base.addr(), size, pc);
        rest -= size;
    }
}

/// The system is going to read parts.
///
/// # Safety
///
/// There are `count` parts.
pub(crate) unsafe fn give_parts(parts: usize, count: usize, pc: usize) {
    if count == 0 || !hot::is_running() {
        return;
    }
    // SAFETY: As the caller promises.
    for part in unsafe { slice::from_raw_parts(parts as *const libc::iovec, count) } {
        read_range(part.iov_base.addr(), part.iov_len, pc);
    }
}
