//! A process: started in a group of its own, watched, and ended with all that it started.
//!
//! Its output goes to files and not through pipes. A grandchild that outlives the process
//! keeps a pipe open, so that reading it to its end may take for ever.
//!
//! Each process has a folder for temporary files, removed when it has ended: what one
//! leaves behind would make the next one fail.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use tempfile::TempDir;

use crate::cargo::runner::Start;

/// What a process may print, in each stream. A document of a hunt has a few KiB.
const MAX_OUTPUT: u64 = 64 << 20;

/// How long a process may take to report after it was told to stop.
const GRACE: Duration = Duration::from_secs(3);

/// So much of the end of standard error is shown.
const TAIL: u64 = 4 << 10;

/// Variables that make a panic collect frames, which takes longer than the execution that
/// panics.
const BACKTRACES: [&str; 2] = ["RUST_BACKTRACE", "RUST_LIB_BACKTRACE"];

/// How a process ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum End {
    /// With this exit code.
    Code(i32),
    /// By this signal, which was not sent by us.
    Signal(i32),
    /// It was ended after so long.
    Silent(Duration),
    /// It was ended since it printed too much.
    Flood,
    /// It was ended after a Ctrl-C and had not reported by then.
    Interrupted,
}

impl std::fmt::Display for End {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            End::Code(code) => write!(f, "its process ended with exit code {code}"),
            End::Signal(signal) => match name(*signal) {
                Some(name) => write!(f, "its process was ended by signal {signal} ({name})"),
                None => write!(f, "its process was ended by signal {signal}"),
            },
            End::Silent(time) => write!(
                f,
                "its process gave no result in {} s and was ended",
                time.as_secs()
            ),
            End::Flood => write!(
                f,
                "its process printed more than {} MiB and was ended",
                MAX_OUTPUT >> 20
            ),
            End::Interrupted => f.write_str("it was stopped"),
        }
    }
}

/// The signals that end programs with a fault.
fn name(signal: i32) -> Option<&'static str> {
    let names = [
        (Signal::ILL, "illegal instruction"),
        (Signal::TRAP, "trap"),
        (Signal::ABORT, "abort"),
        (Signal::BUS, "bus error"),
        (Signal::FPE, "arithmetic error"),
        (Signal::KILL, "killed"),
        (Signal::SEGV, "segmentation fault"),
    ];
    let is_it = |(other, _): &&(Signal, &str)| other.as_raw() == signal;
    names.iter().find(is_it).map(|(_, name)| *name)
}

/// The folder of one process, with its files.
#[derive(Debug)]
pub(crate) struct Scratch(TempDir);

impl Scratch {
    /// In `folder`, which is that of the whole run.
    pub(crate) fn new(folder: &Path) -> anyhow::Result<Scratch> {
        let scratch = tempfile::Builder::new()
            .prefix("process-")
            .tempdir_in(folder);
        let scratch = Scratch(scratch.context("there is no room for temporary files")?);
        fs::create_dir(scratch.path("tmp"))?;
        Ok(scratch)
    }

    /// A file in it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Everything on standard output.
    pub(crate) fn stdout(&self) -> io::Result<Vec<u8>> {
        fs::read(self.path("stdout"))
    }

    /// The end of standard error, as text.
    pub(crate) fn errors(&self) -> String {
        tail(&self.path("stderr")).unwrap_or_default()
    }
}

