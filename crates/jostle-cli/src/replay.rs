//! `jostle replay`: re-executes a trace or fuzz input and shows the report.

use std::path::Path;

use jostle_core::backend::Suite;
use jostle_core::finding::Finding;
use jostle_core::subject::Subject;
use jostle_report::Commands;
use jostle_report::publish;

use crate::args::{Replay, Saved};
use crate::exit::ExitStatus;
use crate::output;
use crate::recorded::{self, Recorded, ReplayOutcome};

pub(crate) fn run<S: Suite>(suite: &S, args: &Replay) -> anyhow::Result<ExitStatus> {
    let recorded = Recorded::of(suite, &args.saved)?;
    let replayed = recorded.replay()?;
    let Some(finding) = &replayed.run.outcome.finding else {
        output::print(&clean(recorded.subject(), &replayed))?;
        if !replayed.fits {
            output::warn(&format!(
                "error: what was recorded could not be executed again, so that this says nothing \
                 about it; `{}` looks for failures anew",
                output::exploring(recorded.subject().name)
            ));
            return Ok(ExitStatus::Unusable);
        }
        return Ok(ExitStatus::AsExpected);
    };
    let shown = show(
        recorded.subject(),
        finding,
        &replayed,
        &args.saved,
        args.full,
    );
    // A finding is one, whether it can be printed or not.
    if let Err(error) = output::print(&shown) {
        output::complain(&error);
    }
    Ok(ExitStatus::Finding)
}

pub(crate) fn clean(subject: &Subject, replayed: &ReplayOutcome) -> String {
    let outcome = &replayed.run.outcome;
    if replayed.run.rejected {
        return format!(
            "{}: the scenario's argument cannot be made out of this input, so nothing ran\n",
            subject.name
        );
    }
    format!(
        "{}: nothing found; {} steps, {} choices, {} preemptions, fingerprint {:016x}\n",
        subject.name,
        outcome.steps,
        replayed.trace.choices.len(),
        outcome.preemptions,
        replayed.fingerprint
    )
}

pub(crate) fn show(
    subject: &Subject,
    finding: &Finding,
    replayed: &ReplayOutcome,
    saved: &Saved,
    full: bool,
) -> String {
    let commands = commands(&saved.file, saved.scenario.as_deref());
    let report = publish::report(subject, finding, &replayed.trace, &commands, full);
    format!("{report}Fingerprint: {:016x}\n", replayed.fingerprint)
}

/// The commands that go on from an execution in `file`.
pub(crate) fn commands(file: &Path, scenario: Option<&str>) -> Commands {
    let command = |name| {
        format!(
            "{} {name}{} {}",
            output::program(),
            recorded::scenario_option(scenario),
            publish::quoted(file)
        )
    };
    Commands {
        replay: command("replay"),
        minimize: Some(command("minimize")),
    }
}
