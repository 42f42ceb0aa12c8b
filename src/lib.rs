#![doc = include_str!("../README.md")]
//!
//! # Crate layout
//!
//! From the bottom up; a module imports only modules of the rows above it in this
//! table, and a test keeps it so.
//!
//! | modules | what they are |
//! | --- | --- |
//! | [`decision`], [`id`], [`vtime`] | choices, numbers of tasks and objects, virtual time |
//! | [`budget`], [`op`], [`ready`] | limits, operations, sets of tasks |
//! | [`class`], [`finding`], [`history`], [`snapshot`] | what corresponds in two executions; what oracles see and say; what one execution did |
//! | [`coverage`], [`strategy`] | what there is to be seen in an execution; who goes on |
//! | [`input`], [`oracle`], [`mod@scenario`], [`trace`] | what drives an execution, judges it, names it, records it |
//! | [`explain`] | what decides whether an execution fails |
//! | [`keep`], [`mod@minimize`], [`report`], `rt`, [`search`] | schedules in words; smaller failures; findings as text; the runtime; the next input, from what earlier ones did |
//! | [`mod@go`], [`guard`], [`hint`], [`sync`], [`task`], [`thread`], [`time`] | what scenarios are written with, and what keeps them from hanging |
//! | [`campaign`], `scenarios` | many executions; the catalogue |
//! | [`verify`] | every behaviour of a small scenario |
//! | [`present`] | findings on the way out |
//! | `cli`, [`fuzz`], [`testing`] | the command, the fuzz target, `cargo test` |

#![deny(unsafe_code)]

// The catalogue is written as in a crate that uses this one, and also built as one: see
// fuzz/catalogue.
#[cfg(feature = "catalogue")]
extern crate self as jostle;

pub mod decision;
pub mod hash;
pub mod id;
mod sanitizer;
pub mod vtime;

pub mod budget;
pub mod op;
pub mod ready;

pub mod class;
pub mod finding;
pub mod history;
pub mod snapshot;

pub mod coverage;
pub mod strategy;

pub mod input;
pub mod oracle;
pub mod scenario;
pub mod trace;

pub mod explain;

pub mod keep;
pub mod minimize;
pub mod report;
mod rt;
pub mod search;

pub mod guard;

pub mod go;
pub mod hint;
pub mod sync;
pub mod task;
pub mod thread;
pub mod time;

pub mod campaign;
pub mod verify;

pub mod present;
// Registering a scenario puts a static into a section of the linker, which inside
// this crate is no safe code.
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
