//! The Rust toolchain and the machine: what instrumented programs are made with and run
//! on, and what is missing for that.
//!
//! - `find`: the toolchain of a folder or of a link, with its LLVM.
//! - `missing`: what may be missing, in words. `machine`: processor and libc.
//! - `runtime`: where the runtime is, or how it is built.
//! - `directory`: where files are kept between builds. `store`: how they are written.
//!
//! Nothing here knows of the linker, which builds on it.

mod directory;
mod find;
pub(crate) mod machine;
mod missing;
mod runtime;
pub(crate) mod store;

pub(crate) use directory::cache_dir;
pub(crate) use find::Toolchain;
pub(crate) use missing::Missing;
pub(crate) use runtime::{built_runtime, runtime};

/// The one target that programs can be instrumented for.
pub(crate) const TARGET: &str = "x86_64-unknown-linux-gnu";
