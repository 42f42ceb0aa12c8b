//! The document that `hunt --json` prints in a process, as far as it is used.
//!
//! Its fields are described in `docs/formats.md`. Those that are not listed here are
//! ignored.

use jostle_core::finding::Place;
use serde::{Deserialize, Serialize};

use crate::child::document;

/// A hunt over one subject.
#[derive(Deserialize)]
struct Document {
    jostle_hunt: u32,
    scenarios: Vec<Hunted>,
}

/// What became of the subject.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Hunted {
    /// `as-expected`, `unexpected`, `stopped`, `nothing-ran` or `broken`.
    pub(crate) verdict: String,
    pub(crate) executions: u64,
    pub(crate) steps: u64,
    pub(crate) distinct_interleavings: u64,
    #[serde(default)]
    pub(crate) unseen_probability: Option<f64>,
    pub(crate) findings: Vec<Finding>,
    /// A trace file for each finding that could be saved.
    pub(crate) traces: Vec<String>,
}

/// A finding.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Finding {
    pub(crate) kind: String,
    pub(crate) message: String,
    pub(crate) signature: String,
    pub(crate) place: Option<Place>,
    #[serde(default)]
    pub(crate) task: Option<String>,
    pub(crate) execution: u64,
    pub(crate) count: u64,
    pub(crate) steps: u64,
    pub(crate) preemptions: u64,
}

/// The document at the end of what a process has printed. What the program printed before
/// its first thread stands in front of it.
///
/// # Errors
///
/// If there is none.
pub(crate) fn read(stdout: &[u8]) -> anyhow::Result<Hunted> {
    let document: Document = document::read(stdout, |d: &Document| d.jostle_hunt)?;
    let mut scenarios = document.scenarios.into_iter();
    match (scenarios.next(), scenarios.next()) {
        (Some(hunted), None) => Ok(hunted),
        _ => anyhow::bail!("it hunted in another number of tests than one"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIXTURE: &str = include_str!("../../../../tests/fixtures/formats/hunt-v1.json");

    /// The fixture with only its `nth` scenario.
    fn document(nth: usize) -> String {
        let mut all: serde_json::Value = serde_json::from_str(FIXTURE).unwrap();
        let one = all["scenarios"][nth].take();
        all["scenarios"] = serde_json::json!([one]);
        format!("{all:#}\n")
    }

    #[test]
    fn the_documents_of_the_format_are_read() {
        let hunted = read(document(1).as_bytes()).unwrap();
        assert_eq!(hunted.verdict, "as-expected");
        assert_eq!(hunted.findings[0].kind, "leak");
        assert_eq!(hunted.findings[0].place.as_ref().unwrap().line, 39);
        assert_eq!(hunted.traces.len(), 1);
        assert_eq!(
            read(document(3).as_bytes()).unwrap().unseen_probability,
            None
        );
    }

    #[test]
    fn what_a_program_printed_before_is_passed_over() {
        let printed = format!("\nrunning 1 test\n{{\n}}\n{}", document(0));
        assert_eq!(read(printed.as_bytes()).unwrap().executions, 1);
    }

    #[test]
    fn anything_else_is_no_document() {
        for text in ["", "{", "{\n}\n", "test ok\n", "\u{0}\n{\n1", FIXTURE] {
            assert!(read(text.as_bytes()).is_err(), "{text:?}");
        }
        let other = document(0).replace("\"jostle_hunt\": 1", "\"jostle_hunt\": 9");
        let error = read(other.as_bytes()).unwrap_err().to_string();
        assert!(error.contains("version 9"), "{error}");
    }
}
