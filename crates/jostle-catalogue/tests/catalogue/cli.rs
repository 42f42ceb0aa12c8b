//! The command: exit codes, messages, files.

use std::fs;

use jostle_core::input::{Input, select};
use serde_json::Value;

use crate::command::{code, fingerprint, folder, jostle, stderr, stdout};
use crate::support::catalogue::catalogue;
use crate::support::repository::root;

#[test]
fn list_shows_every_scenario_with_its_expectation() {
    let output = jostle(&["list"]);
    assert_eq!(code(&output), 0);
    let text = stdout(&output);
    assert!(text.contains("pool_shutdown "), "{text}");
    let bug = text.lines().find(|l| l.starts_with("lock_order_abba "));
    assert!(bug.unwrap().contains("deadlock"), "{text}");
    let json: Value = serde_json::from_str(&stdout(&jostle(&["list", "--json"]))).unwrap();
    let rows = json["scenarios"].as_array().unwrap();
    assert_eq!(rows.len(), text.lines().count());
    assert!(rows.iter().all(|r| r["line"].as_u64().unwrap() > 0));
}

#[test]
fn a_found_trace_replays_to_the_same_fingerprint_in_another_process() {
    let out = folder("replay");
    let found = jostle(&["hunt", "pool_shutdown", "--out", out.to_str().unwrap()]);
    assert_eq!(code(&found), 0, "{}", stderr(&found));
    assert!(stderr(&found).contains("send on closed channel"));
    let traces: Vec<_> = fs::read_dir(&out).unwrap().collect();
    assert_eq!(traces.len(), 1);
    let path = traces[0].as_ref().unwrap().path();
    let path = path.to_str().unwrap();
    let once = jostle(&["replay", path]);
    let twice = jostle(&["replay", path]);
    assert_eq!(code(&once), 1, "{}", stderr(&once));
    assert_eq!(stdout(&once), stdout(&twice));
    assert_eq!(stderr(&once), "");
    let recorded: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    assert_eq!(
        recorded["fingerprint"].as_str().unwrap(),
        fingerprint(&stdout(&once))
    );
    // The command in the report is the command that was given.
    assert!(stdout(&once).contains(&format!(" replay {path}")));
}

#[test]
fn a_trace_that_does_not_fit_says_where() {
    let out = folder("misfit");
    jostle(&["hunt", "pool_shutdown", "--out", out.to_str().unwrap()]);
    let path = fs::read_dir(&out).unwrap().next().unwrap().unwrap().path();
    let other = jostle(&[
        "replay",
        "--scenario",
        "dining_philosophers",
        path.to_str().unwrap(),
    ]);
    assert!(
        stderr(&other).contains("does not fit"),
        "{}",
        stderr(&other)
    );
    assert!(stderr(&other).contains("decision "), "{}", stderr(&other));
    // Nothing that was recorded has been executed, so that nothing has passed.
    let fixed = ["replay", "--scenario", "shutdown_fixed"];
    let fixed = jostle(&[&fixed[..], &[path.to_str().unwrap()]].concat());
    assert_eq!(code(&fixed), 2, "{}", stderr(&fixed));
    assert!(stdout(&fixed).contains("nothing found"));
    assert!(stderr(&fixed).contains("error: what was recorded"));
}

#[test]
fn scenarios_may_be_named_by_a_pattern() {
    let out = folder("patterns");
    let out = out.to_str().unwrap();
    let args = ["hunt", "shutdow?", "*_fixed", "shutdown", "--runs", "50"];
    let output = jostle(&[&args[..], &["--json", "--out", out]].concat());
    let json: Value = serde_json::from_str(&stdout(&output)).unwrap();
    let scenarios = json["scenarios"].as_array().unwrap();
    let names: Vec<&str> = scenarios
        .iter()
        .map(|s| s["name"].as_str().unwrap())
        .collect();
    assert_eq!(names[0], "shutdown");
    assert!(names.len() > 10, "{names:?}");
    assert!(
        names[1..].iter().all(|name| name.ends_with("_fixed")),
        "{names:?}"
    );
}

