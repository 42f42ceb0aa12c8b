//! Ends executions whose code never comes to the runtime: a spin loop in C or in assembly, a
//! computation without end.
//!
//! A timer on processor time looks, ten times in a second, whether the program has come to a
//! scheduling point or has accessed memory. After some seconds without either the execution
//! is over; after twice as many, if memory is all that it accesses. It is a signal that
//! programs do not use, on the stack for handlers.

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

/// Ten seconds.
const MOST_WITH_ACCESSES: u32 = 100;

/// What was seen last, and how often in a row.
#[derive(Clone, Copy)]
struct Look {
    points: u64,
    accesses: u32,
    same_points: u32,
    same_accesses: u32,
}

const NOTHING: Look = Look {
    points: 0,
    accesses: 0,
    same_points: 0,
    same_accesses: 0,
};

/// See `Look`.
struct Seen(Cell<Look>);

// SAFETY: The handler uses it, in a session, in which there is one OS thread.
unsafe impl Sync for Seen {}

static SEEN: Seen = Seen(Cell::new(NOTHING));

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
        SEEN.0.set(NOTHING);
        return;
    }
    let (points, accesses) = hot::progress();
    let before = SEEN.0.get();
    let now = match (points == before.points, accesses == before.accesses) {
        (true, same) => Look {
            points,
            accesses,
            same_points: before.same_points + 1,
            same_accesses: if same { before.same_accesses + 1 } else { 0 },
        },
        (false, _) => Look {
            points,
            accesses,
            ..NOTHING
        },
    };
    SEEN.0.set(now);
    if now.same_accesses >= MOST || now.same_points >= MOST_WITH_ACCESSES {
        SEEN.0.set(NOTHING);
        with(|e| e.leave(End::Stuck));
    }
}
