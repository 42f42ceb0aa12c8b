//! What this program does when rustc calls it as linker.
//!
//! With `-Clinker-plugin-lto` rustc leaves LLVM bitcode in its objects, and the
//! precompiled standard library carries bitcode, too. The linker takes it, has the
//! toolchain's own LLVM add the calls of ThreadSanitizer, and links the machine code that
//! comes of it with the runtime that defines these calls. So a program is instrumented,
//! standard library included, by the stable compiler and without a change to its source.
//!
//! - `install`: the name by which rustc finds it. `driver`: one link.
//! - `command`, `response`: the command line.
//! - `instrument`: inputs to instrumented inputs, with `maker` (modules to objects, by
//!   `llvm`), `cache` (on disk, `checksum`, `trim`), `archive` and `bitcode`.
//!   `standard`: what is left alone.
//! - `runtime`: how the runtime is linked. `allocators`, `tokio`: what is redirected.
//! - `facts`, `assembly`: what is learnt on the way. `notes`: the document about it,
//!   and `cautions`: its sentences for the user.
//! - `errors`: where errors are written.
//! - `checks`, `prepare`: what `cargo jostle doctor` and `cargo jostle setup` ask for.
//!
//! It builds on `crate::toolchain`, which does not know of it.

mod allocators;
mod archive;
mod assembly;
mod bitcode;
mod cache;
mod cautions;
mod checks;
mod checksum;
mod command;
mod driver;
mod errors;
mod facts;
mod install;
mod instrument;
mod llvm;
mod maker;
mod notes;
mod prepare;
mod response;
mod runtime;
mod standard;
mod tokio;
mod trim;

use std::ffi::OsString;
use std::process::ExitCode;

pub(crate) use checks::checks;
pub(crate) use driver::REAL_LINKER;
pub(crate) use errors::LOG;
pub(crate) use install::{install, is_linker};
pub(crate) use notes::Notes;
pub(crate) use prepare::prepare;

/// Links, given the arguments after the name of the program.
pub(crate) fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    match driver::link(arguments) {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        // The real linker has said why; rustc only wants to know that it failed.
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            errors::report(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}
