//! The document of `hunt --json`.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::campaign::{Found, Summary, Verdict};
use crate::cli::list::expectation;

/// Raised when a field changes its meaning or goes away.
const VERSION: u32 = 1;

/// Every figure of a hunt. `saved` holds the paths of the traces of each
/// scenario's findings, in their order.
pub(super) fn document(seed: u64, summaries: &[Summary], saved: &[Vec<PathBuf>]) -> String {
    let scenarios: Vec<Value> = summaries
        .iter()
        .zip(saved)
        .map(|(summary, paths)| scenario(summary, paths))
        .collect();
    let document = json!({
        "jostle_hunt": VERSION,
        "seed": seed.to_string(),
        "as_expected": summaries
            .iter()
            .all(|s| matches!(s.verdict(), Verdict::AsExpected | Verdict::NotObservable)),
        "scenarios": scenarios,
    });
    format!("{document:#}\n")
}

fn scenario(summary: &Summary, paths: &[PathBuf]) -> Value {
    let seconds = summary.elapsed.as_secs_f64();
    json!({
        "name": summary.scenario.name,
        "expect": expectation(summary.scenario),
        "verdict": match summary.verdict() {
            Verdict::AsExpected => "as-expected",
            Verdict::Unexpected => "unexpected",
            Verdict::Missed => "missed",
            Verdict::NothingRan => "nothing-ran",
            Verdict::Stopped => "stopped",
            Verdict::NotObservable => "not-observable",
        },
        "executions": summary.executions,
        "rejected": summary.rejected,
        "steps": summary.steps,
        "distinct_interleavings": summary.distinct,
        "unseen_probability": summary.unseen.map(|unseen| unseen.probability),
        "unseen_classes": summary.unseen.map(|unseen| unseen.classes),
        "seconds": seconds,
        "executions_per_second": summary.executions as f64 / seconds.max(1e-9),
        "findings": summary.findings.iter().map(finding).collect::<Vec<_>>(),
        "traces": paths,
    })
}

fn finding(found: &Found) -> Value {
    json!({
        "kind": found.finding.kind,
        "message": found.finding.message,
        "signature": found.finding.signature(),
        "expected": found.expected,
        "place": found.finding.place,
        "task": found.finding.task.map(|task| found.trace.task_name(task)),
        "execution": found.execution,
        "count": found.count,
        "strategy": found.input.strategy.to_string(),
        "seed": found.input.seed.to_string(),
        "steps": found.trace.steps.len(),
        "choices": found.trace.choices.len(),
        "preemptions": found.trace.preemptions,
    })
}
