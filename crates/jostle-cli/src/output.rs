//! What is printed, saved and said in the same way by several commands.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use jostle_core::finding::Finding;
use jostle_core::input::Input;
use jostle_core::subject::Subject;
use jostle_core::trace::Trace;
use jostle_report::publish;

/// The backend failed while it executed a scenario.
#[derive(Debug)]
pub(crate) struct Fault {
    /// The scenario.
    pub(crate) scenario: &'static str,
    /// What the backend says.
    pub(crate) why: String,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.scenario, publish::fault(&self.why))
    }
}

impl std::error::Error for Fault {}

/// Prints an error and its causes.
pub(crate) fn complain(error: &anyhow::Error) {
    warn(&format!("error: {error:#}"));
}

/// Prints a line to standard error.
pub(crate) fn warn(line: &str) {
    // Nothing can be done about a closed standard error.
    let _ = writeln!(io::stderr(), "{line}");
}

/// Prints to standard output.
///
/// # Errors
///
/// If it cannot be written to; a closed pipe is no error.
pub(crate) fn print(text: &str) -> io::Result<()> {
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
pub(crate) fn save(
    folder: &Path,
    subject: &Subject,
    input: &Input,
    trace: &Trace,
    finding: &Finding,
) -> anyhow::Result<PathBuf> {
    publish::save_finding(folder, subject, input, trace, finding).with_context(|| {
        format!(
            "the trace of a finding cannot be saved in {}; name another folder with --out",
            folder.display()
        )
    })
}

/// A finding on one line.
pub(crate) fn in_one_line(finding: &Finding) -> String {
    format!("{}: {}", finding.kind, finding.headline())
}

/// The name that this program was called by.
pub(crate) fn program() -> String {
    let name = std::env::args_os()
        .next()
        .unwrap_or_else(|| "jostle".into());
    publish::quoted(Path::new(&name))
}
