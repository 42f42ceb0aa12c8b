//! The environment of the program.
//!
//! libc changes the list in place, and the one that the process began with lies on a stack
//! that is not put back. So the program gets a list in its heap.

#![allow(unsafe_code)]

use std::ffi::{CStr, CString, c_char};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::engine;

unsafe extern "C" {
    static mut environ: *mut *mut c_char;
}

/// Variables that have each panic symbolized, in each execution.
const WITHOUT: [&str; 2] = ["RUST_BACKTRACE", "RUST_LIB_BACKTRACE"];

/// The variable that names the directory for temporary files.
const TEMPORARY: &str = "TMPDIR";

/// Gives the program its list. Returns it, or what there was if there is no memory.
pub(super) fn prepare(temporary: Option<&Path>) -> *mut *mut c_char {
    // SAFETY: No other OS thread is there. The list of libc ends with a null pointer, and the
    // strings live as long as the process.
    unsafe {
        let mut kept: Vec<*mut c_char> = Vec::new();
        let mut at = environ;
        while !at.is_null() && !(*at).is_null() {
            let text = CStr::from_ptr(*at).to_bytes();
            let name = text.split(|b| *b == b'=').next().unwrap_or_default();
            let dropped = WITHOUT.iter().any(|without| without.as_bytes() == name)
                || temporary.is_some() && name == TEMPORARY.as_bytes();
            if !dropped {
                kept.push(*at);
            }
            at = at.add(1);
        }
        let own = temporary.map(|path| [b"TMPDIR=", path.as_os_str().as_bytes()].concat());
        if let Some(own) = own.and_then(|own| CString::new(own).ok()) {
            kept.push(own.into_raw());
        }
        kept.push(std::ptr::null_mut());
        let size = kept.len() * size_of::<*mut c_char>();
        let list = engine::with(|e| e.heap.allocate(size, 16, true)).cast::<*mut c_char>();
        if !list.is_null() {
            list.copy_from_nonoverlapping(kept.as_ptr(), kept.len());
            environ = list;
        }
        environ
    }
}
