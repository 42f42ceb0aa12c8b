//! Sockets.

#![allow(unsafe_code)]

use std::slice;

use jostle_core::op::OpKind;

use crate::abi::blocking::{self, OBJECT, await_event, input, output, release_shared};
use crate::abi::call::{system_calls, system_calls_of_six};
use crate::abi::transfer::{give_parts, got, got_parts};
use crate::abi::tsan_plain::read_range;
use crate::engine::point::{point, spin_point};
use crate::engine::with;
use crate::hot;
use crate::sys;

system_calls! {
    recv(fd, at, size, flags), "r8" => receive;
    __recv_chk(fd, at, size, room, flags), "r9" => receive_checked;
    recvmsg(fd, message, flags), "rcx" => receive_message;
    recvmmsg(fd, messages, count, flags, limit), "r9" => receive_messages;
    send(fd, at, size, flags), "r8" => send_bytes;
    sendmsg(fd, message, flags), "rcx" => send_message;
    sendmmsg(fd, messages, count, flags), "r8" => send_messages;
    accept(fd, address, size), "rcx" => accept_plain;
    accept4(fd, address, size, flags), "r8" => accept_from;
    connect(fd, address, size), "rcx" => connect_to;
    shutdown(fd, how), "rdx" => shut_down;
    socket(domain, kind, protocol), "rcx" => make_socket;
    socketpair(domain, kind, protocol, pair), "r8" => make_pair;
}

system_calls_of_six! {
    recvfrom => receive_from;
    sendto => send_to;
}

fn at_once(flags: usize) -> bool {
    flags & libc::MSG_DONTWAIT as usize != 0
}

unsafe fn receive(fd: usize, at: usize, size: usize, flags: usize, pc: usize) -> isize {
    // SAFETY: As the caller promises.
    unsafe { receive_from(fd, at, size, flags, 0, 0, pc) }
}

unsafe fn receive_checked(
    fd: usize,
    at: usize,
    size: usize,
    _: usize,
    flags: usize,
    pc: usize,
) -> isize {
    // SAFETY: As the caller promises.
    unsafe { receive_from(fd, at, size, flags, 0, 0, pc) }
}

/// `recvfrom(2)`. The result is the kernel's.
///
/// # Safety
///
/// As of the system call.
pub(crate) unsafe fn receive_from(
    fd: usize,
    at: usize,
    size: usize,
    flags: usize,
    address: usize,
    address_size: usize,
    pc: usize,
) -> isize {
    let result = input(fd, at_once(flags), pc, || {
        let arguments = [
            fd,
            at,
            size,
            flags & !(libc::MSG_WAITALL as usize),
            address,
            address_size,
        ];
        // SAFETY: As the caller promises.
        unsafe { sys::call(libc::SYS_recvfrom, arguments) }
    });
    got(at, result.min(size as isize), pc);
    result
}

unsafe fn receive_message(fd: usize, message: usize, flags: usize, pc: usize) -> isize {
    let result = input(fd, at_once(flags), pc, || {
        let flags = flags & !(libc::MSG_WAITALL as usize);
        // SAFETY: As the caller promises.
        unsafe { sys::call(libc::SYS_recvmsg, [fd, message, flags]) }
    });
    if result > 0 {
        // SAFETY: The kernel has used it.
        unsafe {
            let message = &*(message as *const libc::msghdr);
            got_parts(message.msg_iov.addr(), message.msg_iovlen, result, pc);
            note_passed(message);
        }
    }
    result
}

/// Descriptors that came with a message are new ones.
///
/// # Safety
///
/// The kernel has filled the message in.
unsafe fn note_passed(message: &libc::msghdr) {
    if !hot::is_running() {
        return;
    }
    // SAFETY: The macros of libc walk through what the kernel has written.
    unsafe {
        let mut header = libc::CMSG_FIRSTHDR(message);
        while !header.is_null() {
            if ((*header).cmsg_level, (*header).cmsg_type) == (libc::SOL_SOCKET, libc::SCM_RIGHTS) {
                let data = libc::CMSG_DATA(header).cast::<i32>();
                let size = (*header).cmsg_len - (data.addr() - header.addr());
                for at in 0..size / size_of::<i32>() {
                    let fd = data.add(at).read_unaligned();
                    with(|e| e.outside.descriptors.opened(fd));
                }
            }
            header = libc::CMSG_NXTHDR(message, header);
        }
    }
}

