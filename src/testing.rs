//! Scenarios under `cargo test`.
//!
//! Each scenario is a test that explores it within a small budget, on stable. The
//! environment raises it:
//!
//! | variable | meaning | default |
//! | --- | --- | --- |
//! | `JOSTLE_RUNS` | executions | 1000 |
//! | `JOSTLE_TIME` | seconds at most | no limit |
//! | `JOSTLE_SEED` | the campaign's seed | 0 |
//! | `JOSTLE_STRATEGY` | one strategy instead of a guided search | none |
//! | `JOSTLE_REPLAY` | a trace file: its scenario is executed as it says, and no other | none |

use std::io::Write;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use crate::backend::Fibers;
use crate::scenario::registry::scenarios;
use crate::scenario::{Expect, Scenario};
use jostle_core::campaign::{self, Campaign, Follower, Found, Progress, Summary, Verdict};
use jostle_core::coverage::Aspects;
use jostle_core::input::Input;
use jostle_core::regression::Row;
use jostle_core::strategy::Kind;
use jostle_core::trace;
use jostle_report::{Commands, publish};

/// Executions of one test. A second for most scenarios.
const RUNS: u64 = 1_000;

/// A known bug may need more executions than a small budget has: looking for it
/// goes on for this many times as many.
const PATIENCE: u64 = 20;

/// Explores the scenario with this name and panics unless it comes out as it
/// expects.
///
/// # Panics
///
/// If there is no such scenario, if an environment variable cannot be read, if
/// something unexpected is found, or if the expected finding is not.
pub fn explore(name: &str) {
    let scenario = named(name);
    if let Some(path) = std::env::var_os("JOSTLE_REPLAY") {
        return replay(scenario, Path::new(&path));
    }
    let campaign = campaign(scenario);
    let summary = campaign.explore(&Fibers, scenario, &Progress::default());
    match summary.verdict() {
        Verdict::AsExpected => {}
        Verdict::Unexpected => fail(scenario, &summary),
        Verdict::Missed => panic!(
            "scenario {name} expects a finding ({:?}), and {} executions had none; raise \
             JOSTLE_RUNS, or correct `expect` if the bug is gone",
            scenario.subject.expect, summary.executions
        ),
        Verdict::NotObservable => skipped(scenario),
        Verdict::Stopped => panic!("scenario {name} was stopped"),
        Verdict::Broken => panic!(
            "this is a bug in jostle, not in scenario {name}: {}",
            summary.broken.as_deref().unwrap_or_default()
        ),
        Verdict::NothingRan => panic!("scenario {name}: {}", summary.why_nothing_ran()),
    }
}

/// Says in the captured output that nothing was tested.
#[allow(
    clippy::print_stderr,
    reason = "libtest captures what the macro prints"
)]
fn skipped(scenario: &Scenario) {
    eprintln!(
        "scenario {} was not explored: only a ThreadSanitizer build sees the data race that it \
         expects",
        scenario.subject.name
    );
}

fn named(name: &str) -> &'static Scenario {
    let all = match scenarios() {
        Ok(all) => all,
        Err(error) => panic!("{error}"),
    };
    let Some(scenario) = all.into_iter().find(|s| s.subject.name == name) else {
        panic!("no scenario named {name:?} is registered; link its crate with `use my_crate as _;`")
    };
    scenario
}

/// Executes the scenario with this name along a kept schedule, as `jostle export`
/// prints it, and panics if anything is found.
///
/// `rows` say where the schedule deviates from the one that never preempts, in words
/// that survive edits; see [`Row`](jostle_core::regression::Row). Where they cannot be followed any
/// more, or do not fail, a few hundred schedules around them are tried. `data` is what
/// the scenario makes its argument of, in hexadecimal digits.
///
/// If nothing is found although the schedule could not be followed, the test passes and
/// says so on standard error: the scenario has changed too much, or the bug is gone.
///
/// # Panics
///
/// If something is found, if there is no such scenario, or if a row or the data cannot
/// be read.
pub fn keep(name: &str, rows: &[&str], data: &str) {
    let scenario = named(name);
    let parsed: Result<Vec<Row>, _> = rows.iter().map(|row| row.parse()).collect();
    let rows = match parsed {
        Ok(rows) => rows,
        Err(error) => panic!("{error}"),
    };
    let Some(data) = bytes(data) else {
        panic!("{data:?} are no hexadecimal digits in pairs")
    };
    let revisit = std::thread::scope(|scope| {
        let execution = scope.spawn(|| Follower::new(&Fibers, scenario).revisit(rows, &data));
        execution.join()
    });
    let revisit = match revisit {
        Ok(Ok(revisit)) => revisit,
        Ok(Err(broken)) => panic!("this is a bug in jostle, not in scenario {name}: {broken}"),
        Err(_) => panic!("the executor gave up; this is a bug in jostle"),
    };
    let missed = revisit.missed.map_or_else(String::new, |missed| {
        format!("the kept schedule cannot be followed any more: {missed}; ")
    });
    let found = revisit
        .failure
        .map(|failure| (failure.finding.clone(), failure));
    let Some((Some(finding), failure)) = found else {
        if !missed.is_empty() {
            let note = format!("{name}: {missed}nothing was found around it\n");
            // Nothing can be done about a closed standard error.
            let _ = std::io::stderr().write_all(note.as_bytes());
        }
        return;
    };
    let what = match revisit.nearby {
        true => format!("{missed}a schedule around it fails"),
        false => "the kept schedule fails".to_owned(),
    };
    let input = Input::from_decisions(&failure.trial.log, data);
    let trace = &failure.trace;
    let saved = publish::save_finding(&folder(), &scenario.subject, &input, trace, &finding);
    let commands = Commands {
        replay: saved.as_ref().map_or_else(
            |_| format!("cargo test {name}"),
            |path| replay_command(scenario, path),
        ),
        minimize: None,
    };
    let report = publish::report(&scenario.subject, &finding, trace, &commands, false);
    panic!("{what}\n\n{report}");
}

