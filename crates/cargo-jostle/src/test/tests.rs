//! The whole way from a program to results, with a shell script in the place of an
//! instrumented program: it speaks the protocol and does what the name of its test says.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Parser;
use tempfile::TempDir;

use crate::args::ExploreOnly;
use crate::cargo::binary::Binary;
use crate::cargo::runner::Start;
use crate::child::embedded::Setting;
use crate::plan::{self, Plan, What};
use crate::result::{Confirmed, Status, Tested, Totals};
use crate::saved::{self, Build};
use crate::sinks::{document, junit, terminal};
use crate::test::explore::{Budget, Campaign, one};

const PROGRAM: &str = include_str!("fake.sh");
const TRACE: &str = include_str!("../../../jostle-core/tests/fixtures/trace-v1.json");

/// A folder with the program and everything that it writes.
struct Fake {
    folder: TempDir,
    binary: Binary,
}

impl Fake {
    fn with(tests: &[&str]) -> Fake {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let list: String = tests.iter().map(|name| format!("{name}: test\n")).collect();
        fs::write(path("tests"), list).unwrap();
        fs::write(path("trace"), TRACE).unwrap();
        fs::write(path("program"), PROGRAM).unwrap();
        fs::set_permissions(path("program"), fs::Permissions::from_mode(0o755)).unwrap();
        fs::create_dir(path("scratch")).unwrap();
        let environment = BTreeMap::from([("PATH".into(), "/usr/bin:/bin".into())]);
        let binary = Binary {
            package: "demo".to_owned(),
            kind: "lib",
            target: "demo".to_owned(),
            source: "src/lib.rs".into(),
            has_doctests: true,
            start: Start {
                program: path("program"),
                folder: folder.path().to_owned(),
                environment,
            },
        };
        Fake { folder, binary }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn plan(&self, filters: &[&str]) -> Plan<'_> {
        let filters: Vec<String> = filters.iter().map(|&word| word.to_owned()).collect();
        let binaries = std::slice::from_ref(&self.binary);
        plan::of(binaries, &filters, &self.path("scratch")).unwrap()
    }

    fn campaign(&self, options: &[&str]) -> Campaign {
        let args = ExploreOnly::try_parse_from(options).unwrap().explore;
        Campaign {
            budget: Budget::of(&args),
            setting: Setting {
                root: self.folder.path().to_owned(),
                scratch: self.path("scratch"),
                steps: None,
                tokio_workers: 2,
            },
            build: Build {
                cargo: vec!["--release".to_owned()],
                tokio_workers: 2,
                ..Build::default()
            },
            out: self.path("found"),
            here: self.folder.path().to_owned(),
            args,
        }
    }

    /// Puts a file where kept schedules are.
    fn keep(&self, name: &str, text: &str) {
        let folder = self.path("tests/jostle");
        fs::remove_file(self.path("tests")).unwrap();
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(name), text).unwrap();
    }

    fn explore(&self, options: &[&str]) -> Vec<Tested> {
        let campaign = self.campaign(options);
        let plan = self.plan(&[]);
        let items = plan.items.iter();
        items.map(|item| one(item, &campaign, &|| false)).collect()
    }
}

fn only(test: &str) -> (Fake, Tested) {
    let fake = Fake::with(&[test]);
    let tested = fake.explore(&[]).remove(0);
    (fake, tested)
}

#[test]
fn a_clean_test_is_ok_with_its_figures_and_cautions() {
    let (_fake, tested) = only("clean");
    assert_eq!(
        terminal::line(&tested),
        "test clean ... ok (2,000 executions, 812 distinct)"
    );
    assert_eq!(tested.name, "demo:clean");
    assert_eq!(tested.cautions, ["it wrote to /etc/motd"]);
}

#[test]
fn a_finding_is_confirmed_and_its_trace_remembers_the_build() {
    let (fake, tested) = only("deadlocky");
    assert_eq!(
        terminal::line(&tested),
        "test deadlocky ... FAILED (deadlock at execution 17)"
    );
    let Status::Found(found) = &tested.status else {
        panic!("{tested:?}");
    };
    assert_eq!(found[0].confirmed, Confirmed::Yes);
    // The path is the one that the user would type, and only the colours are kept or left
    // out: nothing else reaches the terminal.
    let report = terminal::reports(&tested);
    assert!(
        report.contains("Replay: cargo jostle replay found/deadlocky.trace.json\n"),
        "{report}"
    );
    assert!(report.contains("\\u{1b}[2Jin deadlocky"), "{report}");
    let recalled = saved::recall(&fake.path("found/deadlocky.trace.json")).unwrap();
    assert_eq!(recalled.build.cargo, ["--release"]);
}

