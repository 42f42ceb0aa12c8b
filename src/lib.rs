#![doc = include_str!("../README.md")]
#![deny(unsafe_code)]

mod backend;
mod rt;
mod sanitizer;

pub mod guard;
pub mod scenario;

pub mod go;
pub mod hint;
pub mod sync;
pub mod task;
pub mod thread;
pub mod time;

pub mod fuzz;
pub mod testing;

#[cfg(feature = "cli")]
pub mod cli;

pub use backend::{FiberBackend, Fibers};
pub use jostle_macros::scenario;

/// The crate whose `Arbitrary` makes the arguments of scenarios.
pub use arbitrary;

/// For the code that `#[jostle::scenario]` makes.
#[doc(hidden)]
pub mod __private {
    pub use crate::scenario::registry::SCENARIOS;
    pub use jostle_core::finding::Kind;
    pub use jostle_core::op::Site;
    pub use jostle_core::subject::{Expect, Options, Subject};
    pub use linkme;
}
