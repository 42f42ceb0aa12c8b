//! The Rust toolchain and the machine: what instrumented programs are made with and run
//! on, and what is missing for that.
//!
//! - `find`: the toolchain of a folder or of a link, with its LLVM.
//! - `missing`: what may be missing, in words. `machine`: processor and libc.
//!   `checks`: all of it, for `cargo jostle doctor`.
//! - `prepare`: instruments the standard library ahead of time, for `cargo jostle setup`.
//! - `runtime`: where the runtime is, or how it is built.
//! - `directory`: where files are kept between builds.

mod checks;
mod directory;
mod find;
mod machine;
mod missing;
mod prepare;
mod runtime;

pub(crate) use checks::{Check, checks};
pub(crate) use directory::cache_dir;
pub(crate) use find::Toolchain;
pub(crate) use missing::Missing;
pub(crate) use prepare::{Prepared, prepare};
pub(crate) use runtime::{built_runtime, runtime};

/// The one target that programs can be instrumented for.
pub(crate) const TARGET: &str = "x86_64-unknown-linux-gnu";
