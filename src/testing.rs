//! Explores scenarios under `cargo test`.
//!
//! Each scenario is a test that explores it within a small budget, on stable. The
//! environment raises it:
//!
//! | variable | meaning | default |
//! | --- | --- | --- |
//! | `JOSTLE_RUNS` | executions | 1000 |
//! | `JOSTLE_TIME` | seconds at most, or a number followed by s, m or h | no limit |
//! | `JOSTLE_SEED` | the campaign's seed | 0 |
//! | `JOSTLE_STRATEGY` | one strategy instead of the search | none |
//! | `JOSTLE_REPLAY` | a trace file: its scenario is executed as it says, and no other | none |

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::backend::Fibers;
use crate::scenario::registry::scenarios;
use crate::scenario::{Body, Expect, Scenario};
use crate::watchdog;
use arbitrary::Unstructured;
use jostle_core::backend::Suite;
use jostle_core::campaign::{self, Campaign, Found, Progress, Replayer, Summary, Verdict};
use jostle_core::coverage::FeatureKinds;
use jostle_core::finding::Kind;
use jostle_core::input::Input;
use jostle_core::regression::Row;
use jostle_core::strategy;
use jostle_core::trace;
use jostle_report::settings::{self, above_zero, duration};
use jostle_report::text::{clean, fit};
use jostle_report::{Commands, publish};

/// Executions of one test. A second for most scenarios.
const RUNS: u64 = 1_000;

/// A known bug may need more executions than a small budget has: looking for it
/// goes on for this many times as many.
const KNOWN_BUG_FACTOR: u64 = 20;

/// Explores the scenario with this name and panics unless it comes out as it
/// expects.
///
/// # Panics
///
/// If there is no such scenario, if an environment variable cannot be read, if
/// something unexpected is found, or if the expected finding is not.
///
/// In a process of `cargo jostle`, which explores tests as they are, it calls the scenario
/// once and leaves the schedule to that: a scenario that uses std's threads is executed as
/// any test is. There what it expects is not looked at, and one that uses Jostle's
/// primitives fails, since these work in an execution of their own only.
pub fn explore(name: &str) {
    let scenario = named(name);
    if std::env::var_os(UNMODIFIED).is_some() {
        return once(scenario);
    }
    check_limit();
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

/// Set by `cargo jostle` for programs that it explores.
const UNMODIFIED: &str = "JOSTLE_UNMODIFIED";

/// Calls the scenario on this thread, with an argument that is made of no bytes.
fn once(scenario: &Scenario) {
    match scenario.body {
        Body::Plain(body) => body(),
        Body::Closure(body) => body(),
        Body::Data(make) => match make(&mut Unstructured::new(&[])) {
            Ok(body) => body(),
            Err(error) => panic!(
                "the argument of scenario {} cannot be made of no bytes: {error}",
                scenario.subject.name
            ),
        },
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
/// that survive edits; see [`Row`]. Where they cannot be followed any more,
/// or do not fail, a few hundred schedules around them are tried. `data` is what
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
    check_limit();
    let parsed: Result<Vec<Row>, _> = rows.iter().map(|row| row.parse()).collect();
    let rows = match parsed {
        Ok(rows) => rows,
        Err(error) => panic!("{error}"),
    };
    let Some(data) = bytes(data) else {
        panic!("{data:?} are no hexadecimal digits in pairs")
    };
    let retest = std::thread::scope(|scope| {
        let execution = scope.spawn(|| Replayer::new(&Fibers, scenario).retest(rows, &data));
        execution.join()
    });
    let retest = match retest {
        Ok(Ok(retest)) => retest,
        Ok(Err(broken)) => panic!("this is a bug in jostle, not in scenario {name}: {broken}"),
        Err(_) => panic!("the executor gave up; this is a bug in jostle"),
    };
    let missed = retest.missed.map_or_else(String::new, |missed| {
        format!("the kept schedule cannot be followed any more: {missed}; ")
    });
    let found = retest
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
    let what = match retest.nearby {
        true => format!("{missed}a schedule around it fails"),
        false => "the kept schedule fails".to_owned(),
    };
    let input = Input::from_decisions(&failure.trial.transcript, data);
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
    let shown = clean(&path.to_string_lossy());
    let bytes = match publish::read_file(path) {
        Ok(bytes) => bytes,
        Err(error) => panic!("JOSTLE_REPLAY: cannot read {shown}: {error}"),
    };
    let file = match trace::file::read(&bytes) {
        Ok(file) => file,
        Err(error) => panic!("JOSTLE_REPLAY: cannot replay {shown}: {error}"),
    };
    if file.scenario != scenario.subject.name {
        let all = scenarios().unwrap_or_default();
        assert!(
            all.iter().any(|s| s.subject.name == file.scenario),
            "JOSTLE_REPLAY: {shown} is a trace of the scenario {:?}, and no scenario of this test \
             program has that name; name the program that has it (`cargo test --test NAME` or \
             `cargo test -p PACKAGE`), or record the failure anew if it was renamed",
            fit(&file.scenario, 100)
        );
        return;
    }
    let race = file.finding.as_ref().is_some_and(|f| f.kind == Kind::Race);
    assert!(
        !race || Fibers.capabilities().races,
        "JOSTLE_REPLAY: {shown} was recorded with a data race, which only a build with \
         ThreadSanitizer sees; build with the nightly toolchain and RUSTFLAGS=-Zsanitizer=thread"
    );
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
            "the trace in {shown} does not fit scenario {} any more: {divergence}",
            scenario.subject.name
        );
    }
    if let Some(finding) = outcome.finding {
        let commands = Commands {
            replay: replay_command(scenario, path),
            minimize: publish::minimize_command(path, None),
        };
        let report = publish::report(&scenario.subject, &finding, &trace, &commands, false);
        panic!("replayed {shown}\n\n{report}");
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
    let runs = variable("JOSTLE_RUNS", above_zero).unwrap_or(match scenario.subject.expect {
        Expect::Clean => RUNS,
        Expect::Finds(..) => RUNS * KNOWN_BUG_FACTOR,
    });
    let strategy = variable("JOSTLE_STRATEGY", str::parse::<strategy::Kind>);
    Campaign {
        strategies: strategy.into_iter().collect(),
        runs,
        time: variable("JOSTLE_TIME", duration),
        seed: seed(),
        jobs: 1,
        stop_at_first: true,
        features: FeatureKinds::SEARCH,
    }
}

/// The value of an environment variable, if it is set.
fn variable<T, E: std::fmt::Display>(
    name: &str,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Option<T> {
    settings::variable(name, parse).unwrap_or_else(|error| panic!("{error}"))
}

fn seed() -> u64 {
    let number = |text: &str| {
        let wrong = "this is no whole number below 2^64; write for example 7";
        text.parse().map_err(|_| wrong)
    };
    variable("JOSTLE_SEED", number).unwrap_or(0)
}

fn check_limit() {
    if let Err(error) = watchdog::limit() {
        panic!("{error}");
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
                seed(),
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
