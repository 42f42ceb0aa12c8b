//! What the way in which an execution ended means.

use jostle_core::finding::{Finding, Kind};
use jostle_core::kernel::Kernel;

use crate::engine::end::End;
use crate::engine::{self};
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
                0 => format!("signal {signal}"),
                _ => format!("signal {signal} at an access to memory"),
            };
            Some(Finding::new(Kind::Panic, what))
        }
        End::Found(finding) => Some((**finding).clone()),
        End::Race => engine::with(|e| e.race_finding()),
    }
}