#[test]
fn a_report_without_a_format_is_the_one_for_the_terminal() {
    let trace = "corpus/shutdown/failing/misuse.trace.json";
    let (report, replay) = (jostle(&["report", trace]), jostle(&["replay", trace]));
    assert_eq!((code(&report), code(&replay)), (0, 1));
    assert_eq!(stdout(&report), stdout(&replay));
}

#[test]
fn an_exported_test_says_which_crate_it_needs() {
    let output = jostle(&["export", "corpus/shutdown/failing/misuse.trace.json"]);
    let line = "`use jostle_catalogue as _;`";
    assert!(stdout(&output).contains(line), "{}", stdout(&output));
    assert!(stderr(&output).contains(line), "{}", stderr(&output));
}

#[test]
fn a_limit_of_the_watchdog_that_is_no_time_is_refused() {
    for value in ["abc", "0", "-1", ""] {
        let output = crate::command::command()
            .args(["hunt", "shutdown_fixed", "--runs", "1"])
            .env("JOSTLE_STALL_SECONDS", value)
            .output()
            .unwrap();
        assert_eq!(code(&output), 2, "{value}");
        let said = stderr(&output);
        assert!(said.contains("JOSTLE_STALL_SECONDS is"), "{said}");
        assert!(said.contains("unset it"), "{said}");
    }
}

