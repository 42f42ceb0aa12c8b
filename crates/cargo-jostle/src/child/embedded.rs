//! The command that a process executes on itself, and what it tells.
//!
//! A process can end in any way: it is under the control of a program that is being
//! tested. Whatever it leaves is read as coming from a stranger, and what is no result
//! makes the test [`Told::Broken`], never a pass.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jostle_protocol::{Ending, Harness, Outcome, Session};
use jostle_report::publish;

use crate::cargo::binary::Binary;
use crate::child::process::{self, End, Scratch};

/// A test, or a whole program, that is executed by a process of its own.
#[derive(Clone, Debug)]
pub(crate) struct Subject<'a> {
    pub(crate) binary: &'a Binary,
    /// The name in trace files.
    pub(crate) name: String,
    /// The test; none for the whole program.
    pub(crate) test: Option<String>,
    /// Whether the test runs only if that is asked for.
    pub(crate) ignored: bool,
    /// The arguments of a whole program.
    pub(crate) arguments: Vec<String>,
}

/// What all processes of a run have in common.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    /// The root of the workspace.
    pub(crate) root: PathBuf,
    /// A folder for files of this run.
    pub(crate) scratch: PathBuf,
    /// Steps of one execution at most.
    pub(crate) steps: Option<u32>,
    /// See [`Session::tokio_workers`].
    pub(crate) tokio_workers: u16,
}

/// What a process has told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Told {
    /// The command was executed.
    Executed {
        /// Its exit code.
        code: i32,
        /// What it printed.
        stdout: Vec<u8>,
        /// The end of its warnings.
        errors: String,
        /// What was not under control.
        cautions: Vec<String>,
    },
    /// The program ran once, without a thread.
    SingleThreaded {
        /// What it ended with.
        code: i32,
        /// The end of what it printed.
        output: String,
    },
    /// The runtime cannot execute it.
    Refused { reason: String, remedy: String },
    /// It was told to stop, and had no result by then.
    Stopped,
    /// It ended without a result.
    Broken {
        /// How.
        why: String,
        /// The end of standard error.
        errors: String,
    },
}

/// Starts the process of a subject with a command for itself.
///
/// # Errors
///
/// If it cannot be started.
pub(crate) fn execute(
    subject: &Subject<'_>,
    command: Vec<String>,
    setting: &Setting,
    limit: Duration,
    stop: &dyn Fn() -> bool,
) -> anyhow::Result<Told> {
    let scratch = Scratch::new(&setting.scratch)?;
    let (harness, arguments) = subject.start();
    let notes = notes(&subject.binary.start.program);
    let session = Session {
        version: jostle_protocol::VERSION,
        name: subject.name.clone(),
        root: setting.root.clone(),
        harness,
        command,
        program: "cargo jostle".to_owned(),
        color: publish::colors(),
        width: u16::try_from(publish::width()).unwrap_or(u16::MAX),
        result: scratch.path("outcome.json"),
        notes: notes.exists().then_some(notes),
        steps: setting.steps,
        tokio_workers: setting.tokio_workers,
    };
    let file = scratch.path("session.json");
    session.write(&file)?;
    let variables = [
        (jostle_protocol::VARIABLE, file.as_path()),
        (jostle_protocol::UNMODIFIED, Path::new("1")),
    ];
    let end = process::run(
        &subject.binary.start,
        &arguments,
        &variables,
        &scratch,
        limit,
        stop,
    )?;
    told(end, &session.result, &scratch)
}

/// What the linker half has written down about a program.
fn notes(program: &Path) -> PathBuf {
    let mut name = program.as_os_str().to_owned();
    name.push(".jostle.json");
    name.into()
}

impl Subject<'_> {
    /// How its program is started.
    fn start(&self) -> (Harness, Vec<String>) {
        let Some(test) = &self.test else {
            return (Harness::Main, self.arguments.clone());
        };
        let mut words = vec!["--exact".to_owned(), test.clone()];
        words.extend(["--test-threads=1", "--nocapture"].map(str::to_owned));
        words.extend(self.ignored.then(|| "--include-ignored".to_owned()));
        (Harness::Libtest, words)
    }
}

fn told(end: End, result: &Path, scratch: &Scratch) -> anyhow::Result<Told> {
    let broken = |why: String| Told::Broken {
        why,
        errors: scratch.errors(),
    };
    let code = match end {
        End::Interrupted => return Ok(Told::Stopped),
        End::Code(code) => code,
        other => return Ok(broken(other.to_string())),
    };
    if !result.exists() {
        let why = format!("{} before it had a result", End::Code(code));
        return Ok(broken(why));
    }
    let outcome = match Outcome::read(result) {
        Ok(outcome) => outcome,
        Err(error) => return Ok(broken(format!("its result cannot be read: {error}"))),
    };
    Ok(match outcome.ending {
        Ending::Explored => Told::Executed {
            code,
            stdout: scratch.stdout()?,
            errors: scratch.errors(),
            cautions: outcome.cautions,
        },
        Ending::SingleThreaded { exit_code, output } => Told::SingleThreaded {
            code: exit_code,
            output,
        },
        Ending::Refused { reason, remedy } => Told::Refused { reason, remedy },
    })
}
