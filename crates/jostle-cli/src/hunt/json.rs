//! The results of a hunt as the document of `--json`.

use jostle_core::campaign::{Found, Verdict};
use jostle_report::publish::expectation;
use jostle_report::text::message;
use serde_json::{Value, json};

use crate::args::Hunt;
use crate::hunt::Hunted;
use crate::output;
use crate::sink::{Asked, Sink};

/// Raised when a field changes its meaning or goes away.
const VERSION: u32 = 1;

struct Json {
    /// The seed of the hunt.
    seed: u64,
}

pub(super) fn asked(args: &Hunt) -> Asked<Hunted> {
    args.json
        .then(|| Box::new(Json { seed: args.seed }) as Box<_>)
}

impl Sink<Hunted> for Json {
    fn end(&mut self, results: &[Hunted]) -> anyhow::Result<()> {
        let fine = |hunted: &Hunted| {
            matches!(
                hunted.summary.verdict(),
                Verdict::AsExpected | Verdict::NotObservable
            )
        };
        let document = json!({
            "jostle_hunt": VERSION,
            "seed": self.seed.to_string(),
            "as_expected": results.iter().all(fine),
            "scenarios": results.iter().map(scenario).collect::<Vec<_>>(),
        });
        output::document(&document)
    }
}

fn scenario(hunted: &Hunted) -> Value {
    let summary = &hunted.summary;
    let seconds = summary.elapsed.as_secs_f64();
    json!({
        "name": summary.subject.name,
        "expect": expectation(&summary.subject),
        "verdict": match summary.verdict() {
            Verdict::AsExpected => "as-expected",
            Verdict::Unexpected => "unexpected",
            Verdict::Missed => "missed",
            Verdict::NothingRan => "nothing-ran",
            Verdict::Stopped => "stopped",
            Verdict::NotObservable => "not-observable",
            Verdict::Broken => "broken",
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
        "traces": hunted.traces.iter().map(|path| path.to_string_lossy()).collect::<Vec<_>>(),
    })
}

fn finding(found: &Found) -> Value {
    json!({
        "kind": found.finding.kind,
        "message": message(&found.finding.message),
        "signature": found.finding.signature(),
        "expected": found.expected,
        "place": found.finding.place,
        "task": found.finding.task.map(|task| message(&found.trace.task_name(task)).into_owned()),
        "execution": found.execution,
        "count": found.count,
        "strategy": found.input.strategy.name_in_files(),
        "seed": found.input.seed.to_string(),
        "steps": found.trace.steps.len(),
        "choices": found.trace.choices.len(),
        "preemptions": found.trace.preemptions,
    })
}