#[test]
fn a_finding_that_a_fresh_process_does_not_show_is_nondeterminism() {
    for (test, why) in [
        ("racy", "a fresh process does not fail"),
        ("other", "a fresh process fails in another way"),
    ] {
        let (_fake, tested) = only(test);
        let Status::Found(found) = &tested.status else {
            panic!("{tested:?}");
        };
        assert_eq!(found[0].confirmed, Confirmed::No(why.to_owned()));
        let line = terminal::line(&tested);
        assert!(
            line.contains("FAILED (nondeterminism: deadlock at"),
            "{line}"
        );
        assert!(terminal::reports(&tested).contains(why));
    }
}

const SCHEDULE: &str = r#"{"jostle_schedule": 1, "test": "demo:NAME", "kind": "deadlock",
    "message": "", "signature": "deadlock-1", "rows": []}"#;

/// A test with a file of kept schedules, tried.
fn with_schedule(test: &str, text: &str) -> (Fake, Tested) {
    let fake = Fake::with(&[test]);
    let campaign = fake.campaign(&[]);
    let plan = fake.plan(&[]);
    let item = plan.items[0].clone();
    fake.keep(&format!("{test}-deadlock-1.schedule.json"), text);
    let tested = one(&item, &campaign, &|| false);
    (fake, tested)
}

#[test]
fn a_kept_schedule_that_fails_again_is_a_finding_with_its_report() {
    let (_fake, tested) = with_schedule("again", &SCHEDULE.replace("NAME", "again"));
    assert_eq!(
        terminal::line(&tested),
        "test again ... FAILED (deadlock: a kept schedule fails again)"
    );
    let Status::Found(found) = &tested.status else {
        panic!("{tested:?}");
    };
    assert_eq!(found[0].confirmed, Confirmed::Yes);
    let report = terminal::reports(&tested);
    assert!(
        report.contains("tests/jostle/again-deadlock-1.schedule.json fails again.\n"),
        "{report}"
    );
}

#[test]
fn a_kept_schedule_that_fits_no_more_is_said_and_the_test_is_explored() {
    let (_fake, tested) = with_schedule("kept", &SCHEDULE.replace("NAME", "kept"));
    assert_eq!(
        terminal::line(&tested),
        "test kept ... ok (1 kept schedule, 2,000 executions, 812 distinct)"
    );
    assert_eq!(tested.kept.notes.len(), 1);
    let note = &tested.kept.notes[0];
    assert!(note.contains("1 of 2 rows could be followed"), "{note}");
}

#[test]
fn a_kept_schedule_of_another_test_is_left_alone_and_a_damaged_one_is_noticed() {
    let (_fake, tested) = with_schedule("clean", &SCHEDULE.replace("NAME", "other"));
    assert!(matches!(tested.status, Status::Ok), "{tested:?}");
    assert_eq!(tested.kept.count, 0);
    let (_fake, tested) = with_schedule("clean", "{");
    let Status::Broken { why, .. } = &tested.status else {
        panic!("{tested:?}");
    };
    assert!(why.contains("is no kept schedule"), "{why}");
}

#[test]
fn a_test_without_threads_runs_once() {
    let (_fake, tested) = only("single");
    assert!(matches!(tested.status, Status::SingleThreaded));
    assert_eq!(tested.figures.executions, 1);
    let (_fake, tested) = only("fails");
    assert!(matches!(tested.status, Status::Failed { .. }));
    assert!(terminal::reports(&tested).contains("left: 1"));
}

#[test]
fn a_process_without_a_result_is_broken_and_never_ok() {
    for (test, why) in [
        ("dies", "ended by"),
        ("exits", "exit code 0 before it had a result"),
        ("garbage", "printed no document"),
        ("liar", "exit code 1 and the verdict \"as-expected\""),
        ("nonsense", "its result cannot be read"),
        ("unheard-of", "exit code 3 before it had a result"),
    ] {
        let (_fake, tested) = only(test);
        let Status::Broken { why: said, .. } = &tested.status else {
            panic!("{test}: {tested:?}");
        };
        assert!(said.contains(why), "{test}: {said}");
    }
    let (_fake, tested) = only("exits");
    assert!(terminal::reports(&tested).contains("no memory"));
}

#[test]
fn a_process_that_hangs_ends_with_an_interrupt() {
    let fake = Fake::with(&["hangs"]);
    let campaign = fake.campaign(&[]);
    let plan = fake.plan(&[]);
    let began = Instant::now();
    // An interrupt after a while, as nobody waits for the watchdog in a test.
    let stop = || began.elapsed() > Duration::from_millis(100);
    let tested = one(&plan.items[0], &campaign, &stop);
    assert!(matches!(tested.status, Status::Stopped), "{tested:?}");
    assert!(began.elapsed() < Duration::from_secs(60));
}

