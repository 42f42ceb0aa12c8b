//! The system calls that the runtime itself makes, and their results as libc gives them.

#![allow(unsafe_code)]

use std::ffi::c_long;

use crate::raw;

/// Makes a system call; the result is the kernel's.
///
/// # Safety
///
/// As for [`raw::syscall6`].
#[inline]
pub(crate) unsafe fn call<const N: usize>(number: c_long, arguments: [usize; N]) -> isize {
    let at = |i: usize| arguments.get(i).copied().unwrap_or(0);
    // SAFETY: As the caller promises.
    unsafe { raw::syscall6(number as usize, at(0), at(1), at(2), at(3), at(4), at(5)) }
}

/// What libc makes of the result of a system call: -1, and the error in `errno`.
#[inline]
pub(crate) fn libc_result(result: isize) -> isize {
    if (-4095..0).contains(&result) {
        set_errno(-result as i32);
        return -1;
    }
    result
}

/// Sets `errno` of the running thread.
#[inline]
pub(crate) fn set_errno(error: i32) {
    // SAFETY: libc gives the address of the running thread's variable.
    unsafe { *libc::__errno_location() = error }
}

/// Writes to a descriptor; what cannot be written is lost.
pub(crate) fn write(fd: i32, bytes: &[u8]) {
    let mut rest = bytes;
    while !rest.is_empty() {
        let arguments = [fd as usize, rest.as_ptr().addr(), rest.len()];
        // SAFETY: The kernel reads within the slice.
        let written = unsafe { call(libc::SYS_write, arguments) };
        if written <= 0 {
            return;
        }
        rest = rest.get(written as usize..).unwrap_or_default();
    }
}

/// Ends the process at once.
pub(crate) fn exit(code: i32) -> ! {
    loop {
        // SAFETY: It has no conditions.
        unsafe { call(libc::SYS_exit_group, [code as usize]) };
    }
}

/// Mode, inode and device number of what a descriptor leads to, if it is one.
pub(crate) fn stat(fd: i32) -> Option<(u32, u64, u64)> {
    // SAFETY: All zeros is a value of it.
    let mut found: libc::stat = unsafe { std::mem::zeroed() };
    // SAFETY: The kernel's structure is libc's.
    let error = unsafe { call(libc::SYS_fstat, [fd as usize, (&raw mut found).addr()]) };
    (error == 0).then_some((found.st_mode, found.st_ino, found.st_rdev))
}
