//! Ends executions whose code never comes to the runtime: a spin loop in C or in assembly, a
//! computation without end.
//!
//! A timer on processor time looks, ten times in a second, whether the program has made a
//! step or an access to memory. After some seconds without either the execution is over. It
//! is a signal that programs do not use, on the stack for handlers.

#![allow(unsafe_code)]

use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::mem;

use crate::abi::fault;
use crate::engine::end::End;
use crate::engine::with;
use crate::hot;
use crate::sys;

/// The second highest real-time signal.
pub(crate) const SIGNAL: c_int = 63;

const INTERVAL: i64 = 100_000_000;

/// Five seconds.
const MOST: u32 = 50;

/// What was seen last, and how often in a row.
struct Seen(Cell<((u64, u32), u32)>);

// SAFETY: The handler uses it, in a session, in which there is one OS thread.
unsafe impl Sync for Seen {}

static SEEN: Seen = Seen(Cell::new(((0, 0), 0)));

/// Starts the timer.
pub(crate) fn install() {
    fault::handle(SIGNAL, look as *const () as usize, libc::SA_RESTART);
    let every = libc::timespec {
        tv_sec: 0,
        tv_nsec: INTERVAL,
    };
    let times = libc::itimerspec {
        it_interval: every,
        it_value: every,
    };
    let mut timer = 0i32;
    // SAFETY: All zeros is a value of it; the timer is this file's.
    unsafe {
        let mut event: libc::sigevent = mem::zeroed();
        event.sigev_notify = libc::SIGEV_SIGNAL;
        event.sigev_signo = SIGNAL;
        let arguments = [
            libc::CLOCK_PROCESS_CPUTIME_ID as usize,
            (&raw mut event).addr(),
            (&raw mut timer).addr(),
        ];
        if sys::call(libc::SYS_timer_create, arguments) == 0 {
            let arguments = [timer as usize, 0, (&raw const times).addr(), 0];
            sys::call(libc::SYS_timer_settime, arguments);
        }
    }
}

extern "C" fn look(_: c_int, _: *mut libc::siginfo_t, _: *mut c_void) {
    if !hot::is_running() {
        SEEN.0.set(((0, 0), 0));
        return;
    }
    let now = hot::progress();
    let (before, count) = SEEN.0.get();
    let count = match now == before {
        true => count + 1,
        false => 0,
    };
    SEEN.0.set((now, count));
    if count >= MOST {
        SEEN.0.set(((0, 0), 0));
        with(|e| e.leave(End::Stuck));
    }
}
