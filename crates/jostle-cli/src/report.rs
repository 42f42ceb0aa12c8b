//! `jostle report`.

use std::fs;
use std::path::Path;

use anyhow::Context;

use crate::campaign::Follower;
use crate::cli::args::Report;
use crate::cli::outcome::{self, Outcome};
use crate::cli::replay;
use crate::cli::subject::{Replayed, Subject};
use crate::explain::Pair;
use crate::present;
use crate::report::{Execution, Page, html, json, perfetto};
use crate::scenario::registry::Scope;
use crate::trace::Trace;

/// A passing execution, and the pair whose order decides, where it fails and there.
type Compared = (Trace, Option<[Pair; 2]>);

pub(super) fn run(scope: Scope, args: &Report) -> anyhow::Result<Outcome> {
    let subject = Subject::of(scope, &args.saved)?;
    let replayed = subject.replay()?;
    let scenario = subject.scenario;
    anyhow::ensure!(
        !replayed.run.rejected,
        "{}: the scenario's argument cannot be made out of this input, so there is nothing to \
         report; name another file",
        scenario.name
    );
    let passing = match replayed.run.outcome.finding {
        Some(_) => passing(&subject, &replayed.trace)?,
        None => None,
    };
    let commands = replay::commands(&args.saved.file, args.saved.scenario.as_deref());
    let page = Page {
        scenario: scenario.name,
        about: scenario.about,
        site: scenario.site,
        failing: execution(&replayed),
        passing: passing.as_ref().map(|(trace, _)| Execution {
            finding: None,
            trace,
        }),
        decides: passing.as_ref().and_then(|(_, decides)| *decides),
        commands: &commands,
    };
    let read = &present::read_source;
    if let Some(path) = &args.html {
        write(path, &html::render(&page, read), "--html")?;
    }
    if let Some(path) = &args.perfetto {
        write(path, &perfetto::render(&page), "--perfetto")?;
    }
    if args.json {
        outcome::print(&json::render(&page, read))?;
    }
    Ok(Outcome::AsExpected)
}

/// A passing execution to compare `failing` with: the nearest one that has the order of
/// two operations the other way round, with these, or else another one.
fn passing(subject: &Subject, failing: &Trace) -> anyhow::Result<Option<Compared>> {
    // On a thread of its own, which an execution may spoil.
    let nearest = std::thread::scope(|scope| {
        let work = || Follower::new(subject.scenario).nearest(failing, subject.data());
        scope.spawn(work).join()
    });
    if let Ok(Some((trace, decides))) = nearest {
        return Ok(Some((trace, Some(decides))));
    }
    let passing = subject.passing(failing)?;
    Ok(passing.map(|replayed| (replayed.trace, None)))
}

fn execution(replayed: &Replayed) -> Execution<'_> {
    Execution {
        finding: replayed.run.outcome.finding.as_ref(),
        trace: &replayed.trace,
    }
}

fn write(path: &Path, text: &str, option: &str) -> anyhow::Result<()> {
    fs::write(path, text).with_context(|| {
        format!(
            "cannot write to {}; name another file with {option}",
            path.display()
        )
    })?;
    outcome::warn(&format!("wrote {}", path.display()));
    Ok(())
}
