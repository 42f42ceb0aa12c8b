//! The races of the catalogue, each found at once, whatever the strategy and the seed.

use jostle::scenario::{Expect, Scenario};
use jostle::{FiberBackend, Fibers};
use jostle_core::campaign::Runner;
use jostle_core::finding::{Finding, Kind as Found};
use jostle_core::input::Input;
use jostle_core::op::OpKind;
use jostle_core::strategy::{Kind, Profile};
use jostle_core::trace::Trace;

use crate::support::catalogue::{catalogue, named};
use crate::support::failures::{inputs, minimized};

fn races() -> Vec<&'static Scenario> {
    catalogue()
        .into_iter()
        .filter(|s| matches!(s.subject.expect, Expect::Finds(Found::Race, _)))
        .collect()
}

/// The first finding in ten executions.
fn hunt(
    runner: &mut Runner<FiberBackend>,
    scenario: &Scenario,
    kind: Kind,
    seed: u64,
) -> Option<Finding> {
    (0..10).find_map(|n| {
        let input = Input::from_seed(kind, seed * 10 + n);
        let run = runner.run(scenario, &Profile::default(), &input);
        run.outcome.finding
    })
}

#[test]
fn each_is_found_within_ten_executions() {
    let mut runner = Runner::of(&Fibers);
    let mut weak = Vec::new();
    for scenario in races() {
        // After a task comes the next older one, and after the main task the newest: under
        // `newest` the reader of `race_publication` always looks before the flag is raised,
        // and never makes the access that races.
        for &kind in Kind::ALL.iter().filter(|&&kind| kind != Kind::Newest) {
            let found = (0..100).filter_map(|seed| hunt(&mut runner, scenario, kind, seed));
            let mut seeds = 0;
            for finding in found {
                seeds += 1;
                assert_eq!(
                    finding.kind,
                    Found::Race,
                    "{}: {finding}",
                    scenario.subject.name
                );
                assert_eq!(finding.accesses.len(), 2, "{}", scenario.subject.name);
                for access in &finding.accesses {
                    assert!(
                        access.task.is_some(),
                        "{}: {finding:?}",
                        scenario.subject.name
                    );
                    let place = access.place.as_ref();
                    assert!(
                        place.is_some_and(|p| p
                            .file
                            .starts_with("crates/jostle-catalogue/src/races/")),
                        "{}: {finding:?}",
                        scenario.subject.name
                    );
                }
            }
            if seeds < 99 {
                weak.push(format!("{} under {kind}: {seeds}", scenario.subject.name));
            }
        }
    }
    assert!(weak.is_empty(), "of 100 seeds: {weak:#?}");
    assert!(races().len() >= 12);
}

/// As often as it is executed, not only the first time: reports are not used up.
#[test]
fn each_is_found_again_in_every_execution_of_the_same_schedule() {
    let mut runner = Runner::of(&Fibers);
    for scenario in races() {
        let input = Input::from_seed(Kind::NonPreemptive, 0);
        let mut find = || {
            let run = runner.run(scenario, &Profile::default(), &input);
            run.outcome.finding.map(|finding| finding.signature())
        };
        let first = find();
        for n in 0..200 {
            assert_eq!(find(), first, "{}: execution {n}", scenario.subject.name);
        }
    }
}

/// The race stays the same one, and the answer is the same each time.
#[test]
fn each_is_minimized() {
    let mut runner = Runner::of(&Fibers);
    for scenario in races() {
        let mut inputs = (0..100).map(|seed| Input::from_seed(Kind::Random, seed));
        let input = inputs.find(|input| {
            let run = runner.run(scenario, &Profile::default(), input);
            run.outcome.finding.is_some()
        });
        let input = input.unwrap_or_else(|| panic!("{}: nothing found", scenario.subject.name));
        let (once, first) = minimized(scenario, &input);
        let (again, _) = minimized(scenario, &input);
        assert_eq!(once.schedule, again.schedule, "{}", scenario.subject.name);
        assert_eq!(once.trials, again.trials, "{}", scenario.subject.name);
        let (before, after) = (first.preemptions, once.trial.preemptions);
        println!("{}: {before} to {after} preemptions", scenario.subject.name);
        assert!(after <= before, "{}", scenario.subject.name);
        // None of them needs a task to be stopped where it could have gone on.
        assert_eq!(after, 0, "{}", scenario.subject.name);
    }
}

/// Whether the channel model of Go orders the last send of `pool_shutdown` and its close;
/// `None` if it was never closed.
///
/// There is one piece of work at a time, which each worker that receives it sends on, so
/// that its sends come one after the other. The last of them comes before the close if
/// the same worker did both, or received what was sent before it closed.
fn is_ordered(trace: &Trace) -> Option<bool> {
    let doing = |kind| trace.steps.iter().rposition(move |step| step.kind == kind);
    let (close, send) = (doing(OpKind::Close)?, doing(OpKind::Send)?);
    let closes = trace.steps[close].task;
    // A worker that saw nothing to receive may close later, after another send.
    let receives = trace.steps.get(send..close).and_then(|between| {
        let receive = between.iter().find(|step| step.kind == OpKind::Select);
        receive.map(|step| step.task)
    });
    Some(closes == trace.steps[send].task || receives == Some(closes))
}

/// The one in `shutdown` is never ordered, and the one in `pool_shutdown` unless the trace
/// shows what orders it.
#[test]
fn a_close_and_a_send_are_a_race_exactly_where_nothing_orders_them() {
    let mut runner = Runner::of(&Fibers);
    for name in ["shutdown", "pool_shutdown", "pool_shutdown_fixed"] {
        let scenario = named(name);
        let (mut races, executions) = (0, 100 * Kind::ALL.len());
        for input in inputs().take(executions) {
            let seed = input.seed;
            let run = runner.run(scenario, &Profile::default(), &input);
            let ordered = match name {
                "shutdown" => Some(false),
                "pool_shutdown" => is_ordered(&runner.trace()),
                _ => Some(true),
            };
            match run.outcome.finding {
                // A panic would come with the race, and after it.
                Some(finding) => {
                    assert_eq!(finding.kind, Found::Race, "{name}, seed {seed}: {finding}");
                    assert!(
                        finding.message.contains("send on closed channel"),
                        "{finding}"
                    );
                    assert_eq!(ordered, Some(false), "{name}, seed {seed}: {finding}");
                    races += 1;
                }
                None => assert_eq!(ordered, Some(true), "{name}, seed {seed}: nothing found"),
            }
        }
        println!("{name}: {races} races in {executions} executions");
        match name {
            "shutdown" => assert_eq!(races, executions),
            "pool_shutdown" => assert!(races > executions / 4),
            _ => assert_eq!(races, 0),
        }
    }
}
