//! Exit codes, errors that name their remedy, and what is printed.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use crate::present;

/// How a command ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Outcome {
    /// 0: everything came out as the scenarios expect.
    AsExpected,
    /// 1: a finding, or an expected one that was missed.
    Finding,
    /// 2: the command could not do its work: wrong usage, a file that is not
    /// what it should be, no scenario.
    Unusable,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> ExitCode {
        ExitCode::from(match outcome {
            Outcome::AsExpected => 0,
            Outcome::Finding => 1,
            Outcome::Unusable => 2,
        })
    }
}

/// Prints an error and its causes.
pub(super) fn complain(error: &anyhow::Error) {
    warn(&format!("error: {error:#}"));
}

/// Prints a line to standard error.
pub(super) fn warn(line: &str) {
    // Nothing can be done about a closed standard error.
    let _ = writeln!(io::stderr(), "{line}");
}

/// Prints to standard output.
///
/// # Errors
///
/// If it cannot be written to; a closed pipe is no error.
pub(super) fn print(text: &str) -> io::Result<()> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// How this program was called.
pub(super) fn program() -> String {
    let name = std::env::args_os()
        .next()
        .unwrap_or_else(|| "jostle".into());
    present::quoted(Path::new(&name))
}
