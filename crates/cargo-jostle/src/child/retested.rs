//! The document that `retest` prints in a process, as far as it is used.

use std::path::PathBuf;

use serde::Deserialize;

use crate::child::document;
use crate::child::hunted::Finding;

/// All kept schedules of a test.
#[derive(Deserialize)]
struct Document {
    jostle_retest: u32,
    schedules: Vec<Retested>,
}

/// What became of a kept schedule.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Retested {
    /// The schedule file.
    pub(crate) file: PathBuf,
    /// `passes`, `fails`, `fails-nearby` or `not-followed`.
    pub(crate) outcome: String,
    /// How many rows it has, and how many of them were followed.
    pub(crate) rows: usize,
    pub(crate) followed: usize,
    /// Why the next one was not.
    pub(crate) missed: Option<String>,
    pub(crate) finding: Option<Finding>,
    /// The trace of the finding, if it could be saved.
    pub(crate) trace: Option<PathBuf>,
}

/// The document at the end of what a process has printed.
///
/// # Errors
///
/// If there is none.
pub(crate) fn read(stdout: &[u8]) -> anyhow::Result<Vec<Retested>> {
    let document: Document = document::read(stdout, |d: &Document| d.jostle_retest)?;
    Ok(document.schedules)
}
