//! All results as the document of `--json`.

use jostle_report::text::{inert_json, message};
use serde_json::{Value, json};

use crate::output;
use crate::result::{Confirmed, Found, Status, Tested, Totals};

/// Raised when a field changes its meaning or goes away.
const VERSION: u32 = 1;

/// Prints the document.
///
/// # Errors
///
/// If it cannot be printed.
pub(crate) fn print(results: &[Tested], totals: &Totals, seed: u64) -> anyhow::Result<()> {
    let document = document(results, totals, seed);
    output::print_bytes(format!("{}\n", inert_json(&format!("{document:#}"))).as_bytes())
}

pub(crate) fn document(results: &[Tested], totals: &Totals, seed: u64) -> Value {
    json!({
        "jostle_test": VERSION,
        "seed": seed.to_string(),
        "passed": totals.status().code() == 0,
        "totals": {
            "ok": totals.ok,
            "single_threaded": totals.single_threaded,
            "failed": totals.failed,
            "broken": totals.broken,
            "not_explored": totals.not_explored,
            "stopped": totals.stopped,
            "ignored": totals.ignored,
            "executions": totals.executions,
            "seconds": totals.elapsed.as_secs_f64(),
        },
        "doctests_not_run": totals.doctests,
        "tests": results.iter().map(test).collect::<Vec<_>>(),
    })
}

fn test(tested: &Tested) -> Value {
    let figures = &tested.figures;
    let (mut said, mut remedy) = (None, None);
    let mut findings = Vec::new();
    match &tested.status {
        Status::Found(all) => findings = all.iter().map(finding).collect(),
        Status::Failed { output } => said = Some(output),
        Status::NotExplored {
            reason,
            remedy: what,
        } => (said, remedy) = (Some(reason), Some(what)),
        Status::Broken { why, .. } => said = Some(why),
        Status::Ok | Status::SingleThreaded | Status::Ignored | Status::Stopped => {}
    }
    json!({
        "name": tested.name,
        "binary": tested.binary,
        "test": tested.test,
        "source": tested.source.to_string_lossy(),
        "status": tested.status.name(),
        "executions": figures.executions,
        "distinct_interleavings": figures.distinct,
        "steps": figures.steps,
        "unseen_probability": figures.unseen,
        "seconds": tested.elapsed.as_secs_f64(),
        "message": said.map(|text| message(text)),
        "remedy": remedy,
        "cautions": tested.cautions,
        "kept_schedules": tested.kept.count,
        "kept_schedules_not_followed": tested.kept.notes,
        "findings": findings,
    })
}

fn finding(found: &Found) -> Value {
    let finding = &found.finding;
    let (confirmed, doubt) = match &found.confirmed {
        Confirmed::Yes => ("yes", None),
        Confirmed::No(why) => ("no", Some(why)),
        Confirmed::Untried(why) => ("untried", Some(why)),
    };
    json!({
        "kind": finding.kind,
        "message": message(&finding.message),
        "signature": finding.signature,
        "place": finding.place,
        "task": finding.task,
        "execution": finding.execution,
        "count": finding.count,
        "steps": finding.steps,
        "preemptions": finding.preemptions,
        "trace": found.trace.as_ref().map(|path| path.to_string_lossy()),
        "confirmed": confirmed,
        "doubt": doubt,
        "kept": found.kept,
    })
}
