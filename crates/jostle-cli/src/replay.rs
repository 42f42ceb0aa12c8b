//! `jostle replay`.

use std::path::Path;

use crate::cli::args::Replay;
use crate::cli::outcome::{self, Outcome};
use crate::cli::subject::{self, Replayed, Subject};
use crate::finding::Finding;
use crate::present;
use crate::report::Commands;
use crate::scenario::Scenario;
use crate::scenario::registry::Scope;

pub(super) fn run(scope: Scope, args: &Replay) -> anyhow::Result<Outcome> {
    let subject = Subject::of(scope, &args.saved)?;
    let replayed = subject.replay()?;
    let Some(finding) = &replayed.run.outcome.finding else {
        outcome::print(&clean(subject.scenario, &replayed))?;
        return Ok(Outcome::AsExpected);
    };
    outcome::print(&show(subject.scenario, finding, &replayed, args))?;
    Ok(Outcome::Finding)
}

fn clean(scenario: &Scenario, replayed: &Replayed) -> String {
    let outcome = &replayed.run.outcome;
    if replayed.run.rejected {
        return format!(
            "{}: the scenario's argument cannot be made out of this input, so nothing ran\n",
            scenario.name
        );
    }
    format!(
        "{}: nothing found; {} steps, {} choices, {} preemptions, fingerprint {:016x}\n",
        scenario.name,
        outcome.steps,
        replayed.trace.choices.len(),
        outcome.preemptions,
        replayed.fingerprint
    )
}

fn show(scenario: &Scenario, finding: &Finding, replayed: &Replayed, args: &Replay) -> String {
    let commands = commands(&args.saved.file, args.saved.scenario.as_deref());
    let report = present::report(scenario, finding, &replayed.trace, &commands, args.full);
    format!("{report}Fingerprint: {:016x}\n", replayed.fingerprint)
}

/// The commands that go on from an execution in `file`.
pub(super) fn commands(file: &Path, scenario: Option<&str>) -> Commands {
    let command = |name| {
        format!(
            "{} {name}{} {}",
            outcome::program(),
            subject::scenario_option(scenario),
            present::quoted(file)
        )
    };
    Commands {
        replay: command("replay"),
        minimize: Some(command("minimize")),
    }
}