#[test]
fn a_refusal_names_the_reason_and_the_remedy() {
    let (fake, tested) = only("refused");
    assert_eq!(
        terminal::line(&tested),
        "test refused ... not explored: it calls fork"
    );
    let Status::NotExplored { remedy, .. } = &tested.status else {
        panic!("{tested:?}");
    };
    assert!(remedy.contains("--skip refused"));
    // Nothing at all was executed, which is no success.
    let totals = Totals::of(
        std::slice::from_ref(&tested),
        &fake.plan(&[]),
        Duration::ZERO,
    );
    assert_eq!(totals.status().code(), 2);
}

#[test]
fn ignored_tests_are_listed_and_left_out() {
    let fake = Fake::with(&["clean", "slow"]);
    let plan = fake.plan(&[]);
    let whats: Vec<&What> = plan.items.iter().map(|item| &item.what).collect();
    assert_eq!(whats, [&What::Explore, &What::Ignored]);
    let plan = fake.plan(&["--include-ignored"]);
    assert!(plan.items.iter().all(|item| item.subject.ignored));
    assert!(plan.items.iter().all(|item| item.what == What::Explore));
}

#[test]
fn the_gravest_result_decides_how_the_command_ends() {
    let code = |tests: &[&str]| {
        let fake = Fake::with(tests);
        let results = fake.explore(&[]);
        let plan = fake.plan(&[]);
        Totals::of(&results, &plan, Duration::ZERO).status().code()
    };
    assert_eq!(code(&["clean", "single", "refused"]), 0);
    assert_eq!(code(&["clean", "dies"]), 2);
    assert_eq!(code(&["clean", "deadlocky", "dies"]), 1);
    assert_eq!(code(&["fails"]), 1);
}

#[test]
fn the_document_is_valid_and_has_all_of_it() {
    let tests = [
        "clean",
        "deadlocky",
        "racy",
        "single",
        "fails",
        "refused",
        "dies",
        "slow",
    ];
    let fake = Fake::with(&tests);
    let results = fake.explore(&[]);
    let plan = fake.plan(&[]);
    let totals = Totals::of(&results, &plan, Duration::from_secs(1));
    let document = document::document(&results, &totals, 3);
    let schema = serde_json::from_str(include_str!("../sinks/test.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&document)
        .map(|e| e.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
    let statuses: Vec<&str> = document["tests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|test| test["status"].as_str().unwrap())
        .collect();
    assert_eq!(
        statuses,
        [
            "ok",
            "found",
            "found",
            "single-threaded",
            "failed",
            "not-explored",
            "broken",
            "ignored"
        ]
    );
    assert_eq!(document["tests"][1]["findings"][0]["place"]["line"], 7);
    assert_eq!(document["doctests_not_run"][0], "demo");
}

#[test]
fn the_table_for_ci_has_every_test_and_its_outcome() {
    let fake = Fake::with(&["clean", "deadlocky", "dies", "refused"]);
    let results = fake.explore(&[]);
    let path = fake.path("junit.xml");
    junit::write(&path, &results, Duration::ZERO).unwrap();
    let xml = fs::read_to_string(&path).unwrap();
    assert!(
        xml.contains(r#"tests="4" skipped="1" failures="1" errors="1""#),
        "{xml}"
    );
    assert!(xml.contains(r#"type="deadlock""#), "{xml}");
    assert!(!xml.contains('\u{1b}'), "{xml}");
}

#[test]
fn a_program_without_a_harness_is_explored_as_a_whole() {
    // With `--format terse` a harness that has no such test prints nothing.
    let harness = "case \" $* \" in *terse*) ;; *) echo '0 tests, 0 benchmarks' ;; esac";
    for (script, whole) in [
        ("echo listening on port 80", true),
        ("exit 0", true),
        ("exit 7", true),
        (harness, false),
    ] {
        let fake = Fake::with(&[]);
        fs::write(fake.path("program"), format!("#!/bin/sh\n{script}\n")).unwrap();
        for filter in [&[][..], &["dem"], &["--skip", "x"]] {
            let plan = fake.plan(filter);
            match whole {
                true => assert_eq!(plan.items[0].subject.name, "demo:lib.demo", "{script}"),
                false => assert!(plan.items.is_empty(), "{script}"),
            }
        }
        assert!(fake.plan(&["other"]).items.is_empty(), "{script}");
    }
}