fn tail(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Starts a program as cargo would and waits until it ends, for `limit` at most. After
/// `stop` says so, it is told to come to an end.
///
/// # Errors
///
/// If it cannot be started.
pub(crate) fn run(
    start: &Start,
    arguments: &[String],
    variables: &[(&str, &Path)],
    scratch: &Scratch,
    limit: Duration,
    stop: &dyn Fn() -> bool,
) -> anyhow::Result<End> {
    let mut command = Command::new(&start.program);
    command
        .args(arguments)
        .current_dir(&start.folder)
        .env_clear()
        .envs(&start.environment)
        .env("TMPDIR", scratch.path("tmp"))
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .stdout(File::create(scratch.path("stdout"))?)
        .stderr(File::create(scratch.path("stderr"))?)
        .process_group(0);
    for name in BACKTRACES {
        command.env_remove(name);
    }
    let child = command
        .spawn()
        .with_context(|| format!("{} cannot be started", start.program.display()))?;
    let watched = Watched(child);
    match watched.wait(scratch, limit, stop)? {
        Some(early) => Ok(early),
        None => Ok(match end(watched.finish()?) {
            // The signal that it was sent has ended it before it could report.
            End::Signal(signal) if signal == Signal::INT.as_raw() && stop() => End::Interrupted,
            other => other,
        }),
    }
}

/// A process that does not outlive this value, nor does anything in its group.
struct Watched(Child);

impl Watched {
    /// Waits until it has ended by itself, which is `None`, or until it has to be ended.
    fn wait(
        &self,
        scratch: &Scratch,
        limit: Duration,
        stop: &dyn Fn() -> bool,
    ) -> anyhow::Result<Option<End>> {
        let began = Instant::now();
        let mut told: Option<Instant> = None;
        // Many tests take milliseconds, and some minutes.
        let mut pause = Duration::from_millis(1);
        loop {
            if self.has_ended()? {
                return Ok(None);
            }
            match told {
                Some(at) if at.elapsed() >= GRACE => return Ok(Some(End::Interrupted)),
                None if stop() => {
                    self.signal(Signal::INT);
                    told = Some(Instant::now());
                }
                _ => {}
            }
            if began.elapsed() >= limit {
                return Ok(Some(End::Silent(limit)));
            }
            let size = |name| fs::metadata(scratch.path(name)).map_or(0, |file| file.len());
            if size("stdout").max(size("stderr")) > MAX_OUTPUT {
                return Ok(Some(End::Flood));
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(20));
        }
    }

    /// Whether it has ended. It stays a zombie, so that its number is not given to another
    /// process before everything in its group has been ended.
    fn has_ended(&self) -> anyhow::Result<bool> {
        let Some(process) = self.group() else {
            return Ok(true);
        };
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        Ok(waitid(WaitId::Pid(process), options)?.is_some())
    }

    /// What it ended with, once nothing of its group is left.
    fn finish(mut self) -> anyhow::Result<ExitStatus> {
        self.signal(Signal::KILL);
        Ok(self.0.wait()?)
    }

    /// Its number, which is that of its group.
    fn group(&self) -> Option<Pid> {
        i32::try_from(self.0.id()).ok().and_then(Pid::from_raw)
    }

    fn signal(&self, signal: Signal) {
        if let Some(group) = self.group() {
            let _ = kill_process_group(group, signal);
        }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        // One that was waited for keeps its status, and its number may be somebody else's.
        if matches!(self.0.try_wait(), Ok(None)) {
            self.signal(Signal::KILL);
            let _ = self.0.wait();
        }
    }
}

fn end(status: ExitStatus) -> End {
    match (status.code(), status.signal()) {
        (Some(code), _) => End::Code(code),
        (None, signal) => End::Signal(signal.unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn shell(script: &str, limit: Duration, stop: &dyn Fn() -> bool) -> (End, Scratch) {
        let folder = std::env::temp_dir();
        let scratch = Scratch::new(&folder).unwrap();
        let start = Start {
            program: "/bin/sh".into(),
            folder,
            environment: BTreeMap::from([
                ("PATH".into(), "/usr/bin:/bin".into()),
                ("RUST_BACKTRACE".into(), "1".into()),
            ]),
        };
        let arguments = ["-c".to_owned(), script.to_owned()];
        let end = run(&start, &arguments, &[], &scratch, limit, stop).unwrap();
        (end, scratch)
    }

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn an_end_is_what_it_was() {
        assert_eq!(shell("exit 3", LONG, &|| false).0, End::Code(3));
        assert_eq!(shell("kill -11 $$", LONG, &|| false).0, End::Signal(11));
        let silent = shell("sleep 60", Duration::from_millis(50), &|| false).0;
        assert_eq!(silent, End::Silent(Duration::from_millis(50)));
        assert!(End::Signal(11).to_string().contains("segmentation fault"));
    }

    #[test]
    fn an_interrupt_lets_it_report() {
        let (end, scratch) = shell(
            "trap 'echo so far; exit 0' INT; sleep 60 & wait",
            LONG,
            &|| true,
        );
        // The signal may come before the trap is set.
        match end {
            End::Code(0) => assert_eq!(scratch.stdout().unwrap(), b"so far\n"),
            other => assert_eq!(other, End::Interrupted),
        }
    }

    #[test]
    fn nothing_that_it_started_stays() {
        let (end, scratch) = shell("sleep 600 & echo $!; exit 0", LONG, &|| false);
        assert_eq!(end, End::Code(0));
        let pid = String::from_utf8(scratch.stdout().unwrap()).unwrap();
        let cmdline = PathBuf::from(format!("/proc/{}/cmdline", pid.trim()));
        let gone = || fs::read(&cmdline).map_or(true, |line| line.is_empty());
        let began = Instant::now();
        while !gone() {
            assert!(began.elapsed() < LONG, "it is still there");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    #[test]
    fn its_folder_is_its_own_and_backtraces_are_off() {
        let script = "echo $TMPDIR; touch $TMPDIR/x; echo ${RUST_BACKTRACE-unset}; cat; echo e >&2";
        let (_, scratch) = shell(script, LONG, &|| false);
        let folder = scratch.path("tmp");
        let printed = String::from_utf8(scratch.stdout().unwrap()).unwrap();
        assert_eq!(printed, format!("{}\nunset\n", folder.display()));
        assert_eq!(scratch.errors(), "e\n");
        assert!(folder.join("x").exists());
        drop(scratch);
        assert!(!folder.exists());
    }
}
