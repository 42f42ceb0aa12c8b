//! Finds the source lines of return addresses in the program's own debug information.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::c_void;

use crate::sanitizer::Frame;

std::thread_local! {
    // The same race is reported again and again.
    static KNOWN: RefCell<HashMap<usize, Vec<Frame>>> = RefCell::new(HashMap::new());
}

/// The frames that the call before `address` stands for: more than one where
/// functions were inlined, innermost first.
pub(super) fn frames(address: *mut c_void) -> Vec<Frame> {
    KNOWN.with_borrow_mut(|known| {
        known
            .entry(address.addr())
            .or_insert_with(|| look_up(address))
            .clone()
    })
}

fn look_up(address: *mut c_void) -> Vec<Frame> {
    let mut frames = Vec::new();
    backtrace::resolve(address, |symbol| {
        frames.push(Frame {
            function: symbol
                .name()
                .map(|name| format!("{name:#}"))
                .unwrap_or_default(),
            file: symbol
                .filename()
                .map(|file| file.display().to_string())
                .unwrap_or_default(),
            line: symbol.lineno().unwrap_or(0),
            column: symbol.colno().unwrap_or(0),
        });
    });
    frames
}
