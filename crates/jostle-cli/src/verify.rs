//! `jostle verify`.

use std::fs;
use std::time::Duration;

use anyhow::Context;
use indicatif::HumanCount;
use serde_json::json;

use crate::campaign::Confirmed;
use crate::cli::args::Verify;
use crate::cli::outcome::{self, Outcome, in_one_line};
use crate::cli::progress::Line;
use crate::cli::{interrupt, list, replay};
use crate::guard::watchdog;
use crate::input::{Input, Steering};
use crate::present;
use crate::scenario::registry::Scope;
use crate::scenario::{Expect, Scenario};
use crate::strategy::Kind;
use crate::verify::{Bounds, End, Progress, Reduction, Verification, Verified};

pub(super) fn run(scope: Scope, args: &Verify) -> anyhow::Result<Outcome> {
    let all = list::all(scope)?;
    let named = args.names.iter().map(|name| list::named(&all, name));
    let chosen = named.collect::<anyhow::Result<Vec<_>>>()?;
    let data = match &args.data {
        Some(path) => fs::read(path).with_context(|| format!("cannot read {}", path.display()))?,
        None => Vec::new(),
    };
    let verification = Verification {
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
    };
    interrupt::catch();
    watchdog::start();
    watchdog::on_stall(watchdog::Action::Exit(1));
    let mut line = Line::new(args.json);
    let mut documents = Vec::new();
    let mut worst = Outcome::AsExpected;
    for (i, &scenario) in chosen.iter().enumerate() {
        let verified = explore(&verification, scenario, args, &mut line);
        let mut saved = None;
        if let End::Found(found) = &verified.end {
            let expected = scenario.expect.allows(&found.finding);
            let path = save(args, scenario, found, &verification.data)?;
            if !args.json {
                line.say(&show(scenario, found, &path, args.full));
            }
            saved = Some((path, expected));
        }
        let (judgement, sentence) = judge(scenario, &verification, &verified);
        if args.json {
            let path = saved.as_ref().map(|(path, _)| path);
            documents.push(document(scenario, &verified, judgement, &sentence, path));
        } else {
            line.say(&format!("{}: {sentence}", scenario.name));
        }
        worst = graver(worst, judgement);
        let left = chosen.len() - (i + 1);
        if interrupt::caught() && left > 0 {
            line.say(&format!(
                "Ctrl-C: {left} of {} scenarios were not explored",
                chosen.len()
            ));
            worst = graver(worst, Outcome::Stopped);
            break;
        }
    }
    line.end();
    if args.json {
        outcome::print(&format!("{:#}\n", json!({ "scenarios": documents })))?;
    }
    Ok(worst)
}

fn explore(
    verification: &Verification,
    scenario: &'static Scenario,
    args: &Verify,
    line: &mut Line,
) -> Verified {
    let progress = Progress::default();
    let text = |elapsed: Duration| {
        let executions = progress.executions();
        let rate = executions as f64 / elapsed.as_secs_f64().max(0.001);
        format!(
            "{}: {} executions, {}/s, {} classes",
            scenario.name,
            HumanCount(executions),
            HumanCount(rate as u64),
            HumanCount(progress.classes()),
        )
    };
    let stop = || progress.stop();
    line.during(args.json, text, stop, || {
        watchdog::subject(scenario, None);
        verification.explore(scenario, &progress)
    })
}

