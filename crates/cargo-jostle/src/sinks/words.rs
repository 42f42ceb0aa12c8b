//! Results in words, each in one line.

use indicatif::HumanCount;
use jostle_report::text::{clean, message};

use crate::child::hunted::Finding;
use crate::result::{Confirmed, Found, Status, Tested};

/// What stands behind the name of a test.
pub(crate) fn status(tested: &Tested) -> String {
    let figures = &tested.figures;
    match &tested.status {
        Status::Ok => format!(
            "ok ({}{}, {} distinct)",
            schedules(tested.kept.count),
            executions(figures.executions),
            HumanCount(figures.distinct)
        ),
        Status::SingleThreaded => "ok (1 execution: it makes no thread)".to_owned(),
        Status::Found(all) => {
            let first = all.first().map_or_else(String::new, |found| {
                let kind = kind(found);
                if found.kept.is_some() {
                    return format!("{kind}: a kept schedule fails again");
                }
                format!(
                    "{kind} at execution {}",
                    HumanCount(found.finding.execution)
                )
            });
            let more = match all.len() {
                0 | 1 => String::new(),
                n => format!(", {} more", n - 1),
            };
            format!("FAILED ({first}{more})")
        }
        Status::Failed { .. } => "FAILED (without another thread)".to_owned(),
        Status::Ignored => "ignored".to_owned(),
        Status::NotExplored { reason, .. } => format!("not explored: {}", clean(reason)),
        Status::Stopped => format!("stopped ({})", executions(figures.executions)),
        Status::Broken { why, .. } => format!("BROKEN ({})", clean(why)),
    }
}

/// The kind of a finding as it is to be taken: one that a fresh process does not show is
/// none of the kind that it seemed to be.
pub(crate) fn kind(found: &Found) -> String {
    match found.confirmed {
        Confirmed::No(_) => format!("nondeterminism: {}", clean(&found.finding.kind)),
        Confirmed::Yes | Confirmed::Untried(_) => clean(&found.finding.kind),
    }
}

/// The first line of a finding's message.
pub(crate) fn headline(finding: &Finding) -> String {
    let line = finding.message.lines().next().unwrap_or_default();
    clean(&message(line))
}

/// What is to be said about a finding that a fresh process has not shown.
pub(crate) fn doubt(found: &Found) -> Option<String> {
    match &found.confirmed {
        Confirmed::Yes => None,
        Confirmed::No(why) => Some(format!(
            "{}. Either the test depends on something outside of it (a file that stays, the \
             time, a child), or only executions before this one made it fail; it may be a real \
             bug all the same",
            clean(why)
        )),
        Confirmed::Untried(why) => Some(format!(
            "it was not executed again in a fresh process: {}",
            clean(why)
        )),
    }
}

/// `3 kept schedules, `, or nothing.
fn schedules(count: usize) -> String {
    match count {
        0 => String::new(),
        1 => "1 kept schedule, ".to_owned(),
        n => format!("{n} kept schedules, "),
    }
}

/// A number of them in words.
pub(crate) fn executions(count: u64) -> String {
    match count {
        1 => "1 execution".to_owned(),
        n => format!("{} executions", HumanCount(n)),
    }
}
