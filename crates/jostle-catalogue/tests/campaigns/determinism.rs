//! The same input gives the same execution: twice in one process, and in another.

use std::process::Command;

use jostle::Fibers;
use jostle_core::campaign::{Runner, profile};
use jostle_core::input::Input;
use jostle_core::strategy::Kind;

use crate::support::catalogue::{catalogue, named};
use crate::support::effort::effort;
use crate::support::failures::inputs;

/// Seeds for each scenario and strategy.
fn seeds() -> u64 {
    effort("JOSTLE_TEST_SEEDS", 20)
}

/// A line for each execution: scenario, strategy, seed, fingerprint, finding.
fn executions() -> Vec<String> {
    let mut lines = Vec::new();
    for scenario in catalogue() {
        let mut runner = Runner::of(&Fibers);
        let profile = profile(&mut runner, scenario).unwrap();
        for &kind in Kind::ALL {
            for seed in 0..seeds() {
                let input = Input::from_seed(kind, seed);
                let run = runner.run(scenario, &profile, &input);
                let found = run
                    .outcome
                    .finding
                    .map_or_else(String::new, |f| f.signature());
                let print = runner.fingerprint();
                lines.push(format!(
                    "{} {kind} {seed} {print:016x} {found}",
                    scenario.subject.name
                ));
            }
        }
    }
    lines
}

/// Set in the other process: it prints what it executed.
const CHILD: &str = "JOSTLE_TEST_DETERMINISM_CHILD";

#[test]
fn executions_are_the_same_twice_and_in_another_process() {
    let once = executions();
    if std::env::var_os(CHILD).is_some() {
        for line in &once {
            let mut out = std::io::stdout();
            std::io::Write::write_all(&mut out, format!("execution {line}\n").as_bytes()).unwrap();
        }
        return;
    }
    assert!(once.len() as u64 >= 30 * seeds());
    assert_eq!(once, executions(), "twice in one process");
    let child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "--nocapture",
            "determinism::executions_are_the_same_twice_and_in_another_process",
        ])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let text = String::from_utf8(child.stdout).unwrap();
    let other: Vec<&str> = text
        .lines()
        .filter_map(|l| l.split_once("execution ").map(|(_, rest)| rest))
        .collect();
    assert_eq!(once, other, "in another process");
}

/// A log line adds no scheduling point: the story's bug does not hide from it.
#[test]
fn logging_changes_nothing() {
    let outcomes = |name: &str| {
        let scenario = named(name);
        let mut runner = Runner::of(&Fibers);
        let profile = profile(&mut runner, scenario).unwrap();
        let mut outcomes = Vec::new();
        for input in inputs().take(500) {
            let run = runner.run(scenario, &profile, &input);
            outcomes.push((run.outcome.finding.map(|f| f.message), runner.fingerprint()));
        }
        outcomes
    };
    let plain = outcomes("pool_shutdown");
    assert_eq!(plain, outcomes("pool_shutdown_logged"));
    assert!(plain.iter().any(|(finding, _)| finding.is_some()));
}