unsafe fn receive_messages(
    fd: usize,
    messages: usize,
    count: usize,
    flags: usize,
    limit: usize,
    pc: usize,
) -> isize {
    let result = input(fd, at_once(flags), pc, || {
        // What is there, once something is.
        let flags = flags | libc::MSG_WAITFORONE as usize;
        // SAFETY: As the caller promises.
        unsafe { sys::call(libc::SYS_recvmmsg, [fd, messages, count, flags, limit]) }
    });
    if result > 0 {
        let messages = messages as *const libc::mmsghdr;
        // SAFETY: The kernel has filled so many in.
        for message in unsafe { slice::from_raw_parts(messages, result as usize) } {
            let (parts, count) = (message.msg_hdr.msg_iov.addr(), message.msg_hdr.msg_iovlen);
            // SAFETY: As above.
            unsafe {
                got_parts(parts, count, message.msg_len as isize, pc);
                note_passed(&message.msg_hdr);
            }
        }
    }
    result
}

unsafe fn send_bytes(fd: usize, at: usize, size: usize, flags: usize, pc: usize) -> isize {
    // SAFETY: As the caller promises.
    unsafe { send_to(fd, at, size, flags, 0, 0, pc) }
}

/// `sendto(2)`. The result is the kernel's.
///
/// # Safety
///
/// As of the system call.
pub(crate) unsafe fn send_to(
    fd: usize,
    at: usize,
    size: usize,
    flags: usize,
    address: usize,
    address_size: usize,
    pc: usize,
) -> isize {
    read_range(at, size, pc);
    // SAFETY: As the caller promises.
    unsafe { look_at_target(address, address_size) };
    output(fd, at_once(flags), pc, || {
        let arguments = [fd, at, size, flags, address, address_size];
        // SAFETY: As the caller promises.
        unsafe { sys::call(libc::SYS_sendto, arguments) }
    })
}

unsafe fn send_message(fd: usize, message: usize, flags: usize, pc: usize) -> isize {
    // SAFETY: As the caller promises.
    unsafe {
        let message = &*(message as *const libc::msghdr);
        give_parts(message.msg_iov.addr(), message.msg_iovlen, pc);
        look_at_target(message.msg_name.addr(), message.msg_namelen as usize);
    }
    output(fd, at_once(flags), pc, || {
        // SAFETY: As the caller promises.
        unsafe { sys::call(libc::SYS_sendmsg, [fd, message, flags]) }
    })
}

unsafe fn send_messages(
    fd: usize,
    messages: usize,
    count: usize,
    flags: usize,
    pc: usize,
) -> isize {
    // SAFETY: As the caller promises.
    let all =
        unsafe { slice::from_raw_parts(messages as *const libc::mmsghdr, count as u32 as usize) };
    for message in all {
        let (parts, count) = (message.msg_hdr.msg_iov.addr(), message.msg_hdr.msg_iovlen);
        // SAFETY: As the caller promises.
        unsafe { give_parts(parts, count, pc) };
    }
    output(fd, at_once(flags), pc, || {
        // SAFETY: As the caller promises.
        unsafe { sys::call(libc::SYS_sendmmsg, [fd, messages, count, flags]) }
    })
}

unsafe fn accept_plain(fd: usize, address: usize, size: usize, pc: usize) -> isize {
    // SAFETY: As the caller promises.
    unsafe { accept_from(fd, address, size, 0, pc) }
}

pub(super) unsafe fn accept_from(
    fd: usize,
    address: usize,
    size: usize,
    flags: usize,
    pc: usize,
) -> isize {
    let result = input(fd, false, pc, || {
        // SAFETY: As the caller promises.
        unsafe { sys::call(libc::SYS_accept4, [fd, address, size, flags]) }
    });
    opened(result)
}

