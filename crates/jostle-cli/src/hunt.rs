//! `jostle hunt`.

use std::path::Path;
use std::time::Duration;

use indicatif::HumanCount;

use crate::campaign::{Campaign, Found, Progress, Summary, Verdict};
use crate::cli::args::Hunt;
use crate::cli::corpus::Corpus;
use crate::cli::outcome::{self, Outcome, in_one_line};
use crate::cli::progress::Line;
use crate::cli::{annotations, interrupt, json, junit, list, replay};
use crate::coverage::Aspects;
use crate::guard::watchdog;
use crate::input::Input;
use crate::present;
use crate::scenario::registry::Scope;
use crate::scenario::{Expect, Scenario};

/// Executions of a scenario that expects nothing. That takes less than a second.
const CLEAN_RUNS: u64 = 2_000;

/// Executions in which a known bug is looked for at most.
const BUG_RUNS: u64 = 100_000;

pub(super) fn run(scope: Scope, args: &Hunt) -> anyhow::Result<Outcome> {
    let all = list::all(scope)?;
    let chosen = if args.names.is_empty() {
        all
    } else {
        let named = args.names.iter().map(|name| list::named(&all, name));
        named.collect::<anyhow::Result<_>>()?
    };
    if args.runs == Some(0) && args.corpus.is_none() {
        anyhow::bail!("--runs 0 executes nothing but a corpus; name one with --corpus");
    }
    interrupt::catch();
    watchdog::on_stall(watchdog::Action::Exit(1));
    let mut line = Line::new(args.json);
    let mut summaries = Vec::new();
    let mut saved = Vec::new();
    let mut reports = Vec::new();
    for (i, scenario) in chosen.iter().enumerate() {
        let corpus = match &args.corpus {
            Some(folder) => Corpus::open(folder, scenario, scope)?,
            None => Corpus::default(),
        };
        let seeds = corpus.inputs();
        let summary = explore(scenario, args, seeds, &mut line, i + 1, chosen.len());
        corpus.save(&summary.kept)?;
        let wanted = |found: &&Found| !found.expected || !args.names.is_empty();
        let mut paths = Vec::new();
        let mut texts = Vec::new();
        for found in summary.findings.iter().filter(wanted) {
            let path = outcome::save(
                &args.out,
                scenario,
                &found.input,
                &found.trace,
                &found.finding,
            )?;
            let text = show(scenario, found, &path, args.full);
            if !args.json {
                line.say(&text);
            }
            paths.push(path);
            texts.push(text);
        }
        if !args.json {
            line.say(&verdict(&summary));
        }
        if args.annotations.is_now() {
            for annotation in annotations::lines(&summary) {
                line.say(&annotation);
            }
        }
        summaries.push(summary);
        saved.push(paths);
        reports.push(texts);
        if interrupt::caught() {
            break;
        }
    }
    line.end();
    if let Some(path) = &args.junit {
        junit::write(path, &summaries, &reports)?;
    }
    let verdicts = || summaries.iter().map(Summary::verdict);
    let finished = summaries.len() - verdicts().filter(|&v| v == Verdict::Stopped).count();
    let left = chosen.len() - finished;
    if args.json {
        outcome::print(&json::document(args.seed, &summaries, &saved))?;
    } else {
        outcome::print(&total(&summaries))?;
    }
    if left > 0 {
        outcome::warn(&format!(
            "Ctrl-C: {left} of {} scenarios were not explored to the end",
            chosen.len()
        ));
    }
    // Some of the catalogue may be out of sight; if all that was asked for is, the
    // command has done nothing.
    if left == 0 && verdicts().all(|v| v == Verdict::NotObservable) {
        anyhow::bail!(
            "only a ThreadSanitizer build can see a data race; build with the nightly toolchain \
             and RUSTFLAGS=-Zsanitizer=thread"
        );
    }
    let good = |v| {
        let fine = [
            Verdict::AsExpected,
            Verdict::NotObservable,
            Verdict::Stopped,
        ];
        fine.contains(&v)
    };
    Ok(match (verdicts().all(good), left) {
        (false, _) => Outcome::Finding,
        (true, 0) => Outcome::AsExpected,
        (true, _) => Outcome::Stopped,
    })
}

