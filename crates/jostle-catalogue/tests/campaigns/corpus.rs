//! The corpus: inputs that reach each scenario, and inputs that fail it beside the
//! report they have to give, all replayed byte for byte.
//!
//! `corpus/NAME/inputs/*` are inputs of the fuzz target that find nothing. For a known
//! bug, `corpus/NAME/failing/` has `KIND.input`, an input that finds it, `KIND.trace.json`,
//! its execution, and `KIND.txt`, the report of either. Next to them is the
//! same bug minimized, as `KIND.min.input`, `KIND.min.trace.json` and `KIND.min.txt`.
//!
//! A data race is found by ThreadSanitizer builds only, which have no other findings
//! here. Its report shows what the compiler made of the stacks, so that in its place the
//! signature is compared; and since it shows on nearly every schedule, it is kept as it
//! was found.
//!
//! `JOSTLE_UPDATE_CORPUS=1 cargo test corpus` writes what is missing or has changed.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Once;

use jostle::Fibers;
use jostle::scenario::{Expect, Scenario};
use jostle_core::backend::Suite;
use jostle_core::campaign::{Runner, profile};
use jostle_core::decision::Choice;
use jostle_core::finding::{Finding, Kind as Found};
use jostle_core::input::{self, Input};
use jostle_core::trace::Trace;
use jostle_core::trace::file::{self, FindingSummary, TraceFile};
use jostle_report::terminal::{self, Options};
use jostle_report::{Commands, Report};

use crate::support::catalogue::catalogue;
use crate::support::failures::{inputs, minimized_from};
use crate::support::repository::root;

/// Inputs kept for each scenario that find nothing.
const PASSING: usize = 3;

/// Writes the corpus anew if the environment asks for it, once.
fn update_if_asked() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        if std::env::var_os("JOSTLE_UPDATE_CORPUS").is_some() {
            for scenario in observable() {
                update(scenario);
            }
        }
    });
}

fn is_race(expect: Expect) -> bool {
    matches!(expect, Expect::Finds(Found::Race, _))
}

/// The scenarios that this build is the judge of.
fn observable() -> impl Iterator<Item = &'static Scenario> {
    let sees_races = Expect::Finds(Found::Race, "").is_observable(Fibers.capabilities());
    catalogue()
        .into_iter()
        .filter(move |s| is_race(s.subject.expect) == sees_races)
}

/// A selector with which fuzzing all of the catalogue gets to this scenario.
fn selector(scenario: &Scenario) -> u32 {
    let all = catalogue();
    let names: Vec<&str> = all.iter().map(|s| s.subject.name).collect();
    let selects = |selector: &u32| input::select(*selector, &names) == Some(scenario.subject.name);
    (0..u32::MAX).find(selects).unwrap()
}

fn corpus() -> PathBuf {
    root().join("corpus")
}

struct Execution {
    finding: Option<Finding>,
    trace: Trace,
}

fn execute(scenario: &'static Scenario, input: &Input) -> Execution {
    let mut runner = Runner::of(&Fibers);
    let profile = profile(&mut runner, scenario).unwrap();
    let run = runner.run(scenario, &profile, input);
    assert!(!run.rejected, "{}", scenario.subject.name);
    Execution {
        finding: run.outcome.finding,
        trace: runner.trace(),
    }
}

fn replay(scenario: &'static Scenario, choices: Vec<Choice>, data: &[u8]) -> Execution {
    let mut runner = Runner::of(&Fibers);
    let run = runner.replay(scenario, choices, data);
    assert_eq!(run.outcome.divergence, None, "{}", scenario.subject.name);
    Execution {
        finding: run.outcome.finding,
        trace: runner.trace(),
    }
}

fn report(scenario: &Scenario, stem: &str, finding: &Finding, trace: &Trace) -> String {
    let commands = Commands {
        replay: format!(
            "jostle replay corpus/{}/failing/{stem}.trace.json",
            scenario.subject.name
        ),
        minimize: None,
    };
    let report = Report {
        scenario: scenario.subject.name,
        about: scenario.subject.about,
        finding,
        trace,
        commands: &commands,
    };
    let options = Options {
        width: 100,
        ..Options::default()
    };
    terminal::render(&report, &options, &|file| {
        fs::read_to_string(root().join(file)).ok()
    })
}

fn update(scenario: &'static Scenario) {
    let folder = corpus().join(scenario.subject.name);
    let passing = folder.join("inputs");
    fs::create_dir_all(&passing).unwrap();
    // A race shows on nearly every schedule.
    if fs::read_dir(&passing).unwrap().next().is_none() && !is_race(scenario.subject.expect) {
        let reach = inputs()
            .take(2_000)
            .filter(|input| execute(scenario, input).finding.is_none());
        for input in reach.take(PASSING) {
            let path = passing.join(format!("{}-{}", input.strategy, input.seed));
            fs::write(path, input.encode(selector(scenario))).unwrap();
        }
    }
    if scenario.subject.expect == Expect::Clean {
        return;
    }
    let failing = folder.join("failing");
    let _ = fs::remove_dir_all(&failing);
    fs::create_dir_all(&failing).unwrap();
    let found = inputs().take(100_000).find_map(|input| {
        let execution = execute(scenario, &input);
        let finding = execution
            .finding
            .filter(|f| scenario.subject.expect.allows(f))?;
        Some((input, finding, execution.trace))
    });
    let (input, finding, trace) = found.unwrap();
    let stem = finding.kind.name();
    keep(scenario, &failing, stem, &input, &finding, &trace);
    if is_race(scenario.subject.expect) {
        return;
    }
    let small = minimized(scenario, trace.choices, &input);
    let execution = execute(scenario, &small);
    let finding = execution.finding.unwrap();
    let stem = format!("{stem}.min");
    keep(
        scenario,
        &failing,
        &stem,
        &small,
        &finding,
        &execution.trace,
    );
}

