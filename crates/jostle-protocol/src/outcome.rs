//! What became of a process.

use serde::{Deserialize, Serialize};

use crate::file::{self, Error};

/// What became of a process, written by its runtime at the end, and never before: that it
/// is there means that the embedded command has come to its end.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Outcome {
    /// [`VERSION`](crate::VERSION).
    pub version: u32,
    /// How it ended.
    #[serde(flatten)]
    pub ending: Ending,
    /// What was not under control, each in one sentence for users: children, files that
    /// stay changed, sockets to elsewhere, system calls that the runtime does not know.
    #[serde(default)]
    pub cautions: Vec<String>,
}

/// How a process ended.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(
    tag = "ending",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
pub enum Ending {
    /// The embedded command was executed; the process ended with its exit code.
    Explored,
    /// The program never made a thread. It ran once, as it would without Jostle.
    SingleThreaded {
        /// What the program ended with: libtest ends with 101 if the test failed.
        exit_code: i32,
        /// The end of what it printed.
        output: String,
    },
    /// The runtime cannot execute this program, or not here.
    Refused {
        /// Why, in one sentence.
        reason: String,
        /// What the user can do about it.
        remedy: String,
    },
}

impl Outcome {
    /// The outcome in a file.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, is no outcome, or is one of another version.
    pub fn read(path: &std::path::Path) -> Result<Outcome, Error> {
        file::read(path, |outcome: &Outcome| outcome.version)
    }

    /// Writes it to a file, all of it or nothing.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn write(&self, path: &std::path::Path) -> Result<(), Error> {
        file::write(path, self)
    }
}
