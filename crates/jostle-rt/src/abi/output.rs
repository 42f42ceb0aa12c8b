//! What the program writes.

#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};
use std::slice;

use crate::engine::with;
use crate::hot::{self, Phase};
use crate::session::{descriptors, panics};
use crate::sys;

/// `write(2)`. What a program under control prints is kept and not shown.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn write(fd: c_int, at: *const c_void, size: usize) -> isize {
    let fd = match hot::phase() {
        Phase::Start | Phase::Harness | Phase::Run if fd == 1 || fd == 2 => {
            // SAFETY: The caller gives that many bytes.
            let bytes = unsafe { slice::from_raw_parts(at.cast::<u8>(), size) };
            with(|e| {
                let task = e.threads.row(hot::slot()).task;
                e.inside(|_| panics::printed(bytes, task));
            });
            return size as isize;
        }
        Phase::Root => descriptors::own(fd),
        _ => fd,
    };
    // SAFETY: As the caller promises.
    let result = unsafe { sys::call(libc::SYS_write, [fd as usize, at.addr(), size]) };
    sys::libc_result(result)
}
