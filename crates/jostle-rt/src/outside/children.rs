//! Processes that the program has started.
//!
//! A child runs by itself: to wait for it is no deadlock, and what it does is not replayed
//! bit by bit. One that is left when its execution is over is killed.

#![allow(unsafe_code)]

use crate::sys;

/// The children of this execution that nobody has waited for.
#[derive(Debug, Default)]
pub(crate) struct Children {
    pids: Vec<i32>,
    /// How often somebody has waited for them in real time.
    waits: u32,
}

impl Children {
    /// One was started.
    pub(crate) fn started(&mut self, pid: i32) {
        self.pids.push(pid);
    }

    /// Somebody has waited for its end.
    pub(crate) fn reaped(&mut self, pid: i32) {
        self.pids.retain(|known| *known != pid);
    }

    /// All of them.
    pub(crate) fn pids(&self) -> &[i32] {
        &self.pids
    }

    /// Whether one of them still runs.
    pub(crate) fn any_runs(&self) -> bool {
        self.pids.iter().any(|&pid| runs(pid))
    }

    /// Whether to wait for them in real time once more: not for ever, since a child may be
    /// one that only ends when it is told to.
    pub(crate) fn has_patience(&mut self) -> bool {
        /// Five seconds, in an execution.
        const MOST: u32 = 250;
        self.waits += 1;
        self.waits <= MOST
    }

    /// The execution is over.
    pub(super) fn forget(&mut self) {
        self.waits = 0;
        for pid in self.pids.drain(..) {
            // SAFETY: A child of this process that nobody has waited for, so that its number
            // is not another process's.
            unsafe {
                sys::call(libc::SYS_kill, [pid as usize, libc::SIGKILL as usize]);
                sys::call(libc::SYS_wait4, [pid as usize, 0, 0, 0]);
            }
        }
    }
}

/// Whether a child has not ended.
fn runs(pid: i32) -> bool {
    // SAFETY: All zeros is a value of it.
    let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
    let options = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
    let arguments = [
        libc::P_PID as usize,
        pid as usize,
        (&raw mut info).addr(),
        options as usize,
        0,
    ];
    // SAFETY: There is room for the result; with WNOWAIT it changes nothing.
    let error = unsafe { sys::call(libc::SYS_waitid, arguments) };
    // Signal number 0: nothing to tell.
    error == 0 && info.si_signo == 0
}
