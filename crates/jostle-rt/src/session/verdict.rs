//! What the way in which an execution ended means.

use jostle_core::finding::{Finding, Kind};

use crate::carrier::stack;
use crate::engine;
use crate::engine::end::End;
use crate::hot;
use crate::session::panics;

/// The finding, if the end is one by itself and no race.
pub(crate) fn of(end: &End) -> Option<Finding> {
    match end {
        End::Fork | End::Stopped | End::Endless | End::Race | End::Broken(_) | End::Exit(0) => None,
        End::Exit(code) => Some(panics::cause().unwrap_or_else(|| {
            Finding::new(
                Kind::Exit,
                format!("the program ended with exit code {code}"),
            )
        })),
        End::Abort => Some(
            panics::cause()
                .unwrap_or_else(|| Finding::new(Kind::Abort, "the program aborted".to_owned())),
        ),
        End::Signal { signal, address } => {
            let what = match address {
                _ if stack::is_stack(*address) => "stack overflow".to_owned(),
                _ => format!("{} ended the program", name(*signal)),
            };
            Some(here(Kind::Crash, what))
        }
        End::Stuck => Some(here(
            Kind::Stall,
            "the program does not come to a scheduling point for seconds: a long \
             computation, or a loop that nothing can be seen of"
                .to_owned(),
        )),
        End::Found(finding) => Some((**finding).clone()),
    }
}

/// A finding of the thread that ran last, at the innermost of its calls.
fn here(kind: Kind, what: String) -> Finding {
    let mut finding = Finding::new(kind, what);
    engine::with(|e| {
        finding.task = e.threads.row(hot::slot()).task;
        if let Some(call) = hot::calls().last() {
            finding.place = Some(e.site(call.pc).into());
        }
    });
    finding
}

/// A signal in words.
fn name(signal: i32) -> String {
    let known = match signal {
        libc::SIGSEGV => "SIGSEGV (an access to memory that is not there)",
        libc::SIGBUS => "SIGBUS (an access to memory that cannot be had)",
        libc::SIGILL => "SIGILL (an illegal instruction)",
        libc::SIGFPE => "SIGFPE (a division by zero or the like)",
        libc::SIGTRAP => "SIGTRAP (a breakpoint)",
        libc::SIGSYS => "SIGSYS (a system call that is not allowed)",
        libc::SIGABRT => "SIGABRT",
        libc::SIGTERM => "SIGTERM",
        libc::SIGKILL => "SIGKILL",
        libc::SIGINT => "SIGINT",
        libc::SIGHUP => "SIGHUP",
        libc::SIGPIPE => "SIGPIPE",
        libc::SIGALRM => "SIGALRM",
        _ => return format!("signal {signal}"),
    };
    known.to_owned()
}
