//! The results as the file of `--junit`.

use std::path::Path;
use std::time::Duration;

use jostle_report::junit::{self, Case, Outcome};

use crate::output;
use crate::result::{Status, Tested};
use crate::sinks::{terminal, words};

/// Writes the file.
///
/// # Errors
///
/// If it cannot be written.
pub(crate) fn write(path: &Path, results: &[Tested], elapsed: Duration) -> anyhow::Result<()> {
    let cases: Vec<Case> = results.iter().map(case).collect();
    let text = junit::document("cargo jostle test", &cases, elapsed)?;
    output::write(path, text.as_bytes(), "--junit")
}

fn case(tested: &Tested) -> Case {
    let figures = &tested.figures;
    Case {
        name: tested.test.clone().unwrap_or_else(|| "main".to_owned()),
        class: tested.binary.clone(),
        time: tested.elapsed,
        file: tested.source.to_string_lossy().into_owned(),
        line: None,
        properties: vec![
            ("executions", figures.executions),
            ("distinct_interleavings", figures.distinct),
            ("steps", figures.steps),
        ],
        outcome: outcome(tested),
    }
}

fn outcome(tested: &Tested) -> Outcome {
    let text = terminal::reports(tested);
    match &tested.status {
        Status::Ok | Status::SingleThreaded => Outcome::Passed,
        Status::Found(all) => {
            let first = all.first();
            Outcome::Failed {
                kind: first.map_or_else(|| "finding".to_owned(), words::kind),
                message: first.map_or_else(String::new, |found| found.finding.message.clone()),
                text,
            }
        }
        Status::Failed { .. } => Outcome::Failed {
            kind: "failed".to_owned(),
            message: "it fails without another thread".to_owned(),
            text,
        },
        Status::Broken { why, .. } => Outcome::Error {
            kind: "broken".to_owned(),
            message: why.clone(),
            text,
        },
        Status::Ignored | Status::NotExplored { .. } | Status::Stopped => {
            Outcome::Skipped(words::status(tested))
        }
    }
}
