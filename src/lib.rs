#![doc = include_str!("../README.md")]
//!
//! # Cargo features
//!
//! No feature is on by default, and tests of scenarios need none.
//!
//! - `cli`: the `jostle` command for the scenarios of a program, by `jostle::main!()`.
#![deny(unsafe_code)]

mod backend;
#[cfg(feature = "cli")]
mod cli;
mod fuzz;
mod rt;
mod sanitizer;
mod watchdog;

pub mod scenario;

pub mod go;
pub mod hint;
pub mod sync;
pub mod task;
pub mod thread;
pub mod time;

pub mod testing;

pub use backend::{FiberBackend, Fibers};
pub use jostle_macros::scenario;

/// The crate whose `Arbitrary` makes the arguments of scenarios.
pub use arbitrary;

/// For the code that macros of this crate expand to, and for tests of the watchdog. None of
/// it is stable.
#[doc(hidden)]
pub mod __private {
    #[cfg(feature = "cli")]
    pub use crate::cli::main;
    pub use crate::scenario::registry::SCENARIOS;
    pub use jostle_core::finding::Kind;
    pub use jostle_core::op::Site;
    pub use jostle_core::subject::{Expect, Options, Subject};
    pub use linkme;

    pub mod fuzz {
        pub use crate::fuzz::{begin, cross, mutate, one_input};
    }

    pub mod watchdog {
        pub use crate::watchdog::{Action, on_stall, start, subject};
    }
}
