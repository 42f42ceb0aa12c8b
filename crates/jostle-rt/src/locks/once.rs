//! `pthread_once_t`.

use std::ffi::c_int;

use crate::engine::gate::Gates;

/// A one-time initialization, as glibc lays it out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub(crate) struct Once(c_int);

const IDLE: c_int = 0;
const RUNNING: c_int = 1;
const DONE: c_int = 2;

impl Once {
    pub(crate) fn is_done(self) -> bool {
        self.0 & DONE != 0
    }

    /// Shut while somebody runs the initialization.
    pub(crate) fn gates(self) -> Gates {
        Gates::single(self.is_done() || self.0 & RUNNING == 0)
    }

    pub(crate) fn begin(&mut self) {
        self.0 = RUNNING;
    }

    /// The initialization has ended; `done` unless it was unwound.
    pub(crate) fn end(&mut self, done: bool) {
        self.0 = if done { DONE } else { IDLE };
    }
}