/// The bytes of hexadecimal digits.
fn bytes(text: &str) -> Option<Vec<u8>> {
    let digit = |b: u8| (b as char).to_digit(16).map(|d| d as u8);
    let pair = |pair: &[u8]| match *pair {
        [high, low] => Some(digit(high)? << 4 | digit(low)?),
        _ => None,
    };
    text.as_bytes().chunks(2).map(pair).collect()
}

/// Executes the trace in `path` if it is one of `scenario`.
fn replay(scenario: &'static Scenario, path: &Path) {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => panic!("JOSTLE_REPLAY: cannot read {}: {error}", path.display()),
    };
    let file = match trace::file::read(&bytes) {
        Ok(file) => file,
        Err(error) => panic!("JOSTLE_REPLAY: cannot replay {}: {error}", path.display()),
    };
    if file.scenario != scenario.subject.name {
        return;
    }
    let (run, trace) = campaign::apart(&Fibers, |runner| {
        let run = runner.replay(scenario, file.choices, &file.data);
        (run, runner.trace())
    });
    if let Some(why) = run.broken {
        panic!(
            "this is a bug in jostle, not in scenario {}: {why}",
            scenario.subject.name
        );
    }
    let outcome = run.outcome;
    if let Some(divergence) = outcome.divergence {
        panic!(
            "the trace in {} does not fit scenario {} any more: {divergence}",
            path.display(),
            scenario.subject.name
        );
    }
    if let Some(finding) = outcome.finding {
        let commands = Commands {
            replay: replay_command(scenario, path),
            minimize: publish::minimize_command(path, None),
        };
        let report = publish::report(&scenario.subject, &finding, &trace, &commands, false);
        panic!("replayed {}\n\n{report}", path.display());
    }
}

/// The command that makes `cargo test` replay a trace.
fn replay_command(scenario: &Scenario, path: &Path) -> String {
    format!(
        "JOSTLE_REPLAY={} cargo test {}",
        publish::quoted(path),
        scenario.subject.name
    )
}

fn campaign(scenario: &Scenario) -> Campaign {
    let runs = variable("JOSTLE_RUNS").unwrap_or(match scenario.subject.expect {
        Expect::Clean => RUNS,
        Expect::Finds(..) => RUNS * PATIENCE,
    });
    let strategies = match variable("JOSTLE_STRATEGY") {
        Some::<Kind>(kind) => vec![kind],
        None => Vec::new(),
    };
    Campaign {
        strategies,
        runs,
        time: variable("JOSTLE_TIME").map(Duration::from_secs),
        seed: variable("JOSTLE_SEED").unwrap_or(0),
        jobs: 1,
        stop_at_first: true,
        aspects: Aspects::SEARCH,
    }
}

/// The value of an environment variable, if it is set.
fn variable<T: FromStr>(name: &str) -> Option<T>
where
    T::Err: std::fmt::Display,
{
    let text = std::env::var(name).ok()?;
    match text.parse() {
        Ok(value) => Some(value),
        Err(error) => panic!("the environment variable {name} is {text:?}: {error}"),
    }
}

fn fail(scenario: &Scenario, summary: &Summary) -> ! {
    let found = summary.findings.iter().find(|f| !f.expected);
    let Some(found) = found else {
        unreachable!("only an unexpected finding makes the verdict unexpected")
    };
    let saved = save(scenario, found);
    let commands = Commands {
        replay: match &saved {
            Ok(path) => replay_command(scenario, path),
            Err(_) => format!(
                "JOSTLE_SEED={} JOSTLE_RUNS={} cargo test {}",
                variable("JOSTLE_SEED").unwrap_or(0),
                found.execution,
                scenario.subject.name
            ),
        },
        minimize: saved
            .ok()
            .and_then(|path| publish::minimize_command(&path, None)),
    };
    let report = publish::report(
        &scenario.subject,
        &found.finding,
        &found.trace,
        &commands,
        false,
    );
    panic!(
        "execution {} of {}\n\n{report}",
        found.execution, scenario.subject.name
    );
}

fn save(scenario: &Scenario, found: &Found) -> std::io::Result<PathBuf> {
    publish::save_finding(
        &folder(),
        &scenario.subject,
        &found.input,
        &found.trace,
        &found.finding,
    )
}

/// `target/jostle` of the build that this test belongs to.
fn folder() -> PathBuf {
    let exe = std::env::current_exe().unwrap_or_default();
    let target = exe
        .ancestors()
        .find(|dir| dir.file_name().is_some_and(|name| name == "target"));
    target.unwrap_or(Path::new("target")).join("jostle")
}
