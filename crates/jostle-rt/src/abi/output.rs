//! What the program prints, and what it could read from a terminal.

#![allow(unsafe_code)]

use std::ffi::c_int;

use crate::engine::with;
use crate::hot;
use crate::session::panics;
use crate::sys;

/// Whether what the program writes to `fd` is kept and not shown: to its output and error,
/// unless it has put something else in their place.
#[inline]
pub(crate) fn is_kept(fd: c_int) -> bool {
    (fd == 1 || fd == 2) && hot::is_virtual() && with(|e| !e.outside.descriptors.is_replaced(fd))
}

/// The program has printed this.
pub(crate) fn keep(bytes: &[u8]) {
    with(|e| {
        let task = e.threads.row(hot::slot()).task;
        e.inside(|_| panics::printed(bytes, task));
    });
}

/// The program reads its standard input.
pub(crate) fn look_at_input() {
    if hot::is_virtual() && crate::session::descriptors::input_is_hidden() {
        with(|e| {
            e.inside(|_| {
                crate::cautions::add(
                    "the program reads its standard input, which is empty here: only a file \
                     (`< FILE`) can be read again in each execution",
                );
            });
        });
    }
}

/// `isatty(3)`: the program's output and error are no terminal while they are kept.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn isatty(fd: c_int) -> c_int {
    if is_kept(fd) {
        sys::set_errno(libc::ENOTTY);
        return 0;
    }
    let mut settings = [0u8; 64];
    let arguments = [
        fd as usize,
        libc::TCGETS as usize,
        settings.as_mut_ptr().addr(),
    ];
    // SAFETY: The kernel's `termios` is 36 bytes.
    let result = unsafe { sys::call(libc::SYS_ioctl, arguments) };
    c_int::from(sys::libc_result(result) == 0)
}