#[test]
fn hunt_json_is_one_document_with_every_figure() {
    let out = folder("json");
    let output = jostle(&[
        "hunt",
        "lost_update",
        "lost_update_fixed",
        "--runs",
        "500",
        "--jobs",
        "1",
        "--json",
        "--out",
        out.to_str().unwrap(),
    ]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let json: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(json["jostle_hunt"], 1);
    assert_eq!(json["as_expected"], true);
    let scenarios = json["scenarios"].as_array().unwrap();
    let (bug, fixed) = (&scenarios[0], &scenarios[1]);
    assert_eq!(bug["name"], "lost_update");
    assert_eq!(bug["findings"][0]["kind"], "panic");
    assert_eq!(bug["findings"][0]["expected"], true);
    assert!(fs::exists(bug["traces"][0].as_str().unwrap()).unwrap());
    assert_eq!(fixed["executions"], 500);
    assert_eq!(fixed["findings"].as_array().unwrap().len(), 0);
    assert!(fixed["distinct_interleavings"].as_u64().unwrap() > 1);
    assert!(fixed["steps"].as_u64().unwrap() > 500);
}

#[test]
fn the_result_does_not_depend_on_the_number_of_jobs() {
    let figures = |jobs: &str| {
        let out = folder(&format!("jobs-{jobs}"));
        let output = jostle(&[
            "hunt",
            "dining_philosophers",
            "lock_order_fixed",
            "--runs",
            "1000",
            "--jobs",
            jobs,
            "--json",
            "--out",
            out.to_str().unwrap(),
        ]);
        let json: Value = serde_json::from_str(&stdout(&output)).unwrap();
        let rows = json["scenarios"].as_array().unwrap().clone();
        rows.into_iter()
            .map(|r| {
                let first = r["findings"][0]["execution"].clone();
                (
                    r["executions"].clone(),
                    r["distinct_interleavings"].clone(),
                    first,
                )
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(figures("1"), figures("3"));
}

/// The files of a folder, by name.
fn files(folder: &std::path::Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, fs::read(path).unwrap())
        })
        .collect();
    files.sort();
    files
}

#[test]
fn a_hunt_keeps_a_corpus_and_goes_on_from_it() {
    let name = "pool_shutdown_fixed";
    let corpus = folder("corpus-kept");
    let path = corpus.to_str().unwrap();
    let hunt = |seed| {
        let args = [
            "hunt", name, "--corpus", path, "--runs", "300", "--seed", seed, "--json",
        ];
        let output = jostle(&args);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        let json: Value = serde_json::from_str(&stdout(&output)).unwrap();
        json["scenarios"][0]["executions"].as_u64().unwrap()
    };
    assert_eq!(hunt("1"), 300);
    let kept = files(&corpus.join(name));
    assert!(kept.len() > 10, "{}", kept.len());
    for (file, _) in kept.iter().take(5) {
        let file = format!("{path}/{name}/{file}");
        let replayed = jostle(&["replay", "--scenario", name, &file]);
        assert_eq!(code(&replayed), 0, "{}", stderr(&replayed));
    }
    // The fuzz target knows by itself whose they are.
    let all = catalogue();
    let names: Vec<&str> = all.iter().map(|s| s.subject.name).collect();
    let selected = |bytes: &[u8]| select(Input::decode(bytes).0, &names);
    assert!(kept.iter().all(|(_, bytes)| selected(bytes) == Some(name)));
    // What has been seen is not kept again.
    assert_eq!(hunt("2"), 300 + kept.len() as u64);
    let more = files(&corpus.join(name));
    assert!(kept.iter().all(|file| more.contains(file)));
    assert!(more.len() < 2 * kept.len(), "{} {}", kept.len(), more.len());
}

#[test]
fn a_hunt_begins_with_its_corpus() {
    let corpus = folder("corpus-read");
    let inputs = corpus.join("orders");
    fs::create_dir_all(&inputs).unwrap();
    let failing = root().join("corpus/orders/failing/misuse.input");
    fs::copy(failing, inputs.join("found-by-the-fuzz-target")).unwrap();
    let path = corpus.to_str().unwrap();
    let out = corpus.join("out");
    let out = out.to_str().unwrap();
    let args = [
        "hunt", "orders", "--corpus", path, "--runs", "0", "--out", out,
    ];
    let output = jostle(&args);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let said = stderr(&output);
    assert!(said.contains("(as expected, execution 1)"), "{said}");
    // What fails is a finding, and no input to begin with.
    assert_eq!(files(&inputs).len(), 1);
}

#[test]
fn a_corpus_that_is_no_folder_is_an_error() {
    let args = ["hunt", "orders", "--corpus", "Cargo.toml"];
    let output = jostle(&args);
    assert_eq!(code(&output), 2);
    let said = stderr(&output);
    assert!(said.contains("name another folder with --corpus"), "{said}");
    let args = ["hunt", "orders", "--corpus", "x", "--strategy", "pos"];
    assert_eq!(code(&jostle(&args)), 2);
}

#[test]
fn a_missed_expectation_is_exit_code_1() {
    // Under the non-preemptive schedule no task is ever between the two operations.
    let output = jostle(&["hunt", "lost_update", "--strategy", "calm", "--runs", "10"]);
    assert_eq!(code(&output), 1);
    assert!(stderr(&output).contains("MISSED"), "{}", stderr(&output));
}

/// Only ThreadSanitizer sees a data race. What was not looked at is neither good nor
/// missed.
#[test]
fn a_race_is_skipped_where_nobody_can_see_it() {
    let together = jostle(&["hunt", "race_counter", "race_counter_fixed", "--json"]);
    assert_eq!(code(&together), 0, "{}", stderr(&together));
    let json: Value = serde_json::from_str(&stdout(&together)).unwrap();
    assert_eq!(json["scenarios"][0]["verdict"], "not-observable");
    assert_eq!(json["scenarios"][0]["executions"], 0);
    assert_eq!(json["scenarios"][1]["verdict"], "as-expected");
    let alone = jostle(&["hunt", "race_counter"]);
    assert_eq!(code(&alone), 2);
    let said = stderr(&alone);
    assert!(
        said.contains("skipped  race_counter: expects race"),
        "{said}"
    );
    assert!(
        said.contains("error: only a ThreadSanitizer build"),
        "{said}"
    );
}

#[test]
fn ci_gets_a_table_of_tests_and_annotations() {
    let out = folder("junit");
    let file = out.join("junit.xml");
    let hunt = |annotations: &str| {
        let args = ["hunt", "lost_update", "lost_update_fixed", "--json"];
        let args = [&args[..], &["--strategy", "calm", "--runs", "10"]].concat();
        let file = file.to_str().unwrap();
        let args = [&args[..], &["--junit", file, annotations]].concat();
        jostle(&args)
    };
    let output = hunt("--annotations");
    assert_eq!(code(&output), 1);
    let xml = fs::read_to_string(&file).unwrap();
    assert!(
        xml.contains("<testsuites name=\"jostle\" tests=\"2\""),
        "{xml}"
    );
    assert_eq!(xml.matches("<failure ").count(), 1, "{xml}");
    assert!(xml.contains("name=\"lost_update_fixed\""), "{xml}");
    let missed = "title=lost_update was missed::expects panic";
    assert!(stderr(&output).contains(missed), "{}", stderr(&output));
    assert!(serde_json::from_str::<Value>(&stdout(&output)).is_ok());
    assert_eq!(stderr(&hunt("--annotations=never")), "");

    let nowhere = ["hunt", "shutdown", "--junit", "no/such/folder/junit.xml"];
    let out = out.to_str().unwrap();
    let output = jostle(&[&nowhere[..], &["--out", out]].concat());
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("name another file with --junit"));
}

