//! `jostle verify`: executes every behaviour of small scenarios.
//!
//! - [`mod@self`]: explores the scenarios.
//! - `conclusion`: turns an exploration's result into a verdict; `statement`: words it.
//! - `terminal`, `json`: the results in one format each.

mod conclusion;
mod json;
mod statement;
mod terminal;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use indicatif::HumanCount;
use jostle_core::backend::{Suite, TargetOf};
use jostle_core::campaign::Confirmed;
use jostle_core::input::{Input, Steering};
use jostle_core::strategy::Kind;
use jostle_core::subject::Subject;
use jostle_core::verify::{Bounds, End, Progress, Reduction, Verification, Verified};
use jostle_report::{Commands, publish};

use crate::args::Verify;
use crate::exit::ExitStatus;
use crate::output::{self, Fault};
use crate::progress::Line;
use crate::sink::Sinks;
use crate::verify::conclusion::Conclusion;
use crate::{interrupt, list, replay};

/// What became of one scenario.
pub(crate) struct Explored {
    name: &'static str,
    verified: Verified,
    conclusion: Conclusion,
    statement: String,
    /// The finding.
    saved: Option<Saved>,
}

/// A finding, and the path of its trace, or why it has none.
struct Saved {
    path: Option<PathBuf>,
    error: Option<anyhow::Error>,
    report: String,
}

/// The formats that were asked for.
fn sinks(args: &Verify) -> Sinks<Explored> {
    Sinks::new([json::asked(args), terminal::asked(args)])
}

pub(crate) fn run<S: Suite>(suite: &S, args: &Verify) -> anyhow::Result<ExitStatus> {
    let all = list::all(suite)?;
    let chosen = list::chosen::<S>(&all, &args.names)?;
    anyhow::ensure!(
        suite.capabilities().exhaustive,
        "what executes {} cannot go through every behaviour; `{}` explores some",
        args.names.join(", "),
        output::exploring(&args.names[0])
    );
    let verification = verification(args)?;
    output::check_out(args.out.as_deref())?;
    interrupt::catch(suite);
    let mut line = Line::new(args.json);
    let mut sinks = sinks(args);
    let mut results: Vec<Explored> = Vec::new();
    let mut rest = ExitStatus::AsExpected;
    for (i, &target) in chosen.iter().enumerate() {
        let subject = target.as_ref();
        let verified = explore(&verification, suite, target, args, &mut line);
        let saved = match &verified.end {
            End::Found(found) => Some(save(args, subject, found, &verification.data)),
            _ => None,
        };
        if let Some(error) = saved.as_ref().and_then(|saved| saved.error.as_ref()) {
            line.say(&format!("error: {error:#}"));
            rest = rest.max(ExitStatus::Unusable);
        }
        let conclusion = Conclusion::of(subject, suite.capabilities(), &verified);
        let explored = Explored {
            name: subject.name,
            statement: statement::statement(subject, &verification, &verified, conclusion),
            verified,
            conclusion,
            saved,
        };
        sinks.result(&explored, &line);
        results.push(explored);
        let left = chosen.len() - (i + 1);
        if interrupt::caught() && left > 0 {
            line.say(&format!(
                "Ctrl-C: {left} of {} scenarios were not explored",
                chosen.len()
            ));
            rest = rest.max(ExitStatus::Stopped);
            break;
        }
    }
    line.end();
    if !sinks.end(&results) {
        rest = rest.max(ExitStatus::Unusable);
    }
    for fault in results.iter().filter_map(Explored::fault) {
        output::complain(&fault.into());
    }
    let statuses = results.iter().map(|explored| explored.conclusion.status());
    Ok(statuses.fold(rest, ExitStatus::max))
}

impl Explored {
    fn fault(&self) -> Option<Fault> {
        match &self.verified.end {
            End::Broken(why) => Some(Fault {
                scenario: self.name,
                why: why.clone(),
            }),
            _ => None,
        }
    }
}

fn verification(args: &Verify) -> anyhow::Result<Verification> {
    let data = match &args.data {
        Some(path) => {
            publish::read_file(path).with_context(|| format!("cannot read {}", path.display()))?
        }
        None => Vec::new(),
    };
    Ok(Verification {
        reduction: match args.preemptions {
            Some(most) => Reduction::Preemptions(most),
            None => Reduction::Sources,
        },
        bounds: Bounds {
            steps: args.steps,
            rare: args.rare,
        },
        runs: args.runs,
        time: args.time,
        data,
    })
}

fn explore<S: Suite>(
    verification: &Verification,
    suite: &S,
    target: &TargetOf<S>,
    args: &Verify,
    line: &mut Line,
) -> Verified {
    let name = target.as_ref().name;
    let progress = Progress::default();
    let text = |elapsed: Duration| {
        let executions = progress.executions();
        let rate = executions as f64 / elapsed.as_secs_f64().max(0.001);
        format!(
            "{name}: {} executions, {}/s, {} classes",
            HumanCount(executions),
            HumanCount(rate as u64),
            HumanCount(progress.classes()),
        )
    };
    let stop = || progress.stop();
    line.during(suite, args.json, text, stop, || {
        verification.explore(suite, target, &progress)
    })
}

fn save(args: &Verify, subject: &Subject, found: &Confirmed, data: &[u8]) -> Saved {
    let input = Input {
        strategy: Kind::NonPreemptive,
        seed: 0,
        steering: Steering::none(),
        overrides: Vec::new(),
        data: data.to_vec(),
    };
    let (finding, trace) = (&found.finding, &found.trace);
    let (path, error) = match output::save(args.out.as_deref(), subject, &input, trace, finding) {
        Ok(path) => (Some(path), None),
        Err(error) => (None, Some(error)),
    };
    let commands = match &path {
        Some(path) => replay::commands(path, None),
        None => Commands {
            replay: format!(
                "{} verify {} --out ANOTHER_FOLDER",
                output::program(),
                subject.name
            ),
            minimize: None,
        },
    };
    Saved {
        report: publish::report(subject, finding, trace, &commands, args.full),
        path,
        error,
    }
}
