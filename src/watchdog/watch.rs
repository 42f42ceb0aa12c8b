//! Watches executions from another OS thread. When a scenario stops making steps, reports which
//! task is to blame and where it is, and ends the process.
//!
//! A task that loops without reaching a scheduling point, or that waits in a real lock, holds up
//! the only OS thread that could run anything else. Nothing inside the execution can notice
//! that; a second OS thread can.

use std::fmt::Write;
use std::sync::Once;
use std::time::Duration;

use jostle_report::settings;

use crate::rt::sys;
use crate::rt::thread_status::{ThreadStatus, Workload};
use crate::watchdog::message::{self, STALL_SECONDS, Stalled};
use crate::watchdog::proc::{self, Look};
use crate::watchdog::progress::{Progress, Stall};
use crate::watchdog::stderr::Stderr;
use crate::watchdog::{backtrace, overflow, stack_capture};

/// Says what the calling OS thread executes from now on, and with which campaign
/// seed. To be called on every OS thread that executes scenarios, outside an
/// execution; a whole chunk of executions needs one call.
pub fn subject(subject: &jostle_core::subject::Subject, campaign_seed: Option<u64>) {
    overflow::prepare_thread();
    ThreadStatus::of_this_thread().set_workload(Workload {
        scenario: subject.name,
        site: subject.site,
        campaign_seed,
    });
}

/// Starts the watchdog of this process, once: its OS thread, and the signal handler
/// that names the task whose stack has overflowed.
///
/// An execution counts as stalled when a single step has used processor time, or
/// slept, for 10 seconds or for as long as the environment variable
/// `JOSTLE_STALL_SECONDS` says. A machine under load or a debugger does not make
/// that happen sooner.
///
/// Under a fuzzer, call it from the first input on, not while the fuzzer is
/// starting: its own handlers have to be there already.
///
/// # Panics
///
/// If the operating system gives no thread.
pub fn start() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        overflow::install();
        std::thread::Builder::new()
            .name("jostle-watchdog".into())
            .spawn(|| watch(limit().unwrap_or(DEFAULT_LIMIT)))
            .expect("an OS thread for the watchdog");
    });
}

/// The limit unless the environment sets another. It is longer than any
/// step of a scenario by orders of magnitude, sanitizers included.
const DEFAULT_LIMIT: Duration = Duration::from_secs(10);

/// How long a step may take.
///
/// # Errors
///
/// If the environment says what is no time. Whoever executes scenarios asks before, and
/// refuses to.
pub(crate) fn limit() -> Result<Duration, String> {
    let limit = settings::variable(STALL_SECONDS, settings::duration)?;
    Ok(limit.unwrap_or(DEFAULT_LIMIT))
}

/// How often the watchdog looks, in a limit's time.
const LOOKS: u32 = 20;

fn watch(limit: Duration) {
    let tick = limit / LOOKS;
    let clock_tick = sys::clock_tick();
    let mut watched: Vec<(&'static ThreadStatus, Progress)> = Vec::new();
    loop {
        std::thread::sleep(tick);
        overflow::locate();
        // Statuses are only ever added. One that another thread has taken over has a new
        // heartbeat.
        let new = ThreadStatus::all().skip(watched.len());
        watched.extend(new.map(|status| (status, Progress::default())));
        for (status, progress) in &mut watched {
            let beats = status.beats();
            let look = match beats {
                Some(_) => proc::look(status.os_thread_id()),
                None => None,
            };
            let (beats, look) = match look {
                Some(look) => (beats, look),
                None => (None, NOTHING),
            };
            if let Some(how) = progress.tick(beats, look, tick, clock_tick, limit) {
                report(status, how, limit);
            }
        }
    }
}

/// The look at a thread that executes nothing.
const NOTHING: Look = Look {
    state: proc::State::Other,
    used: 0,
};

/// Says what is known of the stalled thread and ends the process.
fn report(status: &'static ThreadStatus, how: Stall, limit: Duration) -> ! {
    let thread = status.os_thread_id();
    // The call has to be asked for first: the interruption ends it.
    let call = match how {
        Stall::Sleeps => proc::system_call(thread),
        Stall::Runs | Stall::Starves => None,
    };
    let stalled = Stalled {
        how,
        seconds: limit.as_secs(),
        call,
    };
    let mut text = String::from("\n");
    let _ = message::stall(&mut text, status, &stalled);
    let _ = Stderr.write_str(&text);
    let addresses = stack_capture::capture(thread);
    // Looking up names takes locks and memory: it comes after everything that is
    // known without.
    if !addresses.is_empty() {
        let _ = Stderr.write_str(&backtrace::describe(&addresses));
    }
    stack_capture::end_process()
}
