//! What the binary says to those who call it, and how it exits.

use std::process::{Command, Output};

fn peers(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_peers"));
    command.args(arguments);
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn without_valgrind_it_names_the_remedy() {
    let Output { status, stderr, .. } = peers(&["run"]).env("PATH", "").output().unwrap();
    assert_eq!(status.code(), Some(2));
    assert!(text(&stderr).contains("apt install valgrind"));
}

#[test]
fn a_missed_target_fails_the_check_and_only_the_check() {
    let partly = ["run", "--workload", "empty", "--contender", "jostle-random"];
    let run = peers(&partly)
        .args(["--repetitions", "0"])
        .output()
        .unwrap();
    assert_eq!(run.status.code(), Some(0), "{}", text(&run.stderr));
    assert!(
        text(&run.stdout).contains("| empty"),
        "{}",
        text(&run.stdout)
    );

    let check = peers(&partly)
        .args(["--repetitions", "0", "--check"])
        .output()
        .unwrap();
    assert_eq!(check.status.code(), Some(1), "{}", text(&check.stderr));
    assert!(
        text(&check.stdout).contains("MISSED  empty"),
        "{}",
        text(&check.stdout)
    );
}

#[test]
fn one_refuses_what_the_contender_cannot_run() {
    let run = peers(&["one", "loom", "spawn_join_100", "1"])
        .output()
        .unwrap();
    assert_eq!(run.status.code(), Some(2));
    assert!(text(&run.stderr).contains("at most 5 threads"));
}

#[test]
fn every_contender_executes_every_workload_that_it_can() {
    let contenders = [
        "jostle-random",
        "jostle-campaign",
        "jostle-pct",
        "jostle-urw",
        "shuttle-random",
        "shuttle-pct",
        "shuttle-urw",
        "loom",
    ];
    for contender in contenders {
        for workload in [
            "lost_update",
            "count_locked",
            "add_atomic",
            "yield_2x100",
            "mutex_4x100",
            "mpsc_pingpong_100",
            "async_pingpong_100",
            "async_yield_2x100",
        ] {
            let run = peers(&["one", contender, workload, "3", "--count-steps"])
                .output()
                .unwrap();
            assert!(
                run.status.success(),
                "{contender} {workload}: {}",
                text(&run.stderr)
            );
            let sample = text(&run.stdout);
            assert!(sample.contains(r#""executions":3"#), "{sample}");
            let counted = !sample.contains(r#""steps":null"#) && !sample.contains(r#""steps":0"#);
            assert_eq!(
                counted,
                contender != "loom",
                "{contender} {workload}: {sample}"
            );
        }
    }
}
