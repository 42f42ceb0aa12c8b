//! A directory for temporary files that no other process has.
//!
//! A test that creates a file at a fixed name under `TMPDIR` would find what a run has left
//! that was killed, and fail in its first execution.

use std::path::{Path, PathBuf};
use std::{env, fs, process};

/// The directory; removed with what is in it when the session is over.
#[derive(Debug)]
pub(super) struct Temporary(Option<PathBuf>);

impl Temporary {
    /// Makes it. Where it cannot be made the program uses what
    /// there is.
    pub(super) fn new() -> Temporary {
        // The same length in each process, so that the program allocates the same.
        let path = env::temp_dir().join(format!("jostle-{:010}", process::id()));
        // One that is there is of a process that was killed.
        let _ = fs::remove_dir_all(&path);
        if fs::create_dir(&path).is_err() {
            return Temporary(None);
        }
        Temporary(Some(path))
    }

    /// Its path, if it could be made.
    pub(super) fn path(&self) -> Option<&Path> {
        self.0.as_deref()
    }

    /// Removes it.
    pub(super) fn remove(self) {
        if let Some(path) = self.0 {
            let _ = fs::remove_dir_all(path);
        }
    }
}
