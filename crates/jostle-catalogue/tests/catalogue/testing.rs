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
