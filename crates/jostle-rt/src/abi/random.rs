//! Chance: the same random bytes in each execution, and in each process.
//!
//! What a trace holds are choices; random bytes are none, so that they are a function of
//! how many were drawn before.

#![allow(unsafe_code)]

use std::ffi::{c_int, c_uint, c_void};

use jostle_core::hash::mix;

use crate::engine::with;
use crate::hot;
use crate::sys;

/// Fills memory with random bytes.
///
/// # Safety
///
/// It is writable.
pub(crate) unsafe fn fill(at: *mut u8, size: usize) {
    with(|e| {
        for i in 0..size {
            e.random += 1;
            let byte = mix(0x6a6f_7374_6c65, e.random) as u8;
            // SAFETY: As the caller promises.
            unsafe { at.add(i).write(byte) };
        }
    });
}

/// `getrandom(2)`.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn getrandom(at: *mut c_void, size: usize, flags: c_uint) -> isize {
    if hot::is_virtual() {
        // SAFETY: As the caller promises.
        unsafe { fill(at.cast(), size) };
        return size as isize;
    }
    // SAFETY: As the caller promises.
    let result = unsafe { sys::call(libc::SYS_getrandom, [at.addr(), size, flags as usize]) };
    sys::libc_result(result)
}

/// `getentropy(3)`.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn getentropy(at: *mut c_void, size: usize) -> c_int {
    // SAFETY: As the caller promises.
    match unsafe { getrandom(at, size, 0) } {
        -1 => -1,
        _ => 0,
    }
}
