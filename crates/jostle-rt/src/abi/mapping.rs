//! Memory that the program maps by itself: undone after an execution, and new to the race
//! detector where an address is used a second time.

#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};
use std::ops::Range;

use crate::engine::with;
use crate::hot;
use crate::sys;

const PAGE: usize = 4096;

/// The whole pages of `length` bytes from `address` on.
fn pages(address: usize, length: usize) -> Range<usize> {
    let end = address.saturating_add(length);
    address..end.checked_next_multiple_of(PAGE).unwrap_or(end)
}

/// Whether memory from before the fork point is in `range`, in an execution.
fn is_kept(range: &Range<usize>) -> bool {
    hot::is_virtual() && with(|e| e.outside.mappings.is_kept(range))
}

/// Gives libc's form of a result that is an address.
fn address_or_failed(result: isize) -> *mut c_void {
    std::ptr::with_exposed_provenance_mut(sys::libc_result(result).cast_unsigned())
}

/// `mmap(2)`.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn mmap(
    address: *mut c_void,
    length: usize,
    protection: c_int,
    flags: c_int,
    fd: c_int,
    offset: i64,
) -> *mut c_void {
    let wanted = address.expose_provenance();
    if flags & libc::MAP_FIXED != 0 && is_kept(&pages(wanted, length)) {
        // What is there could not be put back.
        return address_or_failed(-(libc::ENOMEM as isize));
    }
    let arguments = [
        wanted,
        length,
        protection as usize,
        flags as usize,
        fd as usize,
        offset as usize,
    ];
    // SAFETY: As the caller promises.
    let result = unsafe { sys::call(libc::SYS_mmap, arguments) };
    if result > 0 && hot::is_virtual() {
        let range = pages(result.cast_unsigned(), length);
        let is_private = flags & libc::MAP_TYPE == libc::MAP_PRIVATE;
        with(|e| {
            if flags & libc::MAP_FIXED != 0 {
                e.detector.unmapped(range.start, range.len());
            }
            e.inside(|e| e.outside.mappings.made(range.clone(), is_private));
        });
    }
    address_or_failed(result)
}

/// `mmap64(3)`.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn mmap64(
    address: *mut c_void,
    length: usize,
    protection: c_int,
    flags: c_int,
    fd: c_int,
    offset: i64,
) -> *mut c_void {
    // SAFETY: As the caller promises.
    unsafe { mmap(address, length, protection, flags, fd, offset) }
}

/// `munmap(2)`. Memory from before the fork point becomes inaccessible instead.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn munmap(address: *mut c_void, length: usize) -> c_int {
    let range = pages(address.expose_provenance(), length);
    let result = if is_kept(&range) {
        // SAFETY: As the caller promises: nobody accesses it any more.
        unsafe { protect(&range, libc::PROT_NONE) }
    } else {
        // SAFETY: As the caller promises.
        unsafe { sys::call(libc::SYS_munmap, [range.start, length]) }
    };
    if result == 0 && hot::is_virtual() {
        with(|e| {
            e.detector.unmapped(range.start, range.len());
            e.inside(|e| e.outside.mappings.gone(&range));
        });
    }
    sys::libc_result(result) as c_int
}

/// `mprotect(2)`.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn mprotect(
    address: *mut c_void,
    length: usize,
    protection: c_int,
) -> c_int {
    let range = pages(address.expose_provenance(), length);
    // SAFETY: As the caller promises.
    sys::libc_result(unsafe { protect(&range, protection) }) as c_int
}

/// Changes a protection; of memory from before the fork point, until the end of the execution.
///
/// # Safety
///
/// As of `mprotect`.
unsafe fn protect(range: &Range<usize>, protection: c_int) -> isize {
    if is_kept(range) {
        with(|e| e.inside(|e| e.outside.mappings.protected(range)));
    }
    let arguments = [range.start, range.len(), protection as usize];
    // SAFETY: As the caller promises.
    unsafe { sys::call(libc::SYS_mprotect, arguments) }
}

/// `mremap(2)`. Memory from before the fork point stays where it is.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn mremap(
    old: *mut c_void,
    old_length: usize,
    length: usize,
    flags: c_int,
    wanted: *mut c_void,
) -> *mut c_void {
    let from = pages(old.expose_provenance(), old_length);
    if is_kept(&from) {
        return address_or_failed(-(libc::ENOMEM as isize));
    }
    let arguments = [
        from.start,
        old_length,
        length,
        flags as usize,
        wanted.expose_provenance(),
    ];
    // SAFETY: As the caller promises.
    let result = unsafe { sys::call(libc::SYS_mremap, arguments) };
    if result > 0 && hot::is_virtual() {
        let to = pages(result.cast_unsigned(), length);
        with(|e| {
            e.detector.unmapped(from.start, from.len());
            e.inside(|e| {
                e.outside.mappings.gone(&from);
                e.outside.mappings.made(to.clone(), true);
            });
        });
    }
    address_or_failed(result)
}

/// `madvise(2)`.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn madvise(
    address: *mut c_void,
    length: usize,
    advice: c_int,
) -> c_int {
    let range = pages(address.expose_provenance(), length);
    let forgets = advice == libc::MADV_DONTNEED;
    let result = if forgets && is_kept(&range) {
        // The pages may be those of the image, and would then not be zero.
        // SAFETY: As the caller promises: the contents may go.
        unsafe { address.cast::<u8>().write_bytes(0, range.len()) };
        0
    } else {
        // SAFETY: As the caller promises.
        unsafe { sys::call(libc::SYS_madvise, [range.start, length, advice as usize]) }
    };
    if result == 0 && forgets && hot::is_running() {
        with(|e| e.detector.unmapped(range.start, range.len()));
    }
    sys::libc_result(result) as c_int
}
