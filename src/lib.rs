//! Jostle makes the scheduler the fuzz input.

#![deny(unsafe_code)]

extern crate self as jostle;

pub mod decision;
pub mod id;
pub mod vtime;

pub mod budget;
pub mod op;
pub mod ready;

pub mod finding;
pub mod snapshot;
pub mod strategy;

pub mod input;
pub mod oracle;
pub mod scenario;
pub mod trace;

pub mod report;
mod rt;

pub mod guard;

pub mod go;
pub mod hint;
pub mod sync;
pub mod task;
pub mod thread;
pub mod time;

pub mod campaign;
pub mod present;
// Registering a scenario puts a static into a section of the linker, which inside
// this crate counts as unsafe code.
#[cfg(feature = "catalogue")]
#[allow(unsafe_code)]
mod scenarios;

#[cfg(feature = "cli")]
pub mod cli;
pub mod fuzz;
pub mod testing;

pub use jostle_macros::scenario;
pub use rt::{Executor, Outcome, Plan};

/// The crate whose `Arbitrary` makes the arguments of scenarios.
pub use arbitrary;

/// For the code that `#[jostle::scenario]` makes.
#[doc(hidden)]
pub mod __private {
    pub use crate::scenario::registry::SCENARIOS;
    pub use linkme;
}
