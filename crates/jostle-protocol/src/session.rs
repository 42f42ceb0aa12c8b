//! What a process is to do.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::file::{self, Error};

/// What a process is to do, written by `cargo jostle` before it starts the process.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Session {
    /// [`VERSION`](crate::VERSION).
    pub version: u32,
    /// The name of the one subject that the embedded command knows, as it stands in
    /// trace files: `my-crate:tests::closes_twice`.
    pub name: String,
    /// The root of the workspace: places in the source are relative to it.
    pub root: PathBuf,
    /// What runs the test.
    pub harness: Harness,
    /// The arguments of the embedded `jostle` command, without the name of a program:
    /// `hunt --json --runs 2000 …`, `replay FILE`.
    pub command: Vec<String>,
    /// How commands that a report recommends begin: `cargo jostle`.
    pub program: String,
    /// Whether reports have colours. The process cannot tell: its standard output is a
    /// file.
    pub color: bool,
    /// How many cells wide a report may be.
    pub width: u16,
    /// Where the [`Outcome`](crate::Outcome) is written.
    pub result: PathBuf,
    /// The notes that the linker wrote about the program, if there are any.
    pub notes: Option<PathBuf>,
    /// Steps of one execution at most; without it, the default of the runtime.
    pub steps: Option<u32>,
    /// With so many workers a current-thread runtime of tokio is executed; 0 leaves it as
    /// it is.
    pub tokio_workers: u16,
}

/// What runs the code under test.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Harness {
    /// The test harness of the standard library with one test. Its own thread, thread 0,
    /// goes on only when nobody else can, and is no part of reports. The exit code tells
    /// whether the test passed.
    Libtest,
    /// The program's own `main`, which is the scenario.
    Main,
}

impl Session {
    /// The session in a file.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, is no session, or is one of another version.
    pub fn read(path: &std::path::Path) -> Result<Session, Error> {
        file::read(path, |session: &Session| session.version)
    }

    /// Writes it to a file.
    ///
    /// # Errors
    ///
    /// If it cannot be written, or a path in it is no text in UTF-8.
    pub fn write(&self, path: &std::path::Path) -> Result<(), Error> {
        file::write(path, self)
    }
}
