//! Notices that a scenario has stopped making steps, says which task is to
//! blame and where it is, and ends the process.
//!
//! A task that loops without reaching a scheduling point, or that waits in a
//! real lock, holds up the only OS thread that could run anything else. Nothing
//! inside the execution can notice; a second OS thread can.

use std::fmt::Write;
use std::process;
use std::sync::Once;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use crate::guard::message::{self, STALL_SECONDS, Stalled};
use crate::guard::proc::{self, Look};
use crate::guard::progress::{Progress, Stall};
use crate::guard::stderr::Stderr;
use crate::guard::{frames, interrupt, overflow};
use crate::rt::pulse::{Pulse, Subject};
use crate::rt::sys;
use jostle_report::settings;

/// How the process ends after a guard has spoken.
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

/// Chooses how the process ends after a guard has spoken. Unless told
/// otherwise, it exits with code 1.
pub fn on_stall(action: Action) {
    let code = match action {
        Action::Exit(code) => i64::from(code),
        Action::Abort => -1,
    };
    ACTION.store(code, Ordering::Relaxed);
}

/// Says what the calling OS thread executes from now on, and with which campaign
/// seed. To be called on every OS thread that executes scenarios, outside an
/// execution; a whole chunk of executions needs one call.
pub fn subject(subject: &jostle_core::subject::Subject, campaign_seed: Option<u64>) {
    overflow::prepare_thread();
    Pulse::of_this_thread().set_subject(Subject {
        scenario: subject.name,
        site: subject.site,
        campaign_seed,
    });
}

/// Starts the guards of this process, once: the watchdog's OS thread, and the
/// handler that names the task whose stack has overflowed.
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

/// What is allowed unless the environment says otherwise. It is longer than any
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
    let mut watched: Vec<(&'static Pulse, Progress)> = Vec::new();
    loop {
        std::thread::sleep(tick);
        overflow::locate();
        // Pulses are only ever added. One that another thread has taken over has beaten.
        let new = Pulse::all().skip(watched.len());
        watched.extend(new.map(|pulse| (pulse, Progress::default())));
        for (pulse, progress) in &mut watched {
            let beats = pulse.read();
            let look = match beats {
                Some(_) => proc::look(pulse.os_thread_id()),
                None => None,
            };
            let (beats, look) = match look {
                Some(look) => (beats, look),
                None => (None, NOTHING),
            };
            if let Some(how) = progress.tick(beats, look, tick, clock_tick, limit) {
                report(pulse, how, limit);
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
fn report(pulse: &'static Pulse, how: Stall, limit: Duration) -> ! {
    let thread = pulse.os_thread_id();
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
    let _ = message::stall(&mut text, pulse, &stalled);
    let _ = Stderr.write_str(&text);
    let addresses = interrupt::ask(thread);
    // Looking up names takes locks and memory: it comes after everything that is
    // known without.
    if !addresses.is_empty() {
        let _ = Stderr.write_str(&frames::describe(&addresses));
    }
    interrupt::end()
}
