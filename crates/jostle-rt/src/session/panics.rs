//! What the program prints while it is executed: the messages of panics are found there.

use std::sync::{Mutex, PoisonError};

use jostle_core::finding::{Finding, Kind, Place};
use jostle_core::id::TaskId;

/// The text that a task has printed to standard error, of which the end is kept.
#[derive(Debug, Default)]
struct Printed {
    /// Messages of panics, the first one first.
    panics: Vec<Panic>,
    /// The end of what was printed.
    tail: Vec<u8>,
}

#[derive(Clone, Debug)]
struct Panic {
    task: Option<TaskId>,
    place: Option<Place>,
    message: String,
}

static PRINTED: Mutex<Printed> = Mutex::new(Printed {
    panics: Vec::new(),
    tail: Vec::new(),
});

/// Bytes that are kept of what was printed.
const KEPT: usize = 4096;

/// Panics that are kept: the first one is the cause, as a rule.
const PANICS: usize = 16;

fn with<R>(f: impl FnOnce(&mut Printed) -> R) -> R {
    f(&mut PRINTED.lock().unwrap_or_else(PoisonError::into_inner))
}

/// An execution begins.
pub(crate) fn forget() {
    with(|p| {
        p.panics.clear();
        p.tail.clear();
    });
}

/// The program has printed `bytes`, by `task`.
pub(crate) fn printed(bytes: &[u8], task: Option<TaskId>) {
    with(|p| {
        p.tail.extend_from_slice(bytes);
        if p.tail.len() > 2 * KEPT {
            let excess = p.tail.len() - KEPT;
            p.tail.drain(..excess);
        }
        if p.panics.len() < PANICS
            && let Some(panic) = parse(&String::from_utf8_lossy(bytes), task)
        {
            p.panics.push(panic);
        }
    });
}

/// The end of what was printed.
pub(crate) fn tail() -> String {
    with(|p| String::from_utf8_lossy(&p.tail).into_owned())
}

/// The panic that the text of the standard library's hook tells of.
///
/// ```text
/// thread 'main' (42) panicked at src/lib.rs:3:5:
/// assertion failed
/// note: run with `RUST_BACKTRACE=1` …
/// ```
fn parse(text: &str, task: Option<TaskId>) -> Option<Panic> {
    let (_, after) = text.split_once(" panicked at ")?;
    let (place, message) = after.split_once(":\n")?;
    let message = message.split("\nnote: ").next().unwrap_or(message);
    let message = message
        .split("\nstack backtrace:")
        .next()
        .unwrap_or(message);
    let mut parts = place.rsplitn(3, ':');
    let column = parts.next().and_then(|c| c.parse().ok());
    let line = parts.next().and_then(|l| l.parse().ok());
    let place = match (parts.next(), line, column) {
        (Some(file), Some(line), Some(column)) => Some(Place {
            file: file.to_owned(),
            line,
            column,
        }),
        _ => None,
    };
    Some(Panic {
        task,
        place,
        message: message.trim_end().to_owned(),
    })
}

/// The first panic as a finding.
pub(crate) fn cause() -> Option<Finding> {
    let panic = with(|p| p.panics.first().cloned())?;
    let mut finding = Finding::new(Kind::Panic, panic.message);
    finding.task = panic.task;
    finding.place = panic.place;
    Some(finding)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_of_a_panic_is_found_with_its_place() {
        let text = "\nthread 'tests::lost' (10000001) panicked at src/lib.rs:3:5:\nassertion \
                    `left == right` failed\n  left: 1\n right: 2\nnote: run with \
                    `RUST_BACKTRACE=1` environment variable to display a backtrace\n";
        let panic = parse(text, None).unwrap();
        assert_eq!(
            panic.message,
            "assertion `left == right` failed\n  left: 1\n right: 2"
        );
        let place = panic.place.unwrap();
        assert_eq!(
            (place.file.as_str(), place.line, place.column),
            ("src/lib.rs", 3, 5)
        );
        assert!(parse("thread 'a' is fine\n", None).is_none());
    }
}
