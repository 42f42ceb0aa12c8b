//! Writes the reports of the watchdog.
//!
//! The text goes to any [`Write`] and nothing is allocated, since a signal handler may write it.

use std::fmt::{Result, Write};

use crate::rt::thread_status::ThreadStatus;
use crate::watchdog::progress::Stall;
use jostle_core::finding::Kind;

/// A stalled thread, as far as it is known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stalled {
    pub(crate) how: Stall,
    /// For how long, in seconds.
    pub(crate) seconds: u64,
    /// The system call it sleeps in, and what it usually comes from.
    pub(crate) call: Option<(&'static str, &'static str)>,
}

/// The task of `status` makes no more steps.
pub(crate) fn stall(to: &mut impl Write, status: &ThreadStatus, stalled: &Stalled) -> Result {
    let seconds = stalled.seconds;
    let kind = match stalled.how {
        Stall::Runs => Kind::Livelock,
        Stall::Sleeps | Stall::Starves => Kind::Nondeterminism,
    };
    write!(to, "jostle: {kind}: ")?;
    task(to, status)?;
    match (stalled.how, stalled.call) {
        (Stall::Runs, _) => writeln!(
            to,
            " has run for {seconds} s without reaching a scheduling point.\n\
             A loop that waits for another task needs jostle::hint::spin_loop or \
             jostle::thread::yield_now, and has to read what it waits for through \
             jostle::sync::atomic. If it is only slow, allow it more time with \
             {STALL_SECONDS}=<seconds>.",
        ),
        (Stall::Sleeps, Some((name, source))) => writeln!(
            to,
            " has been blocked in a real lock or system call ({name}) for {seconds} s: {source}.\n\
             All tasks share one OS thread, so that nobody can run meanwhile. Use jostle::sync, \
             jostle::thread and jostle::time inside a scenario.",
        ),
        (Stall::Sleeps, None) => writeln!(
            to,
            " has been blocked in a real lock or system call for {seconds} s.\n\
             All tasks share one OS thread, so that nobody can run meanwhile. Use jostle::sync, \
             jostle::thread and jostle::time inside a scenario.",
        ),
        (Stall::Starves, _) => writeln!(
            to,
            " has not reached a scheduling point for a very long time, in which the OS let it \
             neither run nor sleep: the machine is overloaded, swaps, or waits for a disk.",
        ),
    }?;
    circumstances(to, status)
}

/// The environment variable that says after how many seconds without a step an
/// execution counts as stalled.
pub(crate) const STALL_SECONDS: &str = "JOSTLE_STALL_SECONDS";

/// The running task of `status` has overflowed its stack.
pub(crate) fn overflow(to: &mut impl Write, status: &ThreadStatus, stack: usize) -> Result {
    write!(to, "\njostle: panic: ")?;
    task(to, status)?;
    writeln!(
        to,
        " overflowed its stack of {} KiB.\n\
         Find the endless recursion, or raise it with #[jostle::scenario(stack = {})].",
        stack / 1024,
        stack * 4
    )?;
    circumstances(to, status)
}

fn task(to: &mut impl Write, status: &ThreadStatus) -> Result {
    match status.label() {
        Some(label) => write!(to, "{label}"),
        None => to.write_str("the executor"),
    }?;
    match status.workload() {
        Some(s) => write!(to, " of scenario {}", s.scenario),
        None => Ok(()),
    }
}

fn circumstances(to: &mut impl Write, status: &ThreadStatus) -> Result {
    if let Some(s) = status.workload() {
        writeln!(to, "  scenario: {} at {}", s.scenario, s.site)?;
    }
    match status.heartbeat().last_step() {
        Some(s) => writeln!(to, "  last step: {} did {} at {}", s.task, s.kind, s.site),
        None => writeln!(to, "  last step: none was made"),
    }?;
    if let Some((strategy, seed)) = status.input() {
        writeln!(to, "  input: strategy {}, seed {seed}", strategy.name())?;
    }
    if let Some(seed) = status.workload().and_then(|s| s.campaign_seed) {
        writeln!(to, "  campaign seed: {seed}")?;
    }
    Ok(())
}
