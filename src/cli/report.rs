//! `jostle report`.

use std::fs;
use std::path::Path;

use anyhow::Context;

use crate::cli::args::Report;
use crate::cli::outcome::{self, Outcome};
use crate::cli::replay;
use crate::cli::subject::{Replayed, Subject};
use crate::present;
use crate::report::{Execution, Page, html, json, perfetto};
use crate::scenario::registry::Scope;

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
        Some(_) => subject.passing(&replayed.trace)?,
        None => None,
    };
    let commands = replay::commands(&args.saved.file, args.saved.scenario.as_deref());
    let page = Page {
        scenario: scenario.name,
        about: scenario.about,
        site: scenario.site,
        failing: execution(&replayed),
        passing: passing.as_ref().map(execution),
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
