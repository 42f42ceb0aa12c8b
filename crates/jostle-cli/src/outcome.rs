//! Exit codes, errors that name their remedy, and what is printed.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;

use crate::cli::interrupt;
use crate::finding::Finding;
use crate::input::Input;
use crate::present;
use crate::scenario::Scenario;
use crate::trace::Trace;

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
    /// 130: Ctrl-C ended the work, and nothing was found by then.
    Stopped,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> ExitCode {
        ExitCode::from(match outcome {
            Outcome::AsExpected => 0,
            Outcome::Finding => 1,
            Outcome::Unusable => 2,
            Outcome::Stopped => interrupt::CODE,
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

/// Saves the trace of a finding and gives its path.
///
/// # Errors
///
/// If it cannot be written there.
pub(super) fn save(
    folder: &Path,
    scenario: &Scenario,
    input: &Input,
    trace: &Trace,
    finding: &Finding,
) -> anyhow::Result<PathBuf> {
    present::save_finding(folder, scenario, input, trace, finding).with_context(|| {
        format!(
            "the trace of a finding cannot be saved in {}; name another folder with --out",
            folder.display()
        )
    })
}

/// What was found, on one line.
pub(super) fn in_one_line(finding: &Finding) -> String {
    format!("{}: {}", finding.kind, finding.headline())
}

/// How this program was called.
pub(super) fn program() -> String {
    let name = std::env::args_os()
        .next()
        .unwrap_or_else(|| "jostle".into());
    present::quoted(Path::new(&name))
}
