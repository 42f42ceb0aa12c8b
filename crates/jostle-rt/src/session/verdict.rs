//! What the way in which an execution ended means.

use jostle_core::finding::{Finding, Kind};
use jostle_core::kernel::Kernel;

use crate::carrier::stack;
use crate::engine::end::End;
use crate::engine::{self};
use crate::hot;
use crate::session::panics;

/// The finding, if the end is one by itself.
pub(crate) fn of(end: &End, kernel: &Kernel) -> Option<Finding> {
    let _ = kernel;
    match end {
        End::Fork | End::Stopped | End::Broken(_) | End::Exit(0) => None,
        End::Exit(code) => Some(panics::cause().unwrap_or_else(|| {
            Finding::new(
                Kind::Panic,
                format!("the program ended with exit code {code}"),
            )
        })),
        End::Abort => Some(
            panics::cause()
                .unwrap_or_else(|| Finding::new(Kind::Panic, "the program aborted".to_owned())),
        ),
        End::Signal { signal, address } => {
            let what = match address {
                _ if stack::is_stack(*address) => "stack overflow".to_owned(),
                0 => format!("the program ended with {}", name(*signal)),
                _ => format!("{} at an access to memory", name(*signal)),
            };
            Some(here(what))
        }
        End::Stuck => Some(here(
            "the program does not come to a scheduling point for seconds: a long \
             computation, or a loop that nothing can be seen of"
                .to_owned(),
        )),
        End::Found(finding) => Some((**finding).clone()),
        End::Race => engine::with(|e| e.race_finding()),
    }
}

/// A finding of the thread that ran last, at the innermost of its calls.
fn here(what: String) -> Finding {
    let mut finding = Finding::new(Kind::Panic, what);
    engine::with(|e| {
        finding.task = e.threads.row(hot::slot()).task;
        if let Some(call) = hot::calls().last() {
            finding.place = Some(e.site(call.pc).into());
        }
    });
    finding
}

/// The name of a signal.
fn name(signal: i32) -> String {
    match signal {
        libc::SIGSEGV => "a fault of memory (SIGSEGV)".to_owned(),
        libc::SIGBUS => "a fault of memory (SIGBUS)".to_owned(),
        libc::SIGILL => "an illegal instruction (SIGILL)".to_owned(),
        libc::SIGFPE => "a fault of arithmetic (SIGFPE)".to_owned(),
        libc::SIGTRAP => "a trap (SIGTRAP)".to_owned(),
        libc::SIGSYS => "a bad system call (SIGSYS)".to_owned(),
        libc::SIGTERM => "SIGTERM".to_owned(),
        libc::SIGINT => "SIGINT".to_owned(),
        libc::SIGKILL => "SIGKILL".to_owned(),
        other => format!("signal {other}"),
    }
}