#[test]
fn wrong_usage_is_exit_code_2_and_names_the_remedy() {
    let out = folder("usage");
    let file = |name: &str, content: &[u8]| {
        let path = out.join(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let empty = file("empty", b"");
    let foreign = file("foreign", b"\x89PNG\r\n\x1a\n0000");
    let corrupt = file("corrupt", b"{\"jostle_trace\": 1, \"scenario\": \"pool_sh");
    let newer = file("newer", b"{\"jostle_trace\": 999}");
    let large = out.join("large");
    fs::File::create(&large).unwrap().set_len(1 << 40).unwrap();
    let fifo = out.join("fifo");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status();
    assert!(made.unwrap().success());
    let [large, fifo, out_name] =
        [&large, &fifo, &out].map(|path| path.to_str().unwrap().to_owned());
    let cases: &[(&[&str], &str)] = &[
        (&["hunt", "pool_shutdow"], "did you mean pool_shutdown"),
        (&["hunt", "--strategy", "best"], "round-robin"),
        (&["hunt", "--time", "soon"], "for example 30"),
        (&["hunt", "--runs", "0"], "name one with --corpus"),
        (&["hunt", "--jobs", "0"], "1..=256"),
        (&["chase"], "Usage"),
        (&[], "Usage"),
        (&["replay", "no/such/file"], "cannot read no/such/file"),
        (&["replay", &empty], "empty"),
        (&["replay", "--scenario", "pool_shutdown", &empty], "empty"),
        (&["replay", &foreign], "--scenario"),
        (&["replay", &corrupt], "corrupt"),
        (&["replay", &newer], "newer"),
        (&["report", &corrupt], "restore the file"),
        (&["replay", "-"], "./-"),
        (&["replay", "/dev/zero"], "device"),
        (&["replay", &large], "name another file"),
        (&["replay", &fifo], "pipe"),
        (&["triage", &fifo], "cannot read the folder"),
        (
            &["export", "--scenario", "shutdown", &large],
            "another file",
        ),
        (&["report", &out_name, "--json"], "it is a folder"),
        (&["hunt", "--time", "0"], "no time above zero"),
        (&["minimize", &foreign, "--time", "0"], "no time above zero"),
        (&["verify", "shutdown", "--runs", "0"], "above zero"),
        (&["verify", "shutdown", "--data", &fifo], "pipe"),
        (
            &["hunt", "--corpus", "no/such"],
            "there is no folder no/such",
        ),
        (&["hunt", "no_such_*"], "no scenario has a name like"),
        (&["report", &corrupt, "--json"], "restore the file"),
        (&["report", &newer, "--json"], "update jostle"),
        (&["report", &foreign, "--html", &foreign], "--scenario"),
        (&["report", "no/such/file", "--json"], "cannot read"),
        (&["minimize", "no/such/file"], "cannot read no/such/file"),
        (&["minimize", &empty], "empty"),
        (&["minimize", &foreign], "--scenario"),
        (&["minimize", &corrupt], "corrupt"),
        (&["export", &corrupt], "corrupt"),
        (&["explain", &corrupt], "corrupt"),
        (&["triage", "no/such/folder"], "no/such/folder"),
        (
            &["export", "--scenario", "lock_order_fixed", &foreign],
            "does not fail",
        ),
        (
            &["minimize", "--scenario", "lock_order_fixed", &foreign],
            "nothing to minimize",
        ),
    ];
    for (args, text) in cases {
        let output = jostle(args);
        let said = stderr(&output);
        assert_eq!(code(&output), 2, "{args:?}: {said}");
        assert!(said.contains(text), "{args:?}: {said}");
        assert!(!said.contains("panicked"), "{args:?}: {said}");
    }
}

#[test]
fn a_report_is_a_page_a_document_and_trace_events() {
    let out = folder("report");
    let found = jostle(&["hunt", "shutdown", "--out", out.to_str().unwrap()]);
    assert_eq!(code(&found), 0, "{}", stderr(&found));
    let trace = fs::read_dir(&out).unwrap().next().unwrap().unwrap().path();
    let (page, events) = (out.join("page.html"), out.join("events.json"));
    let [trace, page, events] = [&trace, &page, &events].map(|path| path.to_str().unwrap());
    let args = [
        "report",
        trace,
        "--html",
        page,
        "--perfetto",
        events,
        "--json",
    ];
    let output = jostle(&args);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let document: Value = serde_json::from_str(&stdout(&output)).unwrap();
    let executions = document["executions"].as_array().unwrap();
    assert_eq!(executions[0]["finding"]["kind"], "misuse");
    assert!(executions[1]["finding"].is_null());
    // Up to the preemption that lets the body close the channel.
    let [failing, passing] = [0, 1].map(|at| executions[at]["steps"].as_array().unwrap());
    let same = failing.iter().zip(passing).take_while(|(a, b)| a == b);
    assert_eq!(same.count(), 2, "{passing:?}");
    assert_eq!(failing[2]["preemption"], true);
    let replayed = stdout(&jostle(&["replay", trace]));
    assert_eq!(executions[0]["fingerprint"], fingerprint(&replayed));
    assert!(
        fs::read_to_string(page)
            .unwrap()
            .contains("<!doctype html>")
    );
    let events: Value = serde_json::from_slice(&fs::read(events).unwrap()).unwrap();
    assert!(events["traceEvents"].is_array());
}

/// Wherever a schedule passes, one is found, and it is shown.
#[test]
fn a_failure_is_compared_with_a_schedule_that_passes() {
    let out = folder("passing");
    for name in ["lost_waker", "lock_order_abba", "lost_wakeup", "cron_tick"] {
        let found = jostle(&["hunt", name, "--out", out.to_str().unwrap()]);
        assert_eq!(code(&found), 0, "{}", stderr(&found));
        let traces = fs::read_dir(&out)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let trace = traces.max_by_key(|path| path.display().to_string().contains(name));
        let output = jostle(&["report", trace.unwrap().to_str().unwrap(), "--json"]);
        let document: Value = serde_json::from_str(&stdout(&output)).unwrap();
        assert_eq!(document["scenario"]["name"], name);
        let executions = document["executions"].as_array().unwrap();
        // No schedule saves a program that never closes its channel.
        let expected = if name == "cron_tick" { 1 } else { 2 };
        assert_eq!(executions.len(), expected, "{name}");
        assert!(executions.get(1).is_none_or(|e| e["finding"].is_null()));
    }
}

/// Not "nothing found" and no more.
#[test]
fn a_race_that_this_build_cannot_see_is_told() {
    let path = folder("unseen").join("race.trace.json");
    let trace = serde_json::json!({
        "jostle_trace": 1, "scenario": "shutdown_fixed", "strategy": "calm", "seed": "0",
        "choices": [], "fingerprint": "0",
        "finding": {"kind": "race", "message": "data race", "signature": "race-0"},
    });
    fs::write(&path, trace.to_string()).unwrap();
    let output = jostle(&["replay", path.to_str().unwrap()]);
    let said = stderr(&output);
    assert!(
        said.lines().next().unwrap().contains("ThreadSanitizer"),
        "{said}"
    );
    // Steps differ from build to build, which is not what matters here.
    assert!(!said.contains("have changed"), "{said}");
    assert_eq!(code(&output), 2, "{said}");
}

#[test]
fn any_bytes_are_an_input_when_the_scenario_is_named() {
    let out = folder("bytes");
    let path = out.join("input");
    for bytes in [&b"\0"[..], b"hello", &[0xff; 300]] {
        fs::write(&path, bytes).unwrap();
        let args = [
            "replay",
            "--scenario",
            "lock_order_fixed",
            path.to_str().unwrap(),
        ];
        let output = jostle(&args);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        assert!(stdout(&output).contains("nothing found"));
    }
}

#[test]
fn help_goes_to_standard_output_and_names_the_exit_codes() {
    let output = jostle(&["--help"]);
    assert_eq!(code(&output), 0);
    assert!(
        stdout(&output).contains("Exit codes"),
        "{}",
        stdout(&output)
    );
}

#[test]
fn verify_proves_a_fixed_scenario_and_finds_a_broken_one() {
    let out = folder("verify");
    let folder = out.to_str().unwrap();
    // The fixed twins of both stories.
    let proof = jostle(&["verify", "cron_tick_fixed", "--out", folder]);
    assert_eq!(code(&proof), 0, "{}", stderr(&proof));
    assert!(stderr(&proof).contains("cron_tick_fixed: all 8,000 classes pass"));
    let proof = jostle(&["verify", "pool_shutdown_fixed", "--out", folder]);
    assert_eq!(code(&proof), 0, "{}", stderr(&proof));
    assert!(stderr(&proof).contains("pool_shutdown_fixed: all 5,216 classes pass"));
    let both = jostle(&[
        "verify",
        "lost_update",
        "lost_update_fixed",
        "--json",
        "--out",
        folder,
    ]);
    assert_eq!(code(&both), 0, "{}", stderr(&both));
    let json: Value = serde_json::from_str(&stdout(&both)).unwrap();
    assert_eq!(json["scenarios"][0]["end"], "found");
    assert_eq!(json["scenarios"][1]["end"], "exhausted");
    assert_eq!(json["scenarios"][1]["classes"], 2);
    let trace = json["scenarios"][0]["trace"].as_str().unwrap();
    assert_eq!(code(&jostle(&["replay", trace])), 1);
}

#[test]
fn verify_says_when_it_proves_nothing() {
    let short = jostle(&["verify", "cron_tick_fixed", "--runs", "5"]);
    assert_eq!(code(&short), 2);
    assert!(stderr(&short).contains("no proof: the limit was reached"));
    let cut = jostle(&["verify", "cron_tick_fixed", "--runs", "5", "--steps", "3"]);
    assert_eq!(code(&cut), 2);
    assert!(stderr(&cut).contains("no proof: "), "{}", stderr(&cut));
    assert_eq!(code(&jostle(&["verify"])), 2);
    assert_eq!(code(&jostle(&["verify", "no_such_scenario"])), 2);
    // Nothing is found where a race is expected that this build cannot see.
    let blind = jostle(&["verify", "race_publication"]);
    assert!(stderr(&blind).contains("which only a build with ThreadSanitizer sees"));
}

#[test]
fn a_bound_on_preemptions_is_part_of_the_statement() {
    let output = jostle(&["verify", "cron_drained", "--preemptions", "1"]);
    assert_eq!(code(&output), 0);
    let text = stderr(&output);
    assert!(text.contains(" with at most 1 preemption pass ("), "{text}");
}

/// A trace of `pool_shutdown` that was found at random.
fn found(folder: &std::path::Path) -> String {
    let args = [
        "hunt",
        "pool_shutdown",
        "--strategy",
        "random",
        "--seed",
        "7",
        "--out",
        folder.to_str().unwrap(),
    ];
    assert_eq!(code(&jostle(&args)), 0);
    let path = fs::read_dir(folder).unwrap().next().unwrap().unwrap();
    path.path().to_str().unwrap().to_owned()
}

#[test]
fn minimize_saves_a_smaller_trace_of_the_same_bug() {
    let out = folder("minimize");
    let trace = found(&out);
    let small = trace.replace(".trace.json", ".min.trace.json");
    let artifact = out.join("small");
    let artifact = artifact.to_str().unwrap();
    let output = jostle(&["minimize", &trace, "--artifact", artifact]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let said = stdout(&output);
    assert!(
        said.contains("Fails with 1 preemption, 4 steps of "),
        "{said}"
    );
    assert!(said.contains("The order of these two decides:"), "{said}");
    assert!(said.contains(&format!("replay {small}")), "{said}");
    let json = |path: &str| serde_json::from_slice::<Value>(&fs::read(path).unwrap()).unwrap();
    let (before, after) = (json(&trace), json(&small));
    assert_eq!(
        before["finding"]["signature"],
        after["finding"]["signature"]
    );
    assert_eq!(after["strategy"], "calm");
    assert_eq!(after["overrides"].as_array().unwrap().len(), 1);
    // The trace, the input that it names, and the artifact are one execution.
    let fingerprint = format!("Fingerprint: {}", after["fingerprint"].as_str().unwrap());
    for args in [
        &["replay", &small][..],
        &["replay", "--scenario", "pool_shutdown", artifact],
    ] {
        let output = jostle(args);
        assert_eq!(code(&output), 1, "{}", stderr(&output));
        assert!(stdout(&output).contains(&fingerprint), "{args:?}");
    }
    // A second run says the same, and so does one on the result.
    let first = fs::read(&small).unwrap();
    jostle(&["minimize", &trace]);
    assert_eq!(fs::read(&small).unwrap(), first);
    let again = out.join("again.trace.json");
    jostle(&["minimize", &small, "--out", again.to_str().unwrap()]);
    assert_eq!(fs::read(&again).unwrap(), first);
}

#[test]
fn minimize_without_time_keeps_what_it_has() {
    let out = folder("no-time");
    let trace = found(&out);
    let output = jostle(&["minimize", &trace, "--time", "0.000000001"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(stdout(&output).contains("took 1 executions, and ended before"));
    let small = trace.replace(".trace.json", ".min.trace.json");
    assert_eq!(code(&jostle(&["replay", &small])), 1);
}

#[test]
fn minimize_that_cannot_save_says_so_at_once() {
    let out = folder("unsaved");
    let trace = found(&out);
    let output = jostle(&["minimize", &trace, "--out", "/dev/null/small.trace.json"]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("name another file with --out"));
}

#[test]
fn triage_tells_how_many_bugs_there_are() {
    let out = folder("triage");
    for (n, (name, seed)) in [("shutdown", "1"), ("shutdown", "2"), ("lost_update", "3")]
        .into_iter()
        .enumerate()
    {
        let here = folder(&format!("triage-{n}"));
        let here_name = here.to_str().unwrap();
        jostle(&["hunt", name, "--seed", seed, "--out", here_name]);
        let trace = fs::read_dir(&here).unwrap().next().unwrap().unwrap();
        fs::copy(trace.path(), out.join(format!("{n}.trace.json"))).unwrap();
    }
    fs::write(out.join("notes.txt"), "about these").unwrap();
    let out = out.to_str().unwrap();
    let output = jostle(&["triage", out]);
    let said = stdout(&output);
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    assert!(
        said.starts_with("3 failing files, 2 different bugs\n"),
        "{said}"
    );
    assert!(
        said.contains("1 preemption, 0 other deviations, 4 steps"),
        "{said}"
    );
    assert!(
        said.contains("left out:") && said.contains("notes.txt"),
        "{said}"
    );
    let json: Value = serde_json::from_str(&stdout(&jostle(&["triage", out, "--json"]))).unwrap();
    let bugs = json["bugs"].as_array().unwrap();
    let files = |bug: &Value| bug["files"].as_array().unwrap().len();
    assert_eq!(bugs.iter().map(files).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(bugs[1]["minimized"]["preemptions"], 1);
    assert_eq!(json["unreadable"].as_array().unwrap().len(), 1);
    let empty = folder("triage-empty");
    assert_eq!(code(&jostle(&["triage", empty.to_str().unwrap()])), 2);
}

#[test]
fn an_input_of_one_line_feed_is_replayed() {
    let file = folder("line_feed").join("crash");
    fs::write(&file, "\n").unwrap();
    let path = file.to_str().unwrap();
    let output = jostle(&["replay", "--scenario", "lost_update_fixed", path]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    // Without a name it can only be meant as a trace.
    assert_eq!(code(&jostle(&["replay", path])), 2);
}
