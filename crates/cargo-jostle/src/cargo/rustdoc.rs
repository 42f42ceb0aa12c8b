//! This program in the place of rustdoc: runs no doctests.
//!
//! `cargo test` runs doctests after everything else unless single targets are selected,
//! and has no option against that alone. They would be compiled for nothing, since each is
//! a program that rustdoc makes and runs itself.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use crate::output;

/// The user's own rustdoc, for everything but tests.
pub(crate) const WRAPPED: &str = "JOSTLE_RUSTDOC";

/// Runs rustdoc, unless it is for doctests.
pub(crate) fn run(words: &[OsString]) -> ExitCode {
    if words.iter().any(|word| word == "--test") {
        return ExitCode::SUCCESS;
    }
    let rustdoc = std::env::var_os(WRAPPED).unwrap_or_else(|| "rustdoc".into());
    let error = Command::new(rustdoc).args(words).exec();
    output::warn(&format!("error: rustdoc cannot be started: {error}"));
    ExitCode::from(2)
}
