//! Printing from a signal handler: no lock, no allocation, and no buffer either,
//! since an alternate stack may have no more than a few kilobytes.

#![allow(unsafe_code)]

use std::fmt;

/// Standard error without a buffer.
pub(crate) struct Stderr;

impl fmt::Write for Stderr {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text.as_bytes();
        while !rest.is_empty() {
            // SAFETY: `rest` is an initialized slice; `write` reads that many
            // bytes of it.
            let written = unsafe { libc::write(2, rest.as_ptr().cast(), rest.len()) };
            match usize::try_from(written) {
                Ok(n @ 1..) => rest = &rest[n..],
                // Nobody reads any more.
                _ => return Err(fmt::Error),
            }
        }
        Ok(())
    }
}
