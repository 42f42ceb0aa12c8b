//! Confirms a finding by replaying it on a fresh backend.

use std::fmt;

use crate::backend::{Broken, Suite, TargetOf};
use crate::campaign::runner::apart;
use crate::finding::{Finding, Kind};
use crate::trace::{Step, Trace};

/// A finding that was replayed.
#[derive(Clone, Debug)]
pub struct Confirmed {
    /// The finding, or one of kind [`Kind::Nondeterminism`] in its place if the
    /// replay went another way.
    pub finding: Finding,
    /// The record that the finding is about.
    pub trace: Trace,
}

/// Replays `trace` on a fresh OS thread and compares: the same choices have to
/// give the same steps and the same finding, or else something in the scenario
/// is not under control.
///
/// A data race need not be found again, nor need it have been found the first time:
/// ThreadSanitizer remembers the last four accesses to each eight bytes, and which
/// those are is a matter of chance. What it reports is true. Only the steps have to be
/// the same up to there.
///
/// # Errors
///
/// If the backend fails, which says nothing about the scenario.
///
/// # Panics
///
/// If the operating system gives no thread.
pub fn confirm<S: Suite>(
    suite: &S,
    target: &TargetOf<S>,
    finding: Finding,
    trace: Trace,
    data: &[u8],
) -> Result<Confirmed, Broken> {
    let choices = trace.choices.clone();
    let (again, other) = apart(suite, |runner| {
        let run = runner.replay(target, choices, data).sound()?;
        Ok((run.outcome.finding, runner.trace()))
    })?;
    let difference = match (again, other) {
        (again, other) if is_race(&finding) && other.steps.starts_with(&trace.steps) => {
            return Ok(Confirmed {
                finding: again.filter(is_race).unwrap_or(finding),
                trace,
            });
        }
        (Some(again), other) if is_race(&again) && trace.steps.starts_with(&other.steps) => {
            return Ok(Confirmed {
                finding: again,
                trace: other,
            });
        }
        (again, other) => compare(&finding, &trace, again.as_ref(), &other),
    };
    let finding = match difference {
        None => finding,
        Some(difference) => {
            let mut nondeterminism = Finding::new(
                Kind::Nondeterminism,
                format!(
                    "the same choices gave another execution: {difference}; something decides that \
                     Jostle does not control (a HashMap's order, the wall clock, tokio::select! \
                     without `biased;`, futures::select!, a static that keeps its value). It was \
                     found as: {finding}"
                ),
            );
            nondeterminism.task = finding.task;
            nondeterminism.place = finding.place;
            nondeterminism
        }
    };
    Ok(Confirmed { finding, trace })
}

fn is_race(finding: &Finding) -> bool {
    finding.kind == Kind::Race
}

/// The first difference between two executions, in words.
fn compare(
    finding: &Finding,
    trace: &Trace,
    again: Option<&Finding>,
    other: &Trace,
) -> Option<String> {
    if trace.fingerprint() == other.fingerprint()
        && again.map(Finding::signature) == Some(finding.signature())
    {
        return None;
    }
    let at = (0..trace.steps.len().max(other.steps.len()))
        .find(|&i| trace.steps.get(i) != other.steps.get(i));
    Some(match at {
        Some(i) => format!(
            "step {i} was {} and then {}",
            Shown(trace, trace.steps.get(i)),
            Shown(other, other.steps.get(i))
        ),
        None => match again {
            Some(again) => format!("the replay found: {again}"),
            None => "the replay found nothing".to_owned(),
        },
    })
}

struct Shown<'a>(&'a Trace, Option<&'a Step>);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shown(trace, step) = self;
        match step {
            Some(step) => write!(
                f,
                "`{}: {} {} at {}`",
                trace.task_name(step.task),
                step.kind,
                step.object,
                step.site
            ),
            None => f.write_str("the end"),
        }
    }
}
