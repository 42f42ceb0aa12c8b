//! `jostle replay`.

use std::fs;
use std::path::Path;

use anyhow::Context;

use crate::campaign::{self, Run, Runner};
use crate::cli::args::Replay;
use crate::cli::list;
use crate::cli::outcome::{self, Outcome};
use crate::finding::Finding;
use crate::guard::watchdog;
use crate::input::Input;
use crate::present;
use crate::report::Commands;
use crate::scenario::Scenario;
use crate::scenario::registry::Scope;
use crate::trace::Trace;
use crate::trace::file::{self, ReadError, TraceFile};

/// What a file holds.
enum Subject {
    Trace(Box<TraceFile>),
    Input(Input),
}

/// A replayed execution.
struct Replayed {
    run: Run,
    trace: Trace,
    fingerprint: u64,
}

pub(super) fn run(scope: Scope, args: &Replay) -> anyhow::Result<Outcome> {
    let scenarios = list::all(scope)?;
    let bytes =
        fs::read(&args.file).with_context(|| format!("cannot read {}", args.file.display()))?;
    let (scenario, subject) = subject(args, &scenarios, &bytes)
        .with_context(|| format!("cannot replay {}", args.file.display()))?;
    watchdog::start();
    watchdog::on_stall(watchdog::Action::Exit(1));
    let replayed = replay(scenario, &subject)?;
    if let Subject::Trace(file) = &subject {
        if let Some(divergence) = &replayed.run.outcome.divergence {
            outcome::warn(&format!(
                "warning: the trace does not fit the scenario any more; {divergence}. The scenario \
                 has changed since it was recorded, or something decides that Jostle does not \
                 control"
            ));
        } else if file.fingerprint != replayed.fingerprint {
            outcome::warn(
                "warning: all choices of the trace fit, but the steps between them have changed \
                 since it was recorded",
            );
        }
    }
    let Some(finding) = &replayed.run.outcome.finding else {
        outcome::print(&clean(scenario, &replayed))?;
        return Ok(Outcome::AsExpected);
    };
    outcome::print(&show(scenario, finding, &replayed, args))?;
    Ok(Outcome::Finding)
}

/// What is to be executed, and of which scenario.
fn subject(
    args: &Replay,
    scenarios: &[&'static Scenario],
    bytes: &[u8],
) -> anyhow::Result<(&'static Scenario, Subject)> {
    match file::read(bytes) {
        Ok(file) => {
            let name = args.scenario.as_deref().unwrap_or(&file.scenario);
            Ok((
                list::named(scenarios, name)?,
                Subject::Trace(Box::new(file)),
            ))
        }
        // Any bytes are a fuzz input, so that only the user can tell.
        Err(ReadError::Foreign) if args.scenario.is_some() => {
            let name = args.scenario.as_deref().unwrap_or_default();
            let (_, input) = Input::decode(bytes);
            Ok((list::named(scenarios, name)?, Subject::Input(input)))
        }
        Err(error @ ReadError::Foreign) => Err(anyhow::Error::from(error)
            .context("for an input of libFuzzer name the scenario with --scenario")),
        Err(error) => Err(error.into()),
    }
}

/// On a thread of its own, which the execution may spoil.
fn replay(scenario: &'static Scenario, subject: &Subject) -> anyhow::Result<Replayed> {
    let replayed = std::thread::scope(|scope| {
        let execution = scope.spawn(|| {
            watchdog::subject(scenario, None);
            let mut runner = Runner::new();
            let run = match subject {
                Subject::Trace(file) => runner.replay(scenario, file.choices.clone(), &file.data),
                Subject::Input(input) => {
                    let profile = campaign::profile(&mut runner, scenario);
                    runner.run(scenario, &profile, input)
                }
            };
            Replayed {
                run,
                trace: runner.trace(),
                fingerprint: runner.fingerprint(),
            }
        });
        execution.join()
    });
    replayed.map_err(|_| anyhow::anyhow!("the executor gave up; this is a bug in jostle"))
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
        scenario.name, outcome.steps, outcome.choices, outcome.preemptions, replayed.fingerprint
    )
}

fn show(scenario: &Scenario, finding: &Finding, replayed: &Replayed, args: &Replay) -> String {
    let commands = Commands {
        replay: command(args),
        minimize: None,
    };
    let report = present::report(scenario, finding, &replayed.trace, &commands, args.full);
    format!("{report}Fingerprint: {:016x}\n", replayed.fingerprint)
}

/// The command that was given.
fn command(args: &Replay) -> String {
    let scenario = args
        .scenario
        .as_deref()
        .map_or_else(String::new, |name| format!(" --scenario {name}"));
    let program = std::env::args_os()
        .next()
        .unwrap_or_else(|| "jostle".into());
    format!(
        "{} replay{scenario} {}",
        present::quoted(Path::new(&program)),
        present::quoted(&args.file)
    )
}
