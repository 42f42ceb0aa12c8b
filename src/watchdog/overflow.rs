//! Reports the task whose stack has overflowed.
//!
//! Below the stack of every task lies a page that must not be touched. The fault that touching
//! it causes is delivered on another stack, to a handler in front of those that were there
//! before (of std, of a sanitizer, of a fuzzer). The address of the fault tells the stack, and
//! the label of the stack the task. Any other fault is passed on as if the handler were not
//! there.

use std::fmt::Write;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::rt::sys::{self, AlternateStack, Disposition, Signal};
use crate::rt::thread_status::ThreadStatus;
use crate::watchdog::exit::Action;
use crate::watchdog::stderr::Stderr;
use crate::watchdog::{backtrace, message};

/// The handlers that were there before, for the signals of [`SIGNALS`].
static BEFORE: OnceLock<[Disposition; 2]> = OnceLock::new();

const SIGNALS: [libc::c_int; 2] = [libc::SIGSEGV, libc::SIGBUS];

/// Puts the handler in front of the present ones. To be called once.
pub(crate) fn install() {
    BEFORE.get_or_init(|| SIGNALS.map(Disposition::of));
    for signal in SIGNALS {
        Disposition::by::<OnFault>(true).set(signal);
    }
}

/// The signal handler.
struct OnFault;

impl sys::Handle for OnFault {
    fn handle(signal: &Signal<'_>) {
        let status = ThreadStatus::existing();
        let overflown = status.and_then(|status| {
            let label = status.label()?;
            (signal.is_fault() && label.guard_range().contains(&signal.address()))
                .then_some((status, label))
        });
        if let Some((status, label)) = overflown {
            let _ = message::overflow(&mut Stderr, status, label.stack());
            if let exit @ Action::Exit(_) = Action::chosen() {
                // A fuzzer prints the stack itself.
                have_located(signal.instruction());
                exit.take()
            }
        }
        pass_on(signal);
        if overflown.is_some() && !Disposition::of(signal.number()).is_handler() {
            // The handler before us has taken itself away, as std's does, or there
            // was none. A fuzzer keeps the input of an abort.
            Action::Abort.take()
        }
    }
}

/// Does with the signal what would have been done without our handler.
fn pass_on(signal: &Signal<'_>) {
    let at = SIGNALS.iter().position(|&s| s == signal.number());
    if let (Some(at), Some(before)) = (at, BEFORE.get()) {
        before[at].take(signal);
    }
}

/// The instruction at which a stack has overflowed, until the watchdog has said
/// where that is; see [`locate`].
static OVERFLOWN_AT: AtomicUsize = AtomicUsize::new(0);

/// Looking up a name takes more than a handler may do, and more stack than it
/// has: waits for the watchdog to do it, which looks this often for this long.
fn have_located(instruction: Option<usize>) {
    let Some(instruction) = instruction else {
        return;
    };
    OVERFLOWN_AT.store(instruction, Ordering::Release);
    for _ in 0..300 {
        if OVERFLOWN_AT.load(Ordering::Acquire) == 0 {
            return;
        }
        // `nanosleep`, which a handler may call.
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Called by the watchdog: says in which function a stack has overflowed, if one
/// has.
pub(crate) fn locate() {
    let instruction = OVERFLOWN_AT.load(Ordering::Acquire);
    if instruction != 0 {
        let _ = Stderr.write_str(&backtrace::describe(&[instruction + 1]));
        OVERFLOWN_AT.store(0, Ordering::Release);
    }
}

/// Gives this OS thread an alternate stack for signal handlers, unless it has
/// one, as threads of std and threads under a sanitizer do.
pub(crate) fn prepare_thread() {
    std::thread_local! {
        static STACK: Option<AlternateStack> = AlternateStack::install_if_none();
    }
    STACK.with(|_| ());
}
