//! Helpers for printing and saving, shared by commands.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::Context;
use jostle_core::finding::Finding;
use jostle_core::input::Input;
use jostle_core::subject::Subject;
use jostle_core::trace::Trace;
use jostle_report::{publish, text};

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

/// Standard output as it was when the command began, once it is the command's alone.
static OWN: OnceLock<File> = OnceLock::new();

/// From now on only this command writes to standard output. What the scenarios print
/// there goes to standard error, so that a document stays one.
///
/// # Errors
///
/// If the descriptors cannot be had.
pub(crate) fn own_stdout() -> io::Result<()> {
    // Asks whether standard output is a terminal, as long as it is the user's.
    let _ = publish::colors();
    io::stdout().flush()?;
    let own = io::stdout().as_fd().try_clone_to_owned()?;
    rustix::stdio::dup2_stdout(io::stderr())?;
    // It is called once in a process; of a second call the first one's remains.
    let _ = OWN.set(File::from(own));
    Ok(())
}

/// Prints an error and its causes.
pub(crate) fn complain(error: &anyhow::Error) {
    warn(&format!("error: {error:#}"));
}

/// Prints text of which nothing does anything to standard error.
pub(crate) fn warn(line: &str) {
    show(&publish::for_log(text::clean_lines(line)));
}

/// Prints a report, which may have colours, or a command of a CI system to standard
/// error.
pub(crate) fn show(text: &str) {
    // Nothing can be done about a closed standard error.
    let _ = writeln!(io::stderr(), "{text}");
}

/// Prints a report, which may have colours, to standard output.
///
/// # Errors
///
/// If it cannot be written to; a closed pipe is no error.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    print_bytes(publish::for_log(text.to_owned()).as_bytes())
}

/// Prints a JSON document to standard output.
///
/// # Errors
///
/// As [`print`].
pub(crate) fn document(json: &serde_json::Value) -> anyhow::Result<()> {
    print_bytes(format!("{}\n", text::inert_json(&format!("{json:#}"))).as_bytes())
}

/// Prints to standard output as it is.
///
/// # Errors
///
/// As [`print`].
pub(crate) fn print_bytes(bytes: &[u8]) -> anyhow::Result<()> {
    let written = match OWN.get() {
        Some(mut own) => own.write_all(bytes),
        None => {
            let mut stdout = io::stdout();
            stdout.write_all(bytes).and_then(|()| stdout.flush())
        }
    };
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.context(
            "the result cannot be written to standard output; make room, or redirect it elsewhere",
        ),
    }
}

/// Writes a file that `option` names, all of it or nothing.
///
/// # Errors
///
/// If it cannot be written there.
pub(crate) fn write(path: &Path, content: &[u8], option: &str) -> anyhow::Result<()> {
    // These are standard error by now.
    let stdout = ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"];
    if stdout.iter().any(|name| path.as_os_str() == *name) {
        return print_bytes(content);
    }
    publish::replace(path, content).with_context(|| unwritable(path, option))
}

fn unwritable(path: &Path, option: &str) -> String {
    format!(
        "cannot write to {}; name another file with {option}",
        path.display()
    )
}

/// Checks, before anything is executed, that the files which the options name can be
/// written, that none is `input`, and that no two are the same.
///
/// # Errors
///
/// If that is not so.
pub(crate) fn check_outputs(
    input: Option<&Path>,
    outputs: &[(&str, Option<&Path>)],
) -> anyhow::Result<()> {
    let given = outputs.iter();
    let given: Vec<(&str, &Path)> = given.filter_map(|(o, path)| Some((*o, (*path)?))).collect();
    for (i, &(option, path)) in given.iter().enumerate() {
        publish::check_file(path).with_context(|| unwritable(path, option))?;
        if let Some(input) = input {
            anyhow::ensure!(
                !is_same(input, path),
                "{} is what is read, and would be overwritten; name another file with {option}",
                path.display()
            );
        }
        for &(other, there) in &given[..i] {
            anyhow::ensure!(
                !is_same(there, path),
                "{other} and {option} name the same file {}; name another one",
                path.display()
            );
        }
    }
    Ok(())
}

/// Whether two paths lead to one regular file, which need not be there yet.
fn is_same(a: &Path, b: &Path) -> bool {
    let real = |path: &Path| {
        fs::canonicalize(path).ok().or_else(|| {
            let folder = path.parent().filter(|f| !f.as_os_str().is_empty());
            let folder = fs::canonicalize(folder.unwrap_or(Path::new("."))).ok()?;
            Some(folder.join(path.file_name()?))
        })
    };
    let (a, b) = (real(a), real(b));
    a.is_some() && a == b && !a.is_some_and(|path| path.exists() && !path.is_file())
}

/// Checks that traces can be saved in the folder of `--out`, before anything is executed.
///
/// # Errors
///
/// If they cannot and the user named the folder; a warning has to do otherwise, since
/// what is found is printed, too.
pub(crate) fn check_out(out: Option<&Path>) -> anyhow::Result<()> {
    let folder = out.unwrap_or(Path::new(publish::FOLDER));
    let checked = publish::check_folder(folder).with_context(|| unsaved(folder));
    match checked {
        Err(error) if out.is_none() => warn(&format!("warning: {error:#}")),
        other => other?,
    }
    Ok(())
}

fn unsaved(folder: &Path) -> String {
    format!(
        "the trace of a finding cannot be saved in {}; name another folder with --out",
        folder.display()
    )
}

/// Saves the trace of a finding and gives its path.
///
/// # Errors
///
/// If it cannot be written there.
pub(crate) fn save(
    out: Option<&Path>,
    subject: &Subject,
    input: &Input,
    trace: &Trace,
    finding: &Finding,
) -> anyhow::Result<PathBuf> {
    let folder = out.unwrap_or(Path::new(publish::FOLDER));
    publish::save_finding(folder, subject, input, trace, finding).with_context(|| unsaved(folder))
}

/// A finding on one line.
pub(crate) fn in_one_line(finding: &Finding) -> String {
    format!("{}: {}", finding.kind, headline(finding))
}

/// The first line of a finding's message, as it may stand in a line.
pub(crate) fn headline(finding: &Finding) -> String {
    text::clean(&text::message(finding.headline()))
}

/// How commands that reports recommend begin, where that is not this program's own name.
static PROGRAM: OnceLock<String> = OnceLock::new();

/// From now on commands that reports recommend begin with `words`, as they are. Of a
/// second call the first one's remains.
pub(crate) fn call_program(words: &OsStr) {
    let _ = PROGRAM.set(text::clean(&words.to_string_lossy()));
}

/// The command that explores the subject with this name.
pub(crate) fn exploring(name: &str) -> String {
    match PROGRAM.get() {
        // Which subject it is, that command knows by other options.
        Some(words) => format!("{words} test"),
        None => format!("{} hunt {}", program(), publish::quoted(Path::new(name))),
    }
}

/// The name that this program was called by.
pub(crate) fn program() -> String {
    if let Some(words) = PROGRAM.get() {
        return words.clone();
    }
    let name = std::env::args_os()
        .next()
        .unwrap_or_else(|| "jostle".into());
    publish::quoted(Path::new(&name))
}
