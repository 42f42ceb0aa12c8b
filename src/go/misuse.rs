//! Panics with Go's words where Go answers a misuse with a panic or a fatal error.

use crate::rt;

/// Panics with Go's words, except while the execution is torn down: destructors
/// run then that the program would never have reached, and they do not misuse
/// anything by it.
#[track_caller]
pub(super) fn misuse(message: &'static str) {
    if !rt::is_teardown() {
        rt::misuse(message);
    }
}
