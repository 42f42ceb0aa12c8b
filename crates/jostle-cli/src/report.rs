//! `jostle report`.

use std::fs;
use std::path::Path;

use anyhow::Context;
use jostle_core::backend::Suite;
use jostle_core::campaign::{Follower, apart};
use jostle_core::explain::Pair;
use jostle_core::trace::Trace;
use jostle_report::publish;
use jostle_report::{Execution, Page, html, json, perfetto};

use crate::args::Report;
use crate::exit::ExitStatus;
use crate::output;
use crate::recorded::{Recorded, Replayed};
use crate::replay;

/// A passing execution, and the pair whose order decides, where it fails and there.
type Compared = (Trace, Option<[Pair; 2]>);

pub(crate) fn run<S: Suite>(suite: &S, args: &Report) -> anyhow::Result<ExitStatus> {
    let recorded = Recorded::of(suite, &args.saved)?;
    let replayed = recorded.replay()?;
    let subject = recorded.subject();
    anyhow::ensure!(
        !replayed.run.rejected,
        "{}: the scenario's argument cannot be made out of this input, so there is nothing to \
         report; name another file",
        subject.name
    );
    let passing = match replayed.run.outcome.finding {
        Some(_) => passing(&recorded, &replayed.trace)?,
        None => None,
    };
    let commands = replay::commands(&args.saved.file, args.saved.scenario.as_deref());
    let page = Page {
        scenario: subject.name,
        about: subject.about,
        site: subject.site,
        failing: execution(&replayed),
        passing: passing.as_ref().map(|(trace, _)| Execution {
            finding: None,
            trace,
        }),
        decides: passing.as_ref().and_then(|(_, decides)| *decides),
        commands: &commands,
    };
    let read = &publish::read_source;
    if let Some(path) = &args.html {
        write(path, &html::render(&page, read), "--html")?;
    }
    if let Some(path) = &args.perfetto {
        write(path, &perfetto::render(&page), "--perfetto")?;
    }
    if args.json {
        output::print(&json::render(&page, read))?;
    }
    Ok(ExitStatus::AsExpected)
}

/// A passing execution to compare `failing` with: the nearest one that has the order of
/// two operations the other way round, with these, or else another one.
fn passing<S: Suite>(
    recorded: &Recorded<'_, S>,
    failing: &Trace,
) -> anyhow::Result<Option<Compared>> {
    let nearest = apart(recorded.suite, |_| {
        let mut follower = Follower::new(recorded.suite, recorded.target);
        follower.nearest(failing, recorded.data())
    })
    .map_err(|broken| recorded.fault(broken))?;
    if let Some((trace, decides)) = nearest {
        return Ok(Some((trace, Some(decides))));
    }
    let passing = recorded.passing(failing)?;
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
    output::warn(&format!("wrote {}", path.display()));
    Ok(())
}
