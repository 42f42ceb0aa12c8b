//! System calls without libc.
//!
//! The functions of libc that make them are defined by this library for the program, so
//! that the library itself cannot use them for its own ends.

#![allow(unsafe_code)]

use std::arch::asm;

/// Makes a system call. Returns what the kernel returns: an error is minus its number.
///
/// # Safety
///
/// As the system call with that number demands.
#[inline]
pub(crate) unsafe fn syscall6(
    number: libc::c_long,
    a: usize,
    b: usize,
    c: usize,
    d: usize,
    e: usize,
    f: usize,
) -> isize {
    let result: isize;
    // SAFETY: The registers are those of the kernel's calling convention for x86-64; it
    // changes rcx and r11 besides. What the call does is the caller's affair.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") number as isize => result,
            in("rdi") a,
            in("rsi") b,
            in("rdx") c,
            in("r10") d,
            in("r8") e,
            in("r9") f,
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack)
        );
    }
    result
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

/// Maps anonymous memory, at `address` if that is not 0, without reserving swap for it.
/// Returns `None` if there is none.
pub(crate) fn map(address: usize, size: usize) -> Option<*mut u8> {
    let fixed = match address {
        0 => 0,
        _ => libc::MAP_FIXED_NOREPLACE,
    };
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE | fixed;
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    // SAFETY: A new mapping replaces no other one.
    let result = unsafe {
        syscall6(
            libc::SYS_mmap,
            address,
            size,
            protection as usize,
            flags as usize,
            usize::MAX,
            0,
        )
    };
    (!(-4095..0).contains(&result)).then_some(result as *mut u8)
}

/// Writes to a descriptor; what cannot be written is lost.
pub(crate) fn write(fd: i32, bytes: &[u8]) {
    let mut rest = bytes;
    while !rest.is_empty() {
        // SAFETY: The kernel reads within the slice.
        let written = unsafe {
            syscall6(
                libc::SYS_write,
                fd as usize,
                rest.as_ptr().addr(),
                rest.len(),
                0,
                0,
                0,
            )
        };
        if written <= 0 {
            return;
        }
        rest = &rest[written as usize..];
    }
}

/// Ends the process at once.
pub(crate) fn exit(code: i32) -> ! {
    loop {
        // SAFETY: It has no conditions.
        unsafe { syscall6(libc::SYS_exit_group, code as usize, 0, 0, 0, 0, 0) };
    }
}
