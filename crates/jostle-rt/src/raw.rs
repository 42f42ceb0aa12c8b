//! System calls without libc.
//!
//! The runtime defines `mmap`, `madvise` and `syscall` for the program that it is linked
//! into, so that its own storage must not go through these names. This file is the only one
//! that holds the instruction. A call keeps no state, uses no thread-local (`errno` is one:
//! errors are returned) and does not allocate, so that it may be made on any stack.

#![allow(unsafe_code)]

use core::arch::asm;

/// An error number of the kernel, positive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Errno(pub(crate) i32);

/// Makes system call `number`. The result is the kernel's: from -4095 to -1 a negated error
/// number, otherwise the value.
///
/// # Safety
///
/// The call is made as it stands: whatever the kernel does to memory, mappings, descriptors
/// and control flow because of it must be sound for the whole process.
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
#[inline]
pub(crate) unsafe fn syscall6(
    number: usize,
    a: usize,
    b: usize,
    c: usize,
    d: usize,
    e: usize,
    f: usize,
) -> isize {
    let result: isize;
    // SAFETY: registers as in the x86-64 Linux convention; the instruction overwrites rax,
    // rcx and r11 only, and memory only as the caller has answered for.
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
            options(nostack),
        );
    }
    result
}

/// Maps `length` bytes of private zeros without reserving memory for them. `at` is either 0
/// or the address they must have; an address that is taken is an error.
pub(crate) fn map(at: usize, length: usize) -> Result<*mut u8, Errno> {
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    let mut flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    if at != 0 {
        flags |= libc::MAP_FIXED_NOREPLACE;
    }
    // SAFETY: a fresh anonymous mapping; with MAP_FIXED_NOREPLACE no other one is replaced.
    let result = unsafe {
        syscall6(
            libc::SYS_mmap as usize,
            at,
            length,
            protection as usize,
            flags as usize,
            usize::MAX,
            0,
        )
    };
    if (-4095..0).contains(&result) {
        return Err(Errno(-result as i32));
    }
    Ok(result as *mut u8)
}

/// Gives pages back to the kernel; they read as zero afterwards.
///
/// # Safety
///
/// The range is page-aligned, part of a private anonymous mapping, and nothing relies on what
/// it holds.
pub(crate) unsafe fn discard(at: *mut u8, length: usize) {
    // SAFETY: answered for by the caller. A failure leaves the pages as they were.
    let result = unsafe {
        syscall6(
            libc::SYS_madvise as usize,
            at as usize,
            length,
            libc::MADV_DONTNEED as usize,
            0,
            0,
            0,
        )
    };
    if result != 0 {
        // Refused (locked pages): the promise is zeros, whatever it costs.
        // SAFETY: the caller owns the range.
        unsafe { core::ptr::write_bytes(at, 0, length) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_is_zero_and_again_after_it_was_discarded() {
        let at = map(0, 1 << 16).expect("mapped");
        // SAFETY: mapped above, 64 KiB long, used by this test only.
        unsafe {
            assert_eq!(at.add(4096).read(), 0);
            at.add(4096).write(7);
            discard(at, 1 << 16);
            assert_eq!(at.add(4096).read(), 0);
        }
    }

    #[test]
    fn an_address_that_is_taken_is_an_error() {
        let at = map(0, 4096).expect("mapped");
        assert_eq!(map(at as usize, 4096), Err(Errno(libc::EEXIST)));
    }
}