fn explore(
    scenario: &'static Scenario,
    args: &Hunt,
    corpus: &[Input],
    line: &mut Line,
    nth: usize,
    of: usize,
) -> Summary {
    let default = match scenario.expect {
        _ if args.time.is_some() => u64::MAX,
        Expect::Clean => CLEAN_RUNS,
        Expect::Finds(..) => BUG_RUNS,
    };
    let jobs = args.jobs.map_or_else(
        || std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        usize::from,
    );
    let campaign = Campaign {
        strategies: args.strategy.clone(),
        runs: args
            .runs
            .unwrap_or(default)
            .saturating_add(corpus.len() as u64),
        time: args.time,
        seed: args.seed,
        jobs,
        stop_at_first: !args.keep_going,
        aspects: Aspects::SEARCH,
    };
    let progress = Progress::default();
    let text = |elapsed| live(scenario.name, nth, of, &progress, elapsed);
    let stop = || progress.stop();
    line.during(args.json, text, stop, || {
        campaign.explore_from(corpus, scenario, &progress)
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

fn show(scenario: &Scenario, found: &Found, path: &Path, full: bool) -> String {
    let commands = replay::commands(path, None);
    present::report(scenario, &found.finding, &found.trace, &commands, full)
}

fn verdict(summary: &Summary) -> String {
    let name = summary.scenario.name;
    let executions = HumanCount(summary.executions);
    match summary.verdict() {
        Verdict::AsExpected => match summary.findings.first() {
            Some(found) => format!(
                "ok       {name}: {} (as expected, execution {})",
                in_one_line(&found.finding),
                HumanCount(found.execution)
            ),
            None => format!(
                "ok       {name}: nothing found in {executions} executions, {} distinct{}",
                HumanCount(summary.distinct),
                summary.unseen.map_or_else(String::new, |unseen| format!(
                    " (of the next ones about {:.1} % would be new)",
                    100.0 * unseen.probability
                ))
            ),
        },
        Verdict::Unexpected => match summary.findings.iter().find(|f| !f.expected) {
            Some(found) => format!(
                "FINDING  {name}: {} (execution {})",
                in_one_line(&found.finding),
                HumanCount(found.execution)
            ),
            None => format!("FINDING  {name}"),
        },
        Verdict::Missed => format!(
            "MISSED   {name}: expects {}, not found in {executions} executions",
            list::expectation(summary.scenario)
        ),
        Verdict::NotObservable => format!(
            "skipped  {name}: expects {}, which only a ThreadSanitizer build sees",
            list::expectation(summary.scenario)
        ),
        Verdict::Stopped => {
            let expects = match summary.scenario.expect {
                Expect::Clean => String::new(),
                Expect::Finds(..) => format!("expects {}, ", list::expectation(summary.scenario)),
            };
            format!("stopped  {name}: {expects}nothing found so far in {executions} executions")
        }
        Verdict::NothingRan => format!("NOTHING  {name}: {}", summary.why_nothing_ran()),
    }
}

fn total(summaries: &[Summary]) -> String {
    let count = |v: Verdict| summaries.iter().filter(|s| s.verdict() == v).count();
    let executions: u64 = summaries.iter().map(|s| s.executions).sum();
    let seconds: f64 = summaries.iter().map(|s| s.elapsed.as_secs_f64()).sum();
    format!(
        "{} scenarios: {} as expected, {} with an unexpected finding, {} missed, \
         {} skipped; {} executions in {seconds:.1} s\n",
        summaries.len(),
        count(Verdict::AsExpected),
        count(Verdict::Unexpected),
        count(Verdict::Missed) + count(Verdict::NothingRan),
        count(Verdict::NotObservable),
        HumanCount(executions),
    )
}
