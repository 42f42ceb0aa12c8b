//! What the tasks of one execution tell the test.

use std::fmt::Display;
use std::sync::{Arc, Mutex};

/// Entries in the order in which they were made. An ordinary lock will do, since it is
/// never held across a scheduling point.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub(crate) fn new() -> Log {
        Log::default()
    }

    pub(crate) fn push(&self, entry: impl Display) {
        self.0.lock().unwrap().push(entry.to_string());
    }

    /// Everything so far, in order, separated by spaces.
    pub(crate) fn read(&self) -> String {
        self.0.lock().unwrap().join(" ")
    }
}
