//! What was not under control, for the report.

use std::sync::{Mutex, PoisonError};

static ALL: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// So many are enough.
const MOST: usize = 32;

/// Notes a caution, once.
pub(crate) fn add(text: &str) {
    let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
    if all.len() < MOST && !all.iter().any(|known| known == text) {
        all.push(text.to_owned());
    }
}

/// All of them, in the order in which they were noted.
pub(crate) fn all() -> Vec<String> {
    ALL.lock().unwrap_or_else(PoisonError::into_inner).clone()
}