/// Writes the files of a failure.
fn keep(
    scenario: &'static Scenario,
    folder: &Path,
    stem: &str,
    input: &Input,
    finding: &Finding,
    trace: &Trace,
) {
    let trace_file = TraceFile {
        scenario: scenario.subject.name.to_owned(),
        strategy: input.strategy,
        seed: input.seed,
        overrides: input.overrides.clone(),
        data: input.data.clone(),
        choices: trace.choices.clone(),
        fingerprint: trace.fingerprint(),
        finding: Some(FindingSummary::from(finding)),
    };
    let bytes = input.encode(selector(scenario));
    fs::write(folder.join(format!("{stem}.input")), bytes).unwrap();
    let text = file::write(&trace_file).unwrap();
    fs::write(folder.join(format!("{stem}.trace.json")), text).unwrap();
    if !is_race(scenario.subject.expect) {
        let text = report(scenario, stem, finding, trace);
        fs::write(folder.join(format!("{stem}.txt")), text).unwrap();
    }
}

/// The smallest input that is found for the bug of this failure.
fn minimized(scenario: &'static Scenario, choices: Vec<Choice>, input: &Input) -> Input {
    let (small, _) = minimized_from(scenario, choices, &input.data);
    assert!(small.complete, "{}", scenario.subject.name);
    Input::from_decisions(&small.trial.transcript, small.schedule.data)
}

/// The files of a folder, in the order of their names.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
}

#[test]
fn every_scenario_has_inputs_that_reach_it() {
    update_if_asked();
    for scenario in observable() {
        let paths = files(&corpus().join(scenario.subject.name).join("inputs"));
        // Some bugs show in every execution: then no input passes.
        let certain = scenario.subject.expect != Expect::Clean && paths.is_empty();
        assert!(
            certain || paths.len() == PASSING,
            "{}",
            scenario.subject.name
        );
        for path in paths {
            let (_, input) = Input::decode(&fs::read(&path).unwrap());
            let execution = execute(scenario, &input);
            assert_eq!(execution.finding, None, "{}", path.display());
            assert!(!execution.trace.tasks.is_empty());
        }
    }
}

/// A failure of the corpus, executed from its input and from its trace, which have to be
/// the same, and what its trace file says.
fn failure(scenario: &'static Scenario, folder: &Path, stem: &str) -> (Execution, TraceFile) {
    let read = |extension: &str| {
        let path = folder.join(format!("{stem}.{extension}"));
        fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    };
    let recorded = file::read(&read("trace.json")).unwrap();
    let (_, input) = Input::decode(&read("input"));
    assert_eq!(input.data, recorded.data, "{}", scenario.subject.name);
    let by_input = execute(scenario, &input);
    let by_trace = replay(scenario, recorded.choices.clone(), &recorded.data);
    for execution in [&by_input, &by_trace] {
        let finding = execution.finding.as_ref().unwrap();
        assert!(
            scenario.subject.expect.allows(finding),
            "{}",
            scenario.subject.name
        );
        let fingerprint = execution.trace.fingerprint();
        assert_eq!(
            fingerprint, recorded.fingerprint,
            "{}",
            scenario.subject.name
        );
        let signature = &recorded.finding.as_ref().unwrap().signature;
        assert_eq!(&finding.signature(), signature, "{}", scenario.subject.name);
        if !is_race(scenario.subject.expect) {
            let report = report(scenario, stem, finding, &execution.trace);
            let kept = String::from_utf8(read("txt")).unwrap();
            assert_eq!(report, kept, "{}", scenario.subject.name);
        }
    }
    (by_trace, recorded)
}

#[test]
fn every_known_bug_fails_as_its_report_says() {
    update_if_asked();
    let mut bugs = 0;
    for scenario in observable() {
        let (Expect::Finds(kind, _), name) = (scenario.subject.expect, scenario.subject.name)
        else {
            continue;
        };
        bugs += 1;
        let folder = corpus().join(name).join("failing");
        let (original, recorded) = failure(scenario, &folder, kind.name());
        if is_race(scenario.subject.expect) {
            continue;
        }
        let stem = format!("{kind}.min");
        let (small, small_file) = failure(scenario, &folder, &stem);
        // The same bug, and nothing of it has become more.
        let signature = |file: &TraceFile| file.finding.as_ref().unwrap().signature.clone();
        assert_eq!(signature(&small_file), signature(&recorded), "{name}");
        assert!(
            small.trace.preemptions <= original.trace.preemptions,
            "{name}"
        );
        assert!(small_file.data.len() <= recorded.data.len(), "{name}");
        // Nor does anything become less if it is minimized again.
        let (_, input) = Input::decode(&fs::read(folder.join(format!("{stem}.input"))).unwrap());
        let again = minimized(scenario, small_file.choices.clone(), &input);
        assert_eq!(
            execute(scenario, &again).trace.choices,
            small_file.choices,
            "{name}"
        );
    }
    assert!(bugs >= 10, "{bugs}");
}

/// A folder of a scenario that is gone or renamed would never be replayed.
#[test]
fn every_folder_belongs_to_a_scenario() {
    let all = catalogue();
    for folder in files(&corpus()) {
        let name = folder.file_name().unwrap().to_str().unwrap();
        assert!(
            all.iter().any(|s| s.subject.name == name),
            "{}",
            folder.display()
        );
    }
}
