//! Publishes findings: reports for the terminal of this process, and trace files.

use std::fs;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::process;

use jostle_core::explain::{self, Explanation};
use jostle_core::finding::Finding;
use jostle_core::input::Input;
use jostle_core::subject::{Expect, Subject};
use jostle_core::trace::file::{FindingSummary, TraceFile};
use jostle_core::trace::{self, Trace};

use crate::terminal::{self, Options};
use crate::{Commands, Report};

/// The width where standard error is not a terminal: wide enough for columns,
/// narrow enough for a log.
const WIDTH: usize = 120;

/// Where findings are saved unless the user says otherwise.
pub const FOLDER: &str = "jostle-findings";

/// Set to show every step in reports of the fuzz target and of `cargo test`,
/// where there is no `--full`.
pub const FULL_VARIABLE: &str = "JOSTLE_FULL";

/// Renders a finding for the terminal.
#[must_use]
pub fn report(
    subject: &Subject,
    finding: &Finding,
    trace: &Trace,
    commands: &Commands,
    full: bool,
) -> String {
    let report = Report {
        scenario: subject.name,
        about: subject.about,
        finding,
        trace,
        commands,
    };
    terminal::render(&report, &options(full), &read_source)
}

/// Renders what decides whether an execution fails, for the terminal.
#[must_use]
pub fn explanation(finding: &Finding, trace: &Trace, explanation: &Explanation) -> String {
    let releases = explain::releases(finding, trace);
    crate::explanation::render(finding, trace, explanation, &releases, &options(false))
}

/// What a subject expects, as one writes it in the attribute of a scenario.
#[must_use]
pub fn expectation(subject: &Subject) -> String {
    match subject.expect {
        Expect::Clean => "clean".to_owned(),
        Expect::Finds(kind, "") => kind.to_string(),
        Expect::Finds(kind, text) => format!("{kind}: {text}"),
    }
}

/// That a backend failed, for users, who are asked to report it. `why` is what the
/// backend says.
#[must_use]
pub fn fault(why: &str) -> String {
    format!(
        "{why}; this is a fault of Jostle, which says nothing about the scenario: please report it"
    )
}

/// How to write for this terminal. Some commands write to standard output and some to
/// standard error: there are colours only where both are a terminal.
fn options(full: bool) -> Options {
    let terminal = io::stderr().is_terminal() && io::stdout().is_terminal();
    let width = terminal_size::terminal_size_of(io::stderr())
        .map_or(WIDTH, |(width, _)| usize::from(width.0));
    Options {
        width,
        full: full || std::env::var_os(FULL_VARIABLE).is_some(),
        color: terminal && std::env::var_os("NO_COLOR").is_none(),
        ..Options::default()
    }
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
    subject: &Subject,
    input: &Input,
    trace: &Trace,
    finding: Option<&Finding>,
) -> TraceFile {
    TraceFile {
        scenario: subject.name.to_owned(),
        strategy: input.strategy,
        seed: input.seed,
        overrides: input.overrides.clone(),
        data: input.data.clone(),
        choices: trace.choices.clone(),
        fingerprint: trace.fingerprint(),
        finding: finding.map(FindingSummary::from),
    }
}

/// Writes the trace of a finding into `folder`, named after the scenario and the
/// signature, and gives its path.
///
/// # Errors
///
/// As [`save`].
pub fn save_finding(
    folder: &Path,
    subject: &Subject,
    input: &Input,
    trace: &Trace,
    finding: &Finding,
) -> io::Result<PathBuf> {
    let stem = format!("{}-{}", subject.name, finding.signature());
    save(
        folder,
        &stem,
        &trace_file(subject, input, trace, Some(finding)),
    )
}

/// Writes a trace file into `folder` and gives its path.
///
/// # Errors
///
/// If the trace is too large for a file, the folder cannot be made, or the file
/// cannot be written.
pub fn save(folder: &Path, stem: &str, file: &TraceFile) -> io::Result<PathBuf> {
    let path = folder.join(format!("{stem}.trace.json"));
    save_at(&path, file)?;
    Ok(path)
}

/// Writes a trace file, all of it or nothing.
///
/// # Errors
///
/// As [`save`].
pub fn save_at(path: &Path, file: &TraceFile) -> io::Result<()> {
    let text = trace::file::write(file).map_err(io::Error::other)?;
    replace(path, text.as_bytes())
}

/// Writes a file, or puts it in the place of the one that is there: whoever reads it
/// meanwhile, or after a crash, finds the one or the other. Makes its folder.
///
/// # Errors
///
/// If the folder cannot be made or the file not be written.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    // In the same folder, since only within a file system can it be renamed.
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", process::id()));
    let part = path.with_file_name(name);
    let written = fs::write(&part, content).and_then(|()| fs::rename(&part, path));
    if written.is_err() {
        // What matters is the first error.
        let _ = fs::remove_file(&part);
    }
    written
}

/// The command that minimizes the failure in `file`, as far as this project has one:
/// the README says how to get it. `file` is a trace, or an artifact of `scenario`.
#[must_use]
pub fn minimize_command(file: &Path, scenario: Option<&str>) -> Option<String> {
    let scenario = scenario.map_or_else(String::new, |name| format!(" --scenario {name}"));
    let file = quoted(file);
    let here = std::env::current_dir().unwrap_or_default();
    let command = here.ancestors().find_map(|dir| {
        if dir.join("src/bin/jostle.rs").is_file() {
            Some("cargo run --release --bin jostle --")
        } else if dir.join("scripts/minimize").is_file() {
            // Jostle's own repository.
            Some("cargo run --release --")
        } else {
            None
        }
    });
    command.map(|command| format!("{command} minimize{scenario} {file}"))
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
