//! Each finding once more, in a fresh process.
//!
//! The process that has found something has executed the test many times. What it could
//! not put back in between (a file, a child, a register of the kernel) can make an
//! execution fail that would not fail by itself. So a finding is what it says only if a
//! process that executes nothing else shows it, step by step: the fingerprint of the
//! replay has to be that of the trace.
//!
//! The same process prints the report.

use std::path::Path;
use std::time::Duration;

use crate::child::embedded::{self, Subject, Told};
use crate::output;
use crate::result::Confirmed;
use crate::saved;
use crate::test::explore::Campaign;

/// One execution takes less than a second; a report of many steps a few.
const LIMIT: Duration = Duration::from_secs(120);

/// Replays a trace. Gives what came of it and the report.
pub(crate) fn finding(
    trace: &Path,
    subject: &Subject<'_>,
    campaign: &Campaign,
    stop: &dyn Fn() -> bool,
) -> (Confirmed, String) {
    let tried = replay(trace, subject, campaign, stop);
    tried.unwrap_or_else(|error| (Confirmed::Untried(format!("{error:#}")), String::new()))
}

fn replay(
    trace: &Path,
    subject: &Subject<'_>,
    campaign: &Campaign,
    stop: &dyn Fn() -> bool,
) -> anyhow::Result<(Confirmed, String)> {
    let recorded = saved::recall(trace)?;
    saved::remember(trace, &campaign.build)?;
    let path = trace.to_string_lossy().into_owned();
    let mut command = vec!["replay".to_owned(), path];
    command.extend(campaign.args.full.then(|| "--full".to_owned()));
    let told = embedded::execute(subject, command, &campaign.setting, LIMIT, stop)?;
    let (code, stdout, errors) = match told {
        Told::Executed {
            code,
            stdout,
            errors,
            ..
        } => (code, stdout, errors),
        Told::Stopped => {
            let why = "Ctrl-C came before it was tried".to_owned();
            return Ok((Confirmed::Untried(why), String::new()));
        }
        Told::SingleThreaded { .. } => {
            let why = "a fresh process makes no thread".to_owned();
            return Ok((Confirmed::No(why), String::new()));
        }
        Told::Refused { reason, .. } => return Ok((Confirmed::Untried(reason), String::new())),
        // A program that crashes in the middle of Jostle does so in the replay, too.
        Told::Broken { why, .. } => return Ok((Confirmed::No(why), String::new())),
    };
    let printed = String::from_utf8_lossy(&stdout);
    let report = output::with_path(&output::inert(&printed), trace, campaign.shown(trace));
    let confirmed = match (code, fingerprint(&printed)) {
        (1, Some(fingerprint)) if fingerprint == recorded.fingerprint => Confirmed::Yes,
        (1, _) => Confirmed::No("a fresh process fails in another way".to_owned()),
        (0, _) => Confirmed::No("a fresh process does not fail".to_owned()),
        _ => {
            let why = errors.lines().last().unwrap_or("it could not be executed");
            Confirmed::No(why.to_owned())
        }
    };
    Ok((confirmed, report))
}

/// The last line of a replay names the fingerprint.
fn fingerprint(printed: &str) -> Option<&str> {
    printed
        .trim_end()
        .lines()
        .last()?
        .strip_prefix("Fingerprint: ")
}
