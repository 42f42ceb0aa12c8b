//! `jostle report`: re-executes a trace or fuzz input and writes reports in any format.

use std::path::Path;

use jostle_core::backend::Suite;
use jostle_core::campaign::{Replayer, apart};
use jostle_core::explain::Pair;
use jostle_core::trace::Trace;
use jostle_report::publish;
use jostle_report::{Execution, Page, html, json, perfetto};

use crate::args::Report;
use crate::exit::ExitStatus;
use crate::output;
use crate::recorded::{Recorded, ReplayOutcome};
use crate::replay;

/// A passing execution, and the pair whose order decides, where it fails and there.
type Compared = (Trace, Option<[Pair; 2]>);

pub(crate) fn run<S: Suite>(suite: &S, args: &Report) -> anyhow::Result<ExitStatus> {
    let recorded = Recorded::of(suite, &args.saved)?;
    let files = [
        ("--html", args.html.as_deref()),
        ("--perfetto", args.perfetto.as_deref()),
    ];
    output::check_outputs(Some(&args.saved.file), &files)?;
    let replayed = recorded.replay()?;
    let subject = recorded.subject();
    anyhow::ensure!(
        !replayed.run.rejected,
        "{}: the scenario's argument cannot be made out of this input, so there is nothing to \
         report; name another file",
        subject.name
    );
    if args.html.is_none() && args.perfetto.is_none() && !args.json {
        output::print(&match &replayed.run.outcome.finding {
            Some(finding) => replay::show(subject, finding, &replayed, &args.saved, false),
            None => replay::clean(subject, &replayed),
        })?;
        return Ok(ExitStatus::AsExpected);
    }
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
        output::print_bytes(json::render(&page, read).as_bytes())?;
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
        let mut replayer = Replayer::new(recorded.suite, recorded.target);
        replayer.nearest(failing, recorded.data())
    })
    .map_err(|broken| recorded.fault(broken))?;
    if let Some((trace, decides)) = nearest {
        return Ok(Some((trace, Some(decides))));
    }
    let passing = recorded.passing(failing)?;
    Ok(passing.map(|replayed| (replayed.trace, None)))
}

fn execution(replayed: &ReplayOutcome) -> Execution<'_> {
    Execution {
        finding: replayed.run.outcome.finding.as_ref(),
        trace: &replayed.trace,
    }
}

fn write(path: &Path, text: &str, option: &str) -> anyhow::Result<()> {
    output::write(path, text.as_bytes(), option)?;
    output::warn(&format!("wrote {}", path.display()));
    Ok(())
}
