//! The kept schedules of a test, executed before it is explored.
//!
//! One that fails again is a finding, confirmed in a fresh process as any other, and then
//! the test is not explored: what was mended once comes first. One that cannot be followed
//! any more is said and is no failure.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;

use crate::child::embedded::{self, Subject, Told};
use crate::child::retested::{self, Retested};
use crate::kept;
use crate::result::{Confirmed, Found, Kept, Status};
use crate::test::confirm;
use crate::test::explore::Campaign;

/// A schedule is a few hundred executions at most.
const LIMIT: Duration = Duration::from_secs(120);

/// Executes all kept schedules of a test. `Err` is how the test ended by them.
pub(crate) fn all(
    subject: &Subject<'_>,
    campaign: &Campaign,
    stop: &dyn Fn() -> bool,
) -> Result<Kept, Status> {
    let failed = |error: anyhow::Error| Status::Broken {
        why: format!("its kept schedules were not executed: {error:#}"),
        errors: String::new(),
    };
    let files = kept::of(subject.binary, &subject.name).map_err(failed)?;
    if files.is_empty() {
        return Ok(Kept::default());
    }
    let retested = execute(&files, subject, campaign, stop).map_err(failed)?;
    let Some(retested) = retested? else {
        return Ok(Kept::default());
    };
    let mut kept = Kept {
        count: retested.len(),
        notes: Vec::new(),
    };
    let mut found = Vec::new();
    for it in retested {
        match it.outcome.as_str() {
            "passes" => {}
            "not-followed" => kept.notes.push(note(&it, campaign)),
            _ => found.push(finding(it, subject, campaign, stop).map_err(failed)?),
        }
    }
    match found.is_empty() {
        true => Ok(kept),
        false => Err(Status::Found(found)),
    }
}

/// What a process tells of the schedules; nothing where the test makes no thread.
fn execute(
    files: &[PathBuf],
    subject: &Subject<'_>,
    campaign: &Campaign,
    stop: &dyn Fn() -> bool,
) -> anyhow::Result<Result<Option<Vec<Retested>>, Status>> {
    let mut command = vec!["retest".to_owned(), "--out".to_owned()];
    command.push(campaign.out.to_string_lossy().into_owned());
    command.extend(files.iter().map(|file| file.to_string_lossy().into_owned()));
    let limit = LIMIT.saturating_mul(u32::try_from(files.len()).unwrap_or(u32::MAX));
    let told = embedded::execute(subject, command, &campaign.setting, limit, stop)?;
    Ok(match told {
        Told::Executed {
            code: 0 | 1,
            stdout,
            ..
        } => Ok(Some(retested::read(&stdout)?)),
        Told::Executed { code, errors, .. } => {
            let why = format!("its kept schedules were not executed: exit code {code}");
            Err(Status::Broken { why, errors })
        }
        // Exploring it comes to the same, and says so.
        Told::SingleThreaded { .. } | Told::Refused { .. } => Ok(None),
        Told::Stopped => Err(Status::Stopped),
        Told::Broken { why, errors } => Err(Status::Broken { why, errors }),
    })
}

fn finding(
    it: Retested,
    subject: &Subject<'_>,
    campaign: &Campaign,
    stop: &dyn Fn() -> bool,
) -> anyhow::Result<Found> {
    let finding = it.finding.context("a failure without a finding")?;
    let (confirmed, report) = match &it.trace {
        Some(trace) => confirm::finding(trace, subject, campaign, stop),
        None => (
            Confirmed::Untried("its trace could not be saved".to_owned()),
            String::new(),
        ),
    };
    let shown = campaign.shown(&it.file).display().to_string();
    let kept = match it.outcome.as_str() {
        "fails-nearby" => format!("a schedule around the kept one of {shown} fails"),
        _ => format!("the kept schedule of {shown} fails again"),
    };
    Ok(Found {
        finding,
        trace: it.trace,
        confirmed,
        report,
        kept: Some(kept),
    })
}

/// That a schedule does not fit any more.
fn note(it: &Retested, campaign: &Campaign) -> String {
    let missed = it.missed.as_deref().unwrap_or_default();
    format!(
        "the kept schedule of {} fits no more: {} of {} rows could be followed, then {missed}. \
         Nothing was found around it; delete it if the bug cannot come back, or export a \
         failure anew",
        campaign.shown(&it.file).display(),
        it.followed,
        it.rows,
    )
}
