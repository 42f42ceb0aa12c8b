//! Findings on the way out: the report for this terminal, and the trace file.

use std::fs;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use crate::finding::Finding;
use crate::input::Input;
use crate::report::terminal::{self, Options};
use crate::report::{Commands, Report};
use crate::scenario::Scenario;
use crate::trace::file::{FindingSummary, TraceFile};
use crate::trace::{self, Trace};

/// The width where standard error is not a terminal: wide enough for columns,
/// narrow enough for a log.
const WIDTH: usize = 120;

/// Where findings are saved unless the user says otherwise.
pub const FOLDER: &str = "jostle-findings";

/// Set to show every step in reports of the fuzz target and of `cargo test`,
/// where there is no `--full`.
pub const FULL_VARIABLE: &str = "JOSTLE_FULL";

/// Renders a finding for standard error.
#[must_use]
pub fn report(
    scenario: &Scenario,
    finding: &Finding,
    trace: &Trace,
    commands: &Commands,
    full: bool,
) -> String {
    let terminal = io::stderr().is_terminal();
    let width = terminal_size::terminal_size_of(io::stderr())
        .map_or(WIDTH, |(width, _)| usize::from(width.0));
    let report = Report {
        scenario: scenario.name,
        about: scenario.about,
        finding,
        trace,
        commands,
    };
    let options = Options {
        width,
        full: full || std::env::var_os(FULL_VARIABLE).is_some(),
        color: terminal && std::env::var_os("NO_COLOR").is_none(),
        ..Options::default()
    };
    terminal::render(&report, &options, &read_source)
}

/// Reads a source file by the name that the compiler gave it, which is relative
/// to the root of the workspace that was built: looks for it from here upwards.
#[must_use]
pub fn read_source(file: &str) -> Option<String> {
    let here = std::env::current_dir().ok()?;
    here.ancestors()
        .find_map(|dir| fs::read_to_string(dir.join(file)).ok())
}

/// The trace file of an execution.
#[must_use]
pub fn trace_file(
    scenario: &Scenario,
    input: &Input,
    trace: &Trace,
    finding: Option<&Finding>,
) -> TraceFile {
    TraceFile {
        scenario: scenario.name.to_owned(),
        strategy: input.strategy,
        seed: input.seed,
        overrides: input.overrides.clone(),
        data: input.data.clone(),
        choices: trace.choices.clone(),
        fingerprint: trace.fingerprint(),
        finding: finding.map(FindingSummary::from),
    }
}

/// Writes a trace file and gives its path.
///
/// # Errors
///
/// If the trace is too large for a file, the folder cannot be made, or the file
/// cannot be written.
pub fn save(folder: &Path, stem: &str, file: &TraceFile) -> io::Result<PathBuf> {
    let text = trace::file::write(file).map_err(io::Error::other)?;
    fs::create_dir_all(folder)?;
    let path = folder.join(format!("{stem}.trace.json"));
    fs::write(&path, text)?;
    Ok(path)
}

/// Quotes a path for a POSIX shell if it needs it.
#[must_use]
pub fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:@%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}
