//! Prints from signal handlers: without a lock, without an allocation, and without a buffer,
//! since an alternate stack may have no more than a few kilobytes.

use std::fmt;

use crate::rt::sys;

/// Standard error without a buffer.
pub(crate) struct Stderr;

impl fmt::Write for Stderr {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text.as_bytes();
        while !rest.is_empty() {
            match sys::write_stderr(rest) {
                0 => return Err(fmt::Error),
                n => rest = &rest[n..],
            }
        }
        Ok(())
    }
}
