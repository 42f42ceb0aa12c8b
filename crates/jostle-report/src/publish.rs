//! Publishes findings: reports for the terminal of this process, and trace files.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use jostle_core::explain::{self, Explanation};
use jostle_core::finding::Finding;
use jostle_core::input::Input;
use jostle_core::subject::{Expect, Subject};
use jostle_core::trace::file::{FindingSummary, TraceFile};
use jostle_core::trace::{self, Trace};

use crate::terminal::{self, Options};
use crate::text;
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
    for_log(terminal::render(&report, &options(full), &read_source))
}

/// Renders what decides whether an execution fails, for the terminal.
#[must_use]
pub fn explanation(finding: &Finding, trace: &Trace, explanation: &Explanation) -> String {
    let releases = explain::releases(finding, trace);
    let options = options(false);
    for_log(crate::explanation::render(
        finding,
        trace,
        explanation,
        &releases,
        &options,
    ))
}

/// Whether this process runs in a step of GitHub Actions, whose log is searched for
/// commands.
#[must_use]
pub fn in_github_actions() -> bool {
    std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true")
}

/// `text` as it may stand in the log of this process.
#[must_use]
pub fn for_log(text: String) -> String {
    match in_github_actions() {
        true => text::without_commands(&text),
        false => text,
    }
}

/// What a subject expects, as one writes it in the attribute of a scenario.
#[must_use]
pub fn expectation(subject: &Subject) -> String {
    match subject.expect {
        Expect::Clean => "clean".to_owned(),
        Expect::Finds(kind, "") => kind.to_string(),
        Expect::Finds(kind, text) => format!("{kind}: {}", text::clean(text)),
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

/// How a process whose output somebody else prints is to write.
static PRESENTATION: OnceLock<(usize, bool)> = OnceLock::new();

/// From now on reports of this process are as wide as said, with or without colours,
/// whatever its own streams are. Of a second call the first one's remains.
pub fn present(width: usize, colors: bool) {
    let _ = PRESENTATION.set((width, colors));
}

/// How many cells wide reports of this process may be.
#[must_use]
pub fn width() -> usize {
    let terminal = || {
        terminal_size::terminal_size_of(io::stderr())
            .map_or(WIDTH, |(width, _)| usize::from(width.0))
    };
    PRESENTATION
        .get()
        .map_or_else(terminal, |&(width, _)| width)
}

/// How to write for this terminal.
fn options(full: bool) -> Options {
    Options {
        width: width(),
        full: full || std::env::var_os(FULL_VARIABLE).is_some(),
        color: colors(),
        ..Options::default()
    }
}

/// Whether reports of this process have colours. It is decided once, so that a program
/// that redirects its standard output should ask before.
///
/// Some commands write to standard output and some to standard error: without a word in
/// the environment there are colours only where both are a terminal.
pub fn colors() -> bool {
    static COLORS: OnceLock<bool> = OnceLock::new();
    if let Some(&(_, colors)) = PRESENTATION.get() {
        return colors;
    }
    *COLORS.get_or_init(|| {
        let terminal = io::stderr().is_terminal() && io::stdout().is_terminal();
        decide(
            terminal,
            std::env::var_os("NO_COLOR").as_deref(),
            std::env::var_os("CLICOLOR_FORCE").as_deref(),
            std::env::var_os("CLICOLOR").as_deref(),
            std::env::var_os("TERM").as_deref(),
        )
    })
}

/// Whether there are colours; see `docs/environment.md`.
fn decide(
    terminal: bool,
    no_color: Option<&OsStr>,
    force: Option<&OsStr>,
    color: Option<&OsStr>,
    term: Option<&OsStr>,
) -> bool {
    let set = |value: Option<&OsStr>| value.is_some_and(|value| !value.is_empty());
    let on = |value: Option<&OsStr>| set(value) && value.is_some_and(|value| value != "0");
    if set(no_color) {
        return false;
    }
    let off = color.is_some_and(|value| value == "0") || term.is_some_and(|term| term == "dumb");
    on(force) || terminal && !off
}

/// Reads a source file by the name that the compiler gave it, which is relative
/// to the root of the workspace that was built: looks for it from here upwards.
#[must_use]
pub fn read_source(file: &str) -> Option<String> {
    let here = std::env::current_dir().ok()?;
    here.ancestors()
        .find_map(|dir| read_file(&dir.join(file)).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok())
}

/// Reads a file that somebody named: a regular file of at most
/// [`MAX_BYTES`](trace::file::MAX_BYTES), which nothing that Jostle reads exceeds.
///
/// # Errors
///
/// If it cannot be read, and, before a byte of it is read, if it is larger or no regular
/// file: a pipe or a device need not have an end. `-` is the name of no file, since other
/// programs take it for standard input.
pub fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    const MAX: usize = trace::file::MAX_BYTES;
    let refuse = |why: String| Err(io::Error::new(io::ErrorKind::InvalidInput, why));
    if path.as_os_str() == "-" {
        return refuse(
            "standard input is not read; name a file, or ./- if that is its name".to_owned(),
        );
    }
    let metadata = fs::metadata(path)?;
    if metadata.is_dir() {
        return refuse("it is a folder; name a file in it".to_owned());
    }
    if !metadata.is_file() {
        return refuse(
            "it is a pipe or a device, which need not end; copy what is in it to a file".to_owned(),
        );
    }
    let too_large = |size: u64| {
        refuse(format!(
            "the file has {size} bytes or more, and no trace, input or source has more than \
             {MAX}; name another file"
        ))
    };
    if metadata.len() > MAX as u64 {
        return too_large(metadata.len());
    }
    // It may grow meanwhile, and files in /proc have a length of 0.
    let mut bytes = Vec::new();
    let most = MAX as u64 + 1;
    fs::File::open(path)?.take(most).read_to_end(&mut bytes)?;
    match bytes.len() > MAX {
        true => too_large(most),
        false => Ok(bytes),
    }
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
/// meanwhile, or after a crash, finds the one or the other. Makes its folder. A device or
/// a pipe is written to, and a link stays one.
///
/// # Errors
///
/// If the folder cannot be made or the file not be written.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    // What a link in /dev/fd leads to need not have a name.
    let target = match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => return Err(io::Error::other("it is a folder")),
        Ok(metadata) if !metadata.is_file() => return fs::write(path, content),
        _ => fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()),
    };
    let part = part_of(&target);
    let written = fs::write(&part, content).and_then(|()| fs::rename(&part, &target));
    if written.is_err() {
        // What matters is the first error.
        let _ = fs::remove_file(&part);
    }
    written
}

