//! Standard output and error of the process, apart from the program's.
//!
//! While the program runs, its descriptors 1 and 2 lead nowhere. The command writes to what
//! they were before.

#![allow(unsafe_code)]

use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use crate::outside::descriptors::FIRST_OWN;
use crate::session::panics;
use crate::sys;

static OUTPUT: AtomicI32 = AtomicI32::new(1);
static ERROR: AtomicI32 = AtomicI32::new(2);

/// Standard input is one that cannot be read twice, and the program has an empty one.
static HIDDEN: AtomicBool = AtomicBool::new(false);

/// See `HIDDEN`.
pub(crate) fn input_is_hidden() -> bool {
    HIDDEN.load(Ordering::Relaxed)
}

/// Keeps the process's output and error, and gives the program others.
///
/// # Errors
///
/// If the system does not give the descriptors, in words.
pub(crate) fn keep() -> Result<(), String> {
    for (fd, kept) in [(1, &OUTPUT), (2, &ERROR)] {
        // SAFETY: A new descriptor for the same file.
        let own = unsafe {
            sys::call(
                libc::SYS_fcntl,
                [fd, libc::F_DUPFD_CLOEXEC as usize, FIRST_OWN as usize],
            )
        };
        if own < 0 {
            return Err("standard output cannot be kept: too few descriptors (`ulimit -n`)".into());
        }
        kept.store(own as i32, Ordering::Relaxed);
    }
    // SAFETY: The path is a C string.
    let nowhere = unsafe {
        sys::call(
            libc::SYS_open,
            [c"/dev/null".as_ptr().addr(), libc::O_RDWR as usize],
        )
    };
    if nowhere < 0 {
        return Err("/dev/null cannot be opened".into());
    }
    for fd in [1, 2] {
        // SAFETY: Nothing of this process relies on what they were, but `own`.
        unsafe { sys::call(libc::SYS_dup2, [nowhere as usize, fd]) };
    }
    let reads_again = sys::stat(0).is_some_and(|(mode, _, device)| {
        let kind = mode & libc::S_IFMT;
        kind == libc::S_IFREG || kind == libc::S_IFCHR && libc::major(device) == 1
    });
    if !reads_again {
        // SAFETY: As above; nobody has read from it.
        unsafe { sys::call(libc::SYS_dup2, [nowhere as usize, 0]) };
        HIDDEN.store(true, Ordering::Relaxed);
    }
    // SAFETY: Opened above.
    unsafe { sys::call(libc::SYS_close, [nowhere as usize]) };
    Ok(())
}

/// Where the runtime writes what it means for descriptor `fd`.
pub(crate) fn own(fd: i32) -> i32 {
    match fd {
        1 => OUTPUT.load(Ordering::Relaxed),
        2 => ERROR.load(Ordering::Relaxed),
        other => other,
    }
}

/// Writes a line to standard error.
pub(crate) fn complain(text: &str) {
    sys::write(own(2), text.as_bytes());
    sys::write(own(2), b"\n");
}

/// The end of what the program has printed.
pub(crate) fn tail() -> String {
    panics::tail()
}
