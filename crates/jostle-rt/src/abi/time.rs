//! Clocks and sleeps: virtual time.
//!
//! Time stands still while threads run, but for a little that passes with each look at a
//! clock. Both clocks begin at fixed moments, so that what a program prints is the same in
//! every process.

#![allow(unsafe_code)]

use std::cell::Cell;
use std::ffi::{c_int, c_uint, c_void};
use std::time::Duration;

use jostle_core::op::OpKind;
use jostle_core::vtime::VInstant;

use crate::abi::with_return_address;
use crate::engine::point::point;
use crate::engine::{wait, with};
use crate::hot::{self, Phase};
use crate::sys;

const SECOND: u64 = 1_000_000_000;

/// What the monotonic clock shows at the start of the program: a machine that was started a
/// while ago.
const MONOTONIC: u64 = 10_000 * SECOND;

/// What the clock of the day shows then: 14 November 2023, 22:13:20 UTC.
const REALTIME: u64 = 1_700_000_000 * SECOND;

/// What passes with each look at a clock.
const LOOK: Duration = Duration::from_nanos(100);

/// Time that passed before the fork point.
struct Before(Cell<u64>);

// SAFETY: Used in a session only, in which there is one OS thread.
unsafe impl Sync for Before {}

static BEFORE: Before = Before(Cell::new(0));

/// Virtual time of this execution.
pub(crate) fn now() -> VInstant {
    match hot::phase() {
        Phase::Harness | Phase::Run => with(|e| e.kernel().now()),
        _ => VInstant::START,
    }
}

/// What a clock shows, in nanoseconds.
fn show(clock: libc::clockid_t) -> u64 {
    let since = match hot::phase() {
        Phase::Harness | Phase::Run => with(|e| {
            if hot::is_watched() {
                e.kernel().elapse(LOOK);
                e.standstill.effect();
            }
            e.kernel().now().0
        }),
        _ => {
            BEFORE.0.set(BEFORE.0.get() + LOOK.as_nanos() as u64);
            0
        }
    };
    base(clock) + since
}

/// What a clock shows at the fork point.
fn base(clock: libc::clockid_t) -> u64 {
    let base = match clock {
        libc::CLOCK_REALTIME | libc::CLOCK_REALTIME_COARSE | libc::CLOCK_TAI => REALTIME,
        libc::CLOCK_PROCESS_CPUTIME_ID | libc::CLOCK_THREAD_CPUTIME_ID => 0,
        _ => MONOTONIC,
    };
    base + BEFORE.0.get()
}

/// The moment so long from now.
pub(crate) fn after(by: &libc::timespec) -> VInstant {
    now().after(Duration::from_nanos(nanoseconds(by)))
}

/// The moment at which a clock shows this.
pub(crate) fn at(clock: libc::clockid_t, moment: &libc::timespec) -> VInstant {
    VInstant(nanoseconds(moment).saturating_sub(base(clock)))
}

fn nanoseconds(time: &libc::timespec) -> u64 {
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let rest = u64::try_from(time.tv_nsec).unwrap_or(0);
    seconds.saturating_mul(SECOND).saturating_add(rest)
}

/// `clock_gettime(2)`.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn clock_gettime(
    clock: libc::clockid_t,
    time: *mut libc::timespec,
) -> c_int {
    if !hot::is_virtual() {
        // SAFETY: As the caller promises.
        let result = unsafe { sys::call(libc::SYS_clock_gettime, [clock as usize, time.addr()]) };
        return sys::libc_result(result) as c_int;
    }
    let shown = show(clock);
    // SAFETY: The caller gives room for it.
    unsafe {
        time.write(libc::timespec {
            tv_sec: (shown / SECOND) as libc::time_t,
            tv_nsec: (shown % SECOND) as libc::c_long,
        });
    }
    0
}

/// `gettimeofday(2)`.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn gettimeofday(time: *mut libc::timeval, zone: *mut c_void) -> c_int {
    if !hot::is_virtual() {
        // SAFETY: As the caller promises.
        let result = unsafe { sys::call(libc::SYS_gettimeofday, [time.addr(), zone.addr()]) };
        return sys::libc_result(result) as c_int;
    }
    let shown = show(libc::CLOCK_REALTIME);
    if !time.is_null() {
        // SAFETY: The caller gives room for it.
        unsafe {
            time.write(libc::timeval {
                tv_sec: (shown / SECOND) as libc::time_t,
                tv_usec: (shown % SECOND / 1000) as libc::suseconds_t,
            });
        }
    }
    0
}

/// `time(2)`.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn time(out: *mut libc::time_t) -> libc::time_t {
    if !hot::is_virtual() {
        // SAFETY: As the caller promises.
        return unsafe { sys::call(libc::SYS_time, [out.addr()]) as libc::time_t };
    }
    let shown = (show(libc::CLOCK_REALTIME) / SECOND) as libc::time_t;
    if !out.is_null() {
        // SAFETY: The caller gives room for it.
        unsafe { out.write(shown) };
    }
    shown
}

with_return_address! {
    nanosleep => sleep_for, "rdx";
    clock_nanosleep => sleep_on, "r8";
    usleep => sleep_micros, "rsi";
    sleep => sleep_seconds, "rsi";
}

/// # Safety
///
/// As of `nanosleep`.
pub(super) unsafe extern "C" fn sleep_for(
    time: *const libc::timespec,
    left: *mut libc::timespec,
    pc: usize,
) -> c_int {
    if !hot::is_running() {
        // SAFETY: As the caller promises.
        let result = unsafe { sys::call(libc::SYS_nanosleep, [time.addr(), left.addr()]) };
        return sys::libc_result(result) as c_int;
    }
    // SAFETY: The caller gives it.
    sleep_until(after(unsafe { &*time }), pc);
    0
}

unsafe extern "C" fn sleep_on(
    clock: libc::clockid_t,
    flags: c_int,
    time: *const libc::timespec,
    left: *mut libc::timespec,
    pc: usize,
) -> c_int {
    if !hot::is_running() {
        let arguments = [clock as usize, flags as usize, time.addr(), left.addr()];
        // SAFETY: As the caller promises.
        return -unsafe { sys::call(libc::SYS_clock_nanosleep, arguments) } as c_int;
    }
    // SAFETY: The caller gives it.
    let time = unsafe { &*time };
    let deadline = match flags & libc::TIMER_ABSTIME {
        0 => after(time),
        _ => at(clock, time),
    };
    sleep_until(deadline, pc);
    0
}

extern "C" fn sleep_micros(micros: c_uint, pc: usize) -> c_int {
    sleep_a_while(Duration::from_micros(micros.into()), pc);
    0
}

extern "C" fn sleep_seconds(seconds: c_uint, pc: usize) -> c_uint {
    sleep_a_while(Duration::from_secs(seconds.into()), pc);
    0
}

fn sleep_a_while(duration: Duration, pc: usize) {
    let time = libc::timespec {
        tv_sec: duration.as_secs() as libc::time_t,
        tv_nsec: duration.subsec_nanos().into(),
    };
    // SAFETY: The time is there, and nobody wants what is left of it.
    unsafe { sleep_for(&raw const time, std::ptr::null_mut(), pc) };
}

fn sleep_until(deadline: VInstant, pc: usize) {
    point(OpKind::Sleep, 0, pc);
    if deadline > now() {
        wait::sleep(deadline, pc);
    }
}