/// How an exploration came out, and a sentence that says so and no more.
fn judge(
    scenario: &Scenario,
    verification: &Verification,
    verified: &Verified,
) -> (Outcome, String) {
    let counts = format!(
        "{} executions, {:.1} s",
        HumanCount(verified.executions),
        verified.elapsed.as_secs_f64()
    );
    let bound = match verification.reduction {
        Reduction::Preemptions(1) => " with at most 1 preemption".to_owned(),
        Reduction::Preemptions(most) => format!(" with at most {most} preemptions"),
        Reduction::Sources | Reduction::None => String::new(),
    };
    let classes = classes(verified.classes);
    match &verified.end {
        End::Found(found) if scenario.expect.allows(&found.finding) => (
            Outcome::AsExpected,
            format!("{} (as expected; {counts})", in_one_line(&found.finding)),
        ),
        End::Found(found) => (
            Outcome::Finding,
            format!("{} ({counts})", in_one_line(&found.finding)),
        ),
        End::Rejected => (
            Outcome::Unusable,
            "its argument cannot be made of the data, so nothing ran; give other data with --data"
                .to_owned(),
        ),
        End::Astray => (
            Outcome::Unusable,
            "the same decisions gave another execution, so that there is no tree to explore; \
             something decides that Jostle does not control (see `jostle hunt`)"
                .to_owned(),
        ),
        End::Limit => (
            Outcome::Unusable,
            format!(
                "no proof: the limit was reached; {classes}{bound} pass so far ({counts}). Try a \
                 smaller scenario, --preemptions, or a higher limit"
            ),
        ),
        End::Stopped => (
            Outcome::Stopped,
            format!("no proof: it was stopped; {classes}{bound} pass so far ({counts})"),
        ),
        End::Exhausted if verified.cut > 0 => (
            Outcome::Unusable,
            format!(
                "no proof: {} executions were cut off after {} steps; {classes}{bound} pass \
                 ({counts}). A loop that waits by yielding has no end; wait by spin_loop or a \
                 lock, or raise --steps",
                HumanCount(verified.cut),
                verification.bounds.steps,
            ),
        ),
        End::Exhausted => {
            let rare = match (verified.limited, verification.bounds.rare) {
                (false, _) => String::new(),
                (true, 0) => ", without spurious wake-ups, weak failures and cancellations".into(),
                (true, n) => format!(
                    ", with at most {n} spurious wake-up{}, weak failure{0} or cancellation{0} in \
                     each execution",
                    if n == 1 { "" } else { "s" }
                ),
            };
            let text = format!("all {classes}{bound} pass{rare} ({counts})");
            match scenario.expect {
                Expect::Clean => (Outcome::AsExpected, text),
                Expect::Finds(..) if !scenario.expect.is_observable() => (
                    Outcome::AsExpected,
                    format!(
                        "{text}; it expects {}, which only a build with ThreadSanitizer sees",
                        list::expectation(scenario)
                    ),
                ),
                Expect::Finds(..) => (
                    Outcome::Finding,
                    format!("{text}, but it expects {}", list::expectation(scenario)),
                ),
            }
        }
    }
}

fn classes(n: u64) -> String {
    match n {
        1 => "1 class".to_owned(),
        n => format!("{} classes", HumanCount(n)),
    }
}

/// The graver of two outcomes: a finding is one whatever could not be done.
fn graver(a: Outcome, b: Outcome) -> Outcome {
    let rank = |outcome: Outcome| match outcome {
        Outcome::AsExpected => 0,
        Outcome::Unusable => 1,
        Outcome::Stopped => 2,
        Outcome::Finding => 3,
    };
    if rank(b) > rank(a) { b } else { a }
}

fn save(
    args: &Verify,
    scenario: &Scenario,
    found: &Confirmed,
    data: &[u8],
) -> anyhow::Result<std::path::PathBuf> {
    let input = Input {
        strategy: Kind::Calm,
        seed: 0,
        steering: Steering::none(),
        overrides: Vec::new(),
        data: data.to_vec(),
    };
    outcome::save(&args.out, scenario, &input, &found.trace, &found.finding)
}

fn show(scenario: &Scenario, found: &Confirmed, path: &std::path::Path, full: bool) -> String {
    let commands = replay::commands(path, None);
    present::report(scenario, &found.finding, &found.trace, &commands, full)
}

fn document(
    scenario: &Scenario,
    verified: &Verified,
    judgement: Outcome,
    sentence: &str,
    path: Option<&std::path::PathBuf>,
) -> serde_json::Value {
    let end = match &verified.end {
        End::Exhausted => "exhausted",
        End::Found(_) => "found",
        End::Limit => "limit",
        End::Stopped => "stopped",
        End::Rejected => "rejected",
        End::Astray => "astray",
    };
    json!({
        "name": scenario.name,
        "end": end,
        "as_expected": judgement == Outcome::AsExpected,
        "statement": sentence,
        "classes": verified.classes,
        "executions": verified.executions,
        "redundant": verified.redundant,
        "cut": verified.cut,
        "limited": verified.limited,
        "longest": verified.longest,
        "seconds": verified.elapsed.as_secs_f64(),
        "trace": path,
    })
}
