//! Decides how the process exits after a watchdog report.

use std::process;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::rt::sys;

/// How the process ends after a report.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// With this code.
    Exit(u8),
    /// As a crash, so that a fuzzer keeps the input.
    Abort,
}

/// The chosen action: a code, or -1 to abort.
static ACTION: AtomicI64 = AtomicI64::new(1);

impl Action {
    pub(crate) fn chosen() -> Action {
        match u8::try_from(ACTION.load(Ordering::Relaxed)) {
            Ok(code) => Action::Exit(code),
            Err(_) => Action::Abort,
        }
    }

    /// Ends the process. A signal handler may call it, so no destructor and no
    /// exit handler is run.
    pub(crate) fn take(self) -> ! {
        match self {
            Action::Exit(code) => sys::exit(code),
            Action::Abort => process::abort(),
        }
    }
}

/// Chooses how the process ends after a report. Unless told
/// otherwise, it exits with code 1.
pub fn on_stall(action: Action) {
    let code = match action {
        Action::Exit(code) => i64::from(code),
        Action::Abort => -1,
    };
    ACTION.store(code, Ordering::Relaxed);
}
