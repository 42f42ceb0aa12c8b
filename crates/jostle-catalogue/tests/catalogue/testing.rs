//! Scenarios as tests: what `cargo test` does with a trace.

use std::process::{Command, Output};

use crate::support::repository::root;

/// Set in the other process.
const CHILD: &str = "JOSTLE_TEST_TESTING_CHILD";

/// What the attribute's test does for `pool_shutdown`; for the tests below.
#[test]
fn explores_pool_shutdown() {
    if std::env::var_os(CHILD).is_some() {
        jostle::testing::explore("pool_shutdown");
    }
}

fn explore(variable: &str, value: &str) -> (Output, String) {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "testing::explores_pool_shutdown"])
        .env(CHILD, "1")
        .env(variable, value)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    (output, text)
}

fn corpus(scenario: &str, trace: &str) -> String {
    let path = root()
        .join("corpus")
        .join(scenario)
        .join("failing")
        .join(trace);
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_known_bug_passes_because_it_is_found() {
    let (output, text) = explore("JOSTLE_SEED", "1");
    assert!(output.status.success(), "{text}");
}

#[test]
fn a_trace_of_the_scenario_is_replayed_and_fails() {
    let trace = corpus("pool_shutdown", "misuse.trace.json");
    let (output, text) = explore("JOSTLE_REPLAY", &trace);
    assert!(!output.status.success());
    assert!(
        text.contains("misuse in pool_shutdown: send on closed channel"),
        "{text}"
    );
    assert!(
        text.contains(&format!("JOSTLE_REPLAY={trace} cargo test pool_shutdown")),
        "{text}"
    );
}

#[test]
fn a_trace_of_another_scenario_is_left_to_it() {
    let (output, text) = explore("JOSTLE_REPLAY", &corpus("cron_tick", "leak.trace.json"));
    assert!(output.status.success(), "{text}");
}

/// As after it was renamed: were it passed over, the command would check nothing.
#[test]
fn a_trace_of_no_scenario_fails() {
    let trace = crate::command::folder("renamed").join("x.trace.json");
    let text = std::fs::read_to_string(corpus("cron_tick", "leak.trace.json")).unwrap();
    std::fs::write(&trace, text.replace("\"cron_tick\"", "\"cron_tock\"")).unwrap();
    let (output, text) = explore("JOSTLE_REPLAY", trace.to_str().unwrap());
    assert!(!output.status.success(), "{text}");
    assert!(
        text.contains("cron_tock") && text.contains("cargo test"),
        "{text}"
    );
}

#[test]
fn a_trace_of_a_race_fails_where_nobody_can_see_it() {
    let trace = crate::command::folder("testing-race").join("x.trace.json");
    let text = std::fs::read_to_string(corpus("pool_shutdown", "misuse.trace.json")).unwrap();
    let text = text.replace("\"kind\": \"misuse\"", "\"kind\": \"race\"");
    std::fs::write(&trace, text).unwrap();
    let (output, text) = explore("JOSTLE_REPLAY", trace.to_str().unwrap());
    assert!(!output.status.success(), "{text}");
    assert!(text.contains("ThreadSanitizer"), "{text}");
}

#[test]
fn variables_mean_what_options_mean() {
    for (variable, value) in [
        ("JOSTLE_TIME", "0"),
        ("JOSTLE_TIME", "soon"),
        ("JOSTLE_TIME", ""),
        ("JOSTLE_RUNS", "0"),
        ("JOSTLE_RUNS", "1.5"),
        ("JOSTLE_SEED", "-1"),
        ("JOSTLE_STRATEGY", "best"),
        ("JOSTLE_STALL_SECONDS", "abc"),
        ("JOSTLE_REPLAY", "/dev/zero"),
        ("JOSTLE_REPLAY", "-"),
    ] {
        let (output, text) = explore(variable, value);
        assert!(!output.status.success(), "{variable}={value}: {text}");
        assert!(text.contains(variable), "{variable}={value}: {text}");
    }
    for (variable, value) in [
        ("JOSTLE_TIME", "2.5"),
        ("JOSTLE_TIME", "1m"),
        ("JOSTLE_RUNS", "900"),
    ] {
        let (output, text) = explore(variable, value);
        assert!(output.status.success(), "{variable}={value}: {text}");
    }
}

#[test]
fn what_cannot_be_read_is_said() {
    let (output, text) = explore("JOSTLE_REPLAY", "no/such/file");
    assert!(!output.status.success());
    assert!(text.contains("cannot read no/such/file"), "{text}");
    let (output, text) = explore("JOSTLE_RUNS", "many");
    assert!(!output.status.success());
    assert!(text.contains("JOSTLE_RUNS"), "{text}");
}

/// What `jostle export` prints for `shutdown`, in the other process.
#[test]
fn a_kept_shutdown() {
    if let Some(scenario) = std::env::var_os(CHILD) {
        let rows = ["(send in shutdown) before send in shutdown #2 -> main"];
        jostle::testing::keep(scenario.to_str().unwrap(), &rows, "");
    }
}

fn kept(scenario: &str) -> (Output, String) {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "testing::a_kept_shutdown", "--nocapture"])
        .env(CHILD, scenario)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    (output, text)
}

#[test]
fn a_kept_failure_fails_with_a_report_as_long_as_the_bug_is_there() {
    let (output, text) = kept("shutdown");
    assert!(!output.status.success());
    assert!(text.contains("the kept schedule fails"), "{text}");
    assert!(text.contains("send on closed channel"), "{text}");
    assert!(text.contains("Replay:   JOSTLE_REPLAY="), "{text}");
}

#[test]
fn a_kept_failure_that_cannot_be_followed_says_so_and_looks_around() {
    let (output, text) = kept("shutdown_fixed");
    assert!(output.status.success(), "{text}");
    assert!(text.contains("cannot be followed any more"), "{text}");
    assert!(text.contains("nothing was found around it"), "{text}");
    let (output, text) = kept("pool_shutdown");
    assert!(!output.status.success());
    assert!(text.contains("a schedule around it fails"), "{text}");
}