unsafe fn connect_to(fd: usize, address: usize, size: usize, pc: usize) -> isize {
    // SAFETY: As the caller promises.
    let call = || unsafe { sys::call(libc::SYS_connect, [fd, address, size]) };
    if !hot::is_running() {
        return call();
    }
    point(OpKind::Send, OBJECT, pc);
    release_shared();
    // SAFETY: As the caller promises.
    unsafe { look_at_target(address, size) };
    let result = loop {
        let result = connect_once(fd, &call);
        with(|e| e.check_descriptors());
        // A unix socket whose listener has no room: until somebody accepts.
        if result != -(libc::EAGAIN as isize) || !hot::is_watched() || is_nonblocking(fd) {
            break result;
        }
        spin_point(OBJECT, pc);
    };
    blocking::acquire_shared();
    result
}

/// Connects without waiting in the system, in virtual time.
fn connect_once(fd: usize, call: &dyn Fn() -> isize) -> isize {
    if !hot::is_watched() || is_nonblocking(fd) {
        return call();
    }
    set_nonblocking(fd, true);
    let result = call();
    set_nonblocking(fd, false);
    if result != -(libc::EINPROGRESS as isize) {
        return result;
    }
    with(|e| e.check_descriptors());
    if !blocking::is_ready(fd, libc::POLLOUT) && !await_event(fd, libc::POLLOUT, None) {
        return -(libc::ETIMEDOUT as isize);
    }
    let (mut error, mut size) = (0i32, size_of::<i32>() as libc::socklen_t);
    let arguments = [
        fd,
        libc::SOL_SOCKET as usize,
        libc::SO_ERROR as usize,
        (&raw mut error).addr(),
        (&raw mut size).addr(),
    ];
    // SAFETY: There is room for the result.
    unsafe { sys::call(libc::SYS_getsockopt, arguments) };
    -(error as isize)
}

fn is_nonblocking(fd: usize) -> bool {
    // SAFETY: It changes nothing.
    let flags = unsafe { sys::call(libc::SYS_fcntl, [fd, libc::F_GETFL as usize]) };
    flags < 0 || flags & libc::O_NONBLOCK as isize != 0
}

fn set_nonblocking(fd: usize, on: bool) {
    let on = i32::from(on);
    let arguments = [fd, libc::FIONBIO as usize, (&raw const on).addr()];
    // SAFETY: The kernel reads the one number.
    unsafe { sys::call(libc::SYS_ioctl, arguments) };
}

unsafe fn shut_down(fd: usize, how: usize, pc: usize) -> isize {
    // SAFETY: As the caller promises.
    let call = || unsafe { sys::call(libc::SYS_shutdown, [fd, how]) };
    if !hot::is_running() {
        return call();
    }
    point(OpKind::Close, OBJECT, pc);
    release_shared();
    let result = call();
    with(|e| {
        if result == 0 {
            e.outside.descriptors.shut(fd as i32);
        }
        e.check_descriptors();
    });
    result
}

unsafe fn make_socket(domain: usize, kind: usize, protocol: usize, _: usize) -> isize {
    // SAFETY: As the caller promises.
    opened(unsafe { sys::call(libc::SYS_socket, [domain, kind, protocol]) })
}

unsafe fn make_pair(domain: usize, kind: usize, protocol: usize, pair: usize, _: usize) -> isize {
    // SAFETY: As the caller promises.
    let result = unsafe { sys::call(libc::SYS_socketpair, [domain, kind, protocol, pair]) };
    if result == 0 && hot::is_virtual() {
        // SAFETY: The kernel has written them.
        let pair = unsafe { *(pair as *const [i32; 2]) };
        with(|e| e.outside.paired(pair, [domain as i32, kind as i32]));
    }
    result
}

/// The result of a call that makes a descriptor.
pub(crate) fn opened(result: isize) -> isize {
    if result >= 0 && hot::is_running() {
        with(|e| e.outside.descriptors.opened(result as i32));
    }
    result
}

/// Names addresses that lead out of this machine.
///
/// # Safety
///
/// There is an address of that size, or none.
unsafe fn look_at_target(address: usize, size: usize) {
    if address == 0 || !hot::is_running() {
        return;
    }
    // SAFETY: As the caller promises.
    let bytes = unsafe { slice::from_raw_parts(address as *const u8, size as u32 as usize) };
    if crate::outside::address::leads_out(bytes) {
        with(|e| {
            e.outside.has_left = true;
            e.inside(|_| {
                crate::cautions::add(
                    "the program talks to another machine: what that answers, and when, is not \
                     under control",
                );
            });
        });
    }
}