/// What a file is called until all of it is written. In the same folder, since only within
/// a file system can it be renamed.
fn part_of(path: &Path) -> PathBuf {
    // The name of the file may be as long as a name can be, and is not made longer.
    static PARTS: AtomicU64 = AtomicU64::new(0);
    let nth = PARTS.fetch_add(1, Ordering::Relaxed);
    let name = format!(".jostle.{}.{nth}.tmp", process::id());
    path.with_file_name(name)
}

/// Tries whether [`replace`] could write to this path, and leaves nothing behind.
///
/// # Errors
///
/// If it could not, or if the folder is not there.
pub fn check_file(path: &Path) -> io::Result<()> {
    if path.as_os_str() == "-" {
        return Err(io::Error::other(
            "standard output is not meant by that; name a file, or ./- if that is its name",
        ));
    }
    if path.file_name().is_none() {
        return Err(io::Error::other("it is a folder"));
    }
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => Err(io::Error::other("it is a folder")),
        // Whether a device or a pipe takes it can only be seen by writing.
        Ok(metadata) if !metadata.is_file() => Ok(()),
        _ => probe(&fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())),
    }
}

/// Tries whether files can be written to this folder, which need not be there yet, and
/// leaves nothing behind.
///
/// # Errors
///
/// If they could not.
pub fn check_folder(folder: &Path) -> io::Result<()> {
    if folder.as_os_str() == "-" {
        return Err(io::Error::other(
            "name a folder, or ./- if that is its name",
        ));
    }
    let folder = match folder.as_os_str().is_empty() {
        true => Path::new("."),
        false => folder,
    };
    for there in folder.ancestors() {
        let there = match there.as_os_str().is_empty() {
            true => Path::new("."),
            false => there,
        };
        match fs::metadata(there) {
            Ok(metadata) if metadata.is_dir() => return probe(&there.join("any")),
            Ok(_) => {
                let what = format!("{} is a file and no folder", there.display());
                return Err(io::Error::other(what));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn probe(path: &Path) -> io::Result<()> {
    let part = part_of(path);
    // A file without content has room on a full disk.
    let written = fs::write(&part, [b'\n'; 4096]);
    let removed = fs::remove_file(&part);
    written.and(removed)
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

/// Quotes a path for a POSIX shell if it needs it. What no terminal should be sent, or is
/// no text, becomes an escape in `$'…'`.
#[must_use]
pub fn quoted(path: &Path) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:@%".contains(c);
    let bytes = path.as_os_str().as_encoded_bytes();
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.is_empty() && text.chars().all(plain) => return text.to_owned(),
        Ok(text) if text::clean(text) == text => {
            return format!("'{}'", text.replace('\'', r"'\''"));
        }
        _ => {}
    }
    let mut quoted = "$'".to_owned();
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            let mut buffer = [0; 4];
            let c = &*c.encode_utf8(&mut buffer);
            match c {
                "'" | "\\" => quoted.extend(["\\", c]),
                c if text::clean(c) == c => quoted.push_str(c),
                c => quoted.extend(c.bytes().map(octal)),
            }
        }
        quoted.extend(chunk.invalid().iter().copied().map(octal));
    }
    quoted + "'"
}

/// As wide as it can be, so that what follows is not taken for a part of it.
fn octal(byte: u8) -> String {
    format!("\\{byte:03o}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStrExt;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("jostle-publish-{name}-{}", process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn the_environment_decides_about_colours() {
        let colors = |terminal, [no_color, force, color, term]: [Option<&str>; 4]| {
            let [no_color, force, color, term] =
                [no_color, force, color, term].map(|value| value.map(OsStr::new));
            decide(terminal, no_color, force, color, term)
        };
        let xterm = Some("xterm");
        assert!(colors(true, [None, None, None, xterm]));
        assert!(colors(true, [Some(""), None, None, None]));
        assert!(!colors(false, [None, None, None, xterm]));
        assert!(!colors(true, [None, None, None, Some("dumb")]));
        assert!(!colors(true, [Some("1"), Some("1"), None, xterm]));
        assert!(!colors(true, [None, None, Some("0"), xterm]));
        assert!(!colors(false, [None, Some("0"), None, xterm]));
        assert!(!colors(false, [None, Some(""), None, xterm]));
        assert!(colors(false, [None, Some("1"), Some("0"), Some("dumb")]));
    }

    #[test]
    fn any_path_is_quoted_for_a_shell_and_a_terminal() {
        let quoted = |bytes: &[u8]| quoted(Path::new(OsStr::from_bytes(bytes)));
        assert_eq!(quoted(b"a/b-1.json"), "a/b-1.json");
        assert_eq!(quoted(b""), "''");
        assert_eq!(quoted(b"a b's"), r"'a b'\''s'");
        assert_eq!(quoted("結果".as_bytes()), "'結果'");
        assert_eq!(quoted(b"\x1b[31m'\\1\xff"), r"$'\033[31m\'\\1\377'");
        assert_eq!(quoted("\u{202e}x".as_bytes()), r"$'\342\200\256x'");
        // What a shell makes of it is the path again.
        for bytes in [&b"\x1b7'\\ \n\r\x07\xc2\x9b\xff7$(x)"[..], b"-\t`a`\"\\'"] {
            let script = format!("printf %s {}", quoted(bytes));
            let output = process::Command::new("bash").args(["-c", &script]).output();
            assert_eq!(output.unwrap().stdout, bytes, "{script}");
        }
    }

    #[test]
    fn only_regular_files_of_some_size_are_read() {
        let folder = folder("read");
        let said = |path: &Path| read_file(path).unwrap_err().to_string();
        assert!(said(Path::new("-")).contains("./-"));
        assert!(said(&folder).contains("folder"));
        assert!(said(Path::new("/dev/zero")).contains("device"));
        let large = folder.join("large");
        fs::File::create(&large).unwrap().set_len(1 << 40).unwrap();
        assert!(said(&large).contains("1099511627776 bytes"));
        let fifo = folder.join("fifo");
        let made = process::Command::new("mkfifo").arg(&fifo).status();
        assert!(made.unwrap().success());
        assert!(said(&fifo).contains("pipe"));
        let most = folder.join("most");
        let size = trace::file::MAX_BYTES as u64;
        fs::File::create(&most).unwrap().set_len(size).unwrap();
        assert_eq!(read_file(&most).unwrap().len() as u64, size);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_file_is_replaced_and_a_link_or_a_device_is_not() {
        let folder = folder("replace");
        let file = folder.join("new/file");
        replace(&file, b"one").unwrap();
        let link = folder.join("link");
        std::os::unix::fs::symlink("new/file", &link).unwrap();
        replace(&link, b"two").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"two");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        replace(Path::new("/dev/null"), b"three").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
        assert!(replace(&folder, b"four").is_err());
        assert_eq!(fs::read_dir(folder.join("new")).unwrap().count(), 1);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_cannot_be_written_is_known_before() {
        let folder = folder("check");
        let file = folder.join("file");
        check_file(&file).unwrap();
        check_folder(&folder.join("a/b")).unwrap();
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
        fs::write(&file, "one").unwrap();
        check_file(&file).unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"one");
        for wrong in ["-", "..", ""] {
            assert!(check_file(Path::new(wrong)).is_err(), "{wrong}");
        }
        for wrong in [&folder, &folder.join("no/file"), &file.join("below")] {
            assert!(check_file(wrong).is_err(), "{}", wrong.display());
        }
        assert!(
            check_folder(&file)
                .unwrap_err()
                .to_string()
                .contains("is a file")
        );
        assert!(check_folder(&file.join("below")).is_err());
        assert!(check_folder(Path::new("-")).is_err());
        fs::remove_dir_all(folder).unwrap();
    }
}
