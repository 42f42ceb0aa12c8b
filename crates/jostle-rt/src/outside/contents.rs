//! What lies in pipes, sockets and event counters.

#![allow(unsafe_code)]

use crate::sys;

/// Takes everything out of a pipe or a socket, without waiting.
pub(crate) fn take(fd: i32) -> Vec<u8> {
    let mut all = Vec::new();
    loop {
        let waiting = waiting(fd);
        if waiting == 0 {
            return all;
        }
        let mut part = vec![0u8; waiting];
        let arguments = [fd as usize, part.as_mut_ptr().addr(), part.len()];
        // SAFETY: The kernel writes within the vector.
        let got = unsafe { sys::call(libc::SYS_read, arguments) };
        if got <= 0 {
            return all;
        }
        part.truncate(got as usize);
        all.extend(part);
    }
}

/// Puts bytes in, which fit, since they did before.
pub(crate) fn put(fd: i32, bytes: &[u8]) {
    if !bytes.is_empty() {
        sys::write(fd, bytes);
    }
}

/// How many bytes can be read at once.
fn waiting(fd: i32) -> usize {
    let mut waiting = 0i32;
    let arguments = [
        fd as usize,
        libc::FIONREAD as usize,
        (&raw mut waiting).addr(),
    ];
    // SAFETY: There is room for the number.
    match unsafe { sys::call(libc::SYS_ioctl, arguments) } {
        0 => waiting.max(0) as usize,
        _ => 0,
    }
}

/// Throws away what has arrived at a socket, connections at a listening one.
pub(crate) fn drain_socket(fd: i32, is_listener: bool) {
    /// More than any queue holds.
    const MOST: usize = 1 << 16;
    for _ in 0..MOST {
        let got = match is_listener {
            true => {
                if !is_readable(fd) {
                    return;
                }
                let arguments = [fd as usize, 0, 0, libc::SOCK_CLOEXEC as usize];
                // SAFETY: A new descriptor, closed at once.
                let got = unsafe { sys::call(libc::SYS_accept4, arguments) };
                if got >= 0 {
                    // SAFETY: It is nobody else's.
                    unsafe { sys::call(libc::SYS_close, [got as usize]) };
                }
                got
            }
            false => {
                let mut sink = [0u8; 4096];
                let flags = libc::MSG_DONTWAIT as usize;
                let arguments = [
                    fd as usize,
                    sink.as_mut_ptr().addr(),
                    sink.len(),
                    flags,
                    0,
                    0,
                ];
                // SAFETY: The kernel writes within the array.
                unsafe { sys::call(libc::SYS_recvfrom, arguments) }
            }
        };
        if got < 0 || (got == 0 && !is_listener) {
            return;
        }
    }
}

fn is_readable(fd: i32) -> bool {
    let mut entry = libc::pollfd {
        fd,
        events: libc::POLLIN,
        revents: 0,
    };
    // SAFETY: The kernel writes to the one entry.
    unsafe { sys::call(libc::SYS_poll, [(&raw mut entry).addr(), 1, 0]) == 1 }
}

/// The count of an event descriptor, as the system tells it, if it is one.
pub(crate) fn event_count(fd: i32) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/self/fdinfo/{fd}")).ok()?;
    let count = text
        .lines()
        .find_map(|l| l.strip_prefix("eventfd-count:"))?;
    u64::from_str_radix(count.trim(), 16).ok()
}

/// Sets the count of an event descriptor.
pub(crate) fn set_event_count(fd: i32, count: u64) {
    // One that counts down (`EFD_SEMAPHORE`) gives one at a time.
    while is_readable(fd) {
        let mut sink = 0u64;
        // SAFETY: There is room for the number.
        let got = unsafe { sys::call(libc::SYS_read, [fd as usize, (&raw mut sink).addr(), 8]) };
        if got < 0 {
            break;
        }
    }
    if count != 0 {
        sys::write(fd, &count.to_ne_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lay_in_a_pipe_and_in_a_counter_is_put_back() {
        let mut pair = [0; 2];
        // SAFETY: There is room for two descriptors.
        let made = unsafe {
            sys::call(
                libc::SYS_pipe2,
                [pair.as_mut_ptr().addr(), libc::O_CLOEXEC as usize],
            )
        };
        assert_eq!(made, 0);
        assert_eq!(take(pair[0]), b"");
        put(pair[1], b"before");
        let kept = take(pair[0]);
        put(pair[1], &kept);
        assert_eq!(take(pair[0]), b"before");
        // SAFETY: A new descriptor.
        let event = unsafe { sys::call(libc::SYS_eventfd2, [7, 0]) } as i32;
        assert_eq!(event_count(event), Some(7));
        set_event_count(event, 30);
        assert_eq!(event_count(event), Some(30));
        set_event_count(event, 0);
        assert_eq!(event_count(event), Some(0));
        for fd in [pair[0], pair[1], event] {
            // SAFETY: Made above.
            unsafe { sys::call(libc::SYS_close, [fd as usize]) };
        }
    }
}
