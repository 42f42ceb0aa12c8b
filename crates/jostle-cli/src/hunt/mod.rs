//! `jostle hunt`: explores scenarios and reports findings.
//!
//! - [`mod@self`]: explores the scenarios and decides how the command ends.
//! - `terminal`, `json`, `junit`, `annotations`: the results in one format each.

mod annotations;
mod json;
mod junit;
mod terminal;

use std::path::{Path, PathBuf};
use std::time::Duration;

use indicatif::HumanCount;
use jostle_core::backend::{Suite, TargetOf};
use jostle_core::campaign::{Campaign, Found, Progress, Summary, Verdict};
use jostle_core::coverage::FeatureKinds;
use jostle_core::input::Input;
use jostle_core::subject::Expect;
use jostle_report::{Commands, publish};

use crate::args::Hunt;
use crate::corpus::{self, Corpus};
use crate::exit::ExitStatus;
use crate::output::{self, Fault};
use crate::progress::Line;
use crate::sink::Sinks;
use crate::{interrupt, list, replay};

/// Executions of a scenario that expects nothing. That takes less than a second.
const CLEAN_RUNS: u64 = 2_000;

/// Executions in which a known bug is looked for at most.
const BUG_RUNS: u64 = 100_000;

/// What became of one scenario.
pub(crate) struct Hunted {
    summary: Summary,
    /// The traces of the findings that are of interest.
    traces: Vec<PathBuf>,
    /// Their reports.
    reports: Vec<String>,
}

/// The formats that were asked for.
fn sinks(args: &Hunt) -> Sinks<Hunted> {
    Sinks::new([
        junit::asked(args),
        json::asked(args),
        terminal::asked(args),
        annotations::asked(args),
    ])
}

pub(crate) fn run<S: Suite>(suite: &S, args: &Hunt) -> anyhow::Result<ExitStatus> {
    let all = list::all(suite)?;
    let chosen = match args.names.is_empty() {
        true => all,
        false => list::chosen::<S>(&all, &args.names)?,
    };
    if args.runs == Some(0) && args.corpus.is_none() {
        anyhow::bail!("--runs 0 executes nothing but a corpus; name one with --corpus");
    }
    if let Some(folder) = &args.corpus {
        corpus::check(folder)?;
    }
    output::check_outputs(None, &[("--junit", args.junit.as_deref())])?;
    output::check_out(args.out.as_deref())?;
    if suite.threads() {
        check_threads(jobs(args.jobs))?;
    }
    interrupt::catch(suite);
    let mut line = Line::new(args.json);
    let mut sinks = sinks(args);
    let mut results = Vec::new();
    // Whether everything is where it should be. What is not is complained of, and nothing
    // that was found is lost for it.
    let mut written = true;
    for (i, target) in chosen.iter().enumerate() {
        let corpus = match &args.corpus {
            Some(folder) => Corpus::open(folder, target.as_ref(), suite)?,
            None => Corpus::default(),
        };
        let seeds = corpus.inputs();
        let summary = explore(suite, target, args, seeds, &mut line, i + 1, chosen.len());
        if let Err(error) = corpus.save(&summary.kept) {
            line.say(&format!("error: {error:#}"));
            written = false;
        }
        let hunted = save(summary, args, &line, &mut written);
        sinks.result(&hunted, &line);
        results.push(hunted);
        if interrupt::caught() {
            break;
        }
    }
    line.end();
    written &= sinks.end(&results);
    let stopped = results
        .iter()
        .filter(|hunted| hunted.verdict() == Verdict::Stopped);
    let left = chosen.len() - (results.len() - stopped.count());
    if left > 0 {
        output::warn(&format!(
            "Ctrl-C: {left} of {} scenarios were not explored to the end",
            chosen.len()
        ));
    }
    for fault in results.iter().filter_map(Hunted::fault) {
        output::complain(&fault.into());
    }
    // Some of the catalogue may be out of sight; if all that was asked for is, the
    // command has done nothing.
    let unseen = |hunted: &Hunted| hunted.verdict() == Verdict::NotObservable;
    if left == 0 && results.iter().all(unseen) {
        anyhow::bail!(
            "only a ThreadSanitizer build can see a data race; build with the nightly toolchain \
             and RUSTFLAGS=-Zsanitizer=thread"
        );
    }
    let rest = match left {
        0 if written => ExitStatus::AsExpected,
        0 => ExitStatus::Unusable,
        _ => ExitStatus::Stopped,
    };
    let gravest = results.iter().map(Hunted::status).max();
    Ok(gravest.map_or(rest, |status| status.max(rest)))
}

impl Hunted {
    fn verdict(&self) -> Verdict {
        self.summary.verdict()
    }

    fn status(&self) -> ExitStatus {
        match self.verdict() {
            Verdict::AsExpected | Verdict::NotObservable => ExitStatus::AsExpected,
            Verdict::Stopped => ExitStatus::Stopped,
            Verdict::Broken => ExitStatus::Broken,
            Verdict::Unexpected | Verdict::Missed | Verdict::NothingRan => ExitStatus::Finding,
        }
    }

    fn fault(&self) -> Option<Fault> {
        Some(Fault {
            scenario: self.summary.subject.name,
            why: self.summary.broken.clone()?,
        })
    }
}

/// Saves the traces of the findings that are of interest: all of a scenario that was
/// named, and otherwise those that it does not expect. One that cannot be saved is reported
/// all the same, with a command that finds it again.
fn save(summary: Summary, args: &Hunt, line: &Line, written: &mut bool) -> Hunted {
    let subject = &summary.subject;
    let (mut traces, mut reports) = (Vec::new(), Vec::new());
    let wanted = |found: &&Found| !found.expected || !args.names.is_empty();
    for found in summary.findings.iter().filter(wanted) {
        let (finding, trace) = (&found.finding, &found.trace);
        let out = args.out.as_deref();
        let commands = match output::save(out, subject, &found.input, trace, finding) {
            Ok(path) => {
                let commands = replay::commands(&path, None);
                traces.push(path);
                commands
            }
            Err(error) => {
                line.say(&format!("error: {error:#}"));
                *written = false;
                Commands {
                    replay: again(subject.name, args),
                    minimize: None,
                }
            }
        };
        reports.push(publish::report(
            subject, finding, trace, &commands, args.full,
        ));
    }
    Hunted {
        summary,
        traces,
        reports,
    }
}

/// The command that explores this scenario as this one does.
fn again(name: &str, args: &Hunt) -> String {
    let name = publish::quoted(Path::new(name));
    let mut command = format!("{} hunt {name} --seed {}", output::program(), args.seed);
    for strategy in &args.strategy {
        command += &format!(" --strategy {strategy}");
    }
    command + &format!(" --jobs {} --out ANOTHER_FOLDER", jobs(args.jobs))
}

fn jobs(asked: Option<u16>) -> usize {
    asked.map_or_else(
        || std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        usize::from,
    )
}

/// Checks that there are as many OS threads as were asked for, and the few more that a
/// hunt needs.
///
/// # Errors
///
/// If there are not, with how many there are.
fn check_threads(asked: usize) -> anyhow::Result<()> {
    const MORE: usize = 4;
    let wanted = asked + MORE;
    // Each waits until all are there, and ends with the list.
    let (end, ended) = std::sync::mpsc::channel::<()>();
    let ended = std::sync::Mutex::new(ended);
    let had = std::thread::scope(|scope| {
        let ended = &ended;
        let wait = || {
            let _ = ended.lock().map(|ended| ended.recv());
        };
        let threads = (0..wanted).map_while(|_| {
            let thread = std::thread::Builder::new();
            thread.spawn_scoped(scope, wait).ok()
        });
        let had = threads.count();
        drop(end);
        had
    });
    anyhow::ensure!(
        had == wanted,
        "there are not enough OS threads for {asked} jobs; use --jobs {} or raise the limit \
         (`ulimit -u`)",
        had.saturating_sub(MORE).max(1)
    );
    Ok(())
}

fn explore<S: Suite>(
    suite: &S,
    target: &TargetOf<S>,
    args: &Hunt,
    corpus: &[Input],
    line: &mut Line,
    nth: usize,
    of: usize,
) -> Summary {
    let subject = target.as_ref();
    let default = match subject.expect {
        _ if args.time.is_some() => u64::MAX,
        Expect::Clean => CLEAN_RUNS,
        Expect::Finds(..) => BUG_RUNS,
    };
    let campaign = Campaign {
        strategies: args.strategy.clone(),
        runs: args
            .runs
            .unwrap_or(default)
            .saturating_add(corpus.len() as u64),
        time: args.time,
        seed: args.seed,
        jobs: jobs(args.jobs),
        stop_at_first: !args.keep_going,
        features: FeatureKinds::SEARCH,
    };
    let progress = Progress::default();
    let text = |elapsed| live(subject.name, nth, of, &progress, elapsed);
    let stop = || progress.stop();
    line.during(suite, args.json, text, stop, || {
        campaign.explore_from(corpus, suite, target, &progress)
    })
}

fn live(name: &str, nth: usize, of: usize, progress: &Progress, elapsed: Duration) -> String {
    let executions = progress.executions();
    let rate = (executions as f64 / elapsed.as_secs_f64().max(0.001)) as u64;
    let unseen = progress.unseen().map_or_else(String::new, |unseen| {
        format!(" ({:.1} % of the next ones new)", 100.0 * unseen)
    });
    format!(
        "[{nth}/{of}] {name}: {} executions, {}/s, {} distinct{unseen}, {} findings",
        HumanCount(executions),
        HumanCount(rate),
        HumanCount(progress.distinct()),
        HumanCount(progress.findings()),
    )
}
