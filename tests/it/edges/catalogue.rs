//! The races of the catalogue, each found at once, whatever the strategy and the seed.

use jostle::campaign::Runner;
use jostle::finding::{Finding, Kind as Found};
use jostle::input::Input;
use jostle::scenario::registry::{Scope, scenarios};
use jostle::scenario::{Expect, Scenario};
use jostle::strategy::{Kind, Profile};

fn races() -> Vec<&'static Scenario> {
    let all = scenarios(Scope::All).unwrap();
    all.into_iter()
        .filter(|s| matches!(s.expect, Expect::Finds(Found::Race, _)))
        .collect()
}

/// The first finding in ten executions.
fn hunt(runner: &mut Runner, scenario: &Scenario, kind: Kind, seed: u64) -> Option<Finding> {
    (0..10).find_map(|n| {
        let input = Input::from_seed(kind, seed * 10 + n);
        let run = runner.run(scenario, &Profile::default(), &input);
        run.outcome.finding
    })
}

#[test]
fn each_is_found_within_ten_executions() {
    let mut runner = Runner::new();
    for scenario in races() {
        for &kind in Kind::ALL {
            let found = (0..100).filter_map(|seed| hunt(&mut runner, scenario, kind, seed));
            let mut seeds = 0;
            for finding in found {
                seeds += 1;
                assert_eq!(finding.kind, Found::Race, "{}: {finding}", scenario.name);
                assert_eq!(finding.accesses.len(), 2, "{}", scenario.name);
                for access in &finding.accesses {
                    assert!(access.task.is_some(), "{}: {finding:?}", scenario.name);
                    let place = access.place.as_ref();
                    assert!(
                        place.is_some_and(|p| p.file.starts_with("src/scenarios/races/")),
                        "{}: {finding:?}",
                        scenario.name
                    );
                }
            }
            assert!(
                seeds >= 99,
                "{} under {kind}: {seeds} of 100 seeds",
                scenario.name
            );
        }
    }
    assert!(races().len() >= 12);
}

/// As often as it is executed, not only the first time: reports are not used up.
#[test]
fn each_is_found_again_in_every_execution_of_the_same_schedule() {
    let mut runner = Runner::new();
    for scenario in races() {
        let input = Input::from_seed(Kind::Calm, 0);
        let mut find = || {
            let run = runner.run(scenario, &Profile::default(), &input);
            run.outcome.finding.map(|finding| finding.signature())
        };
        let first = find();
        for n in 0..200 {
            assert_eq!(find(), first, "{}: execution {n}", scenario.name);
        }
    }
}

/// Where two tasks do it, an unordered close and send is found wherever it does not
/// panic.
#[test]
fn an_unordered_close_and_send_is_found_on_every_schedule() {
    let all = scenarios(Scope::All).unwrap();
    let mut runner = Runner::new();
    for (name, is_certain) in [("shutdown", true), ("pool_shutdown", false)] {
        let scenario = all.iter().find(|s| s.name == name).unwrap();
        let (mut races, mut others, executions) = (0, 0, 800);
        for seed in 0..executions {
            let kind = Kind::ALL[seed as usize % Kind::ALL.len()];
            let input = Input::from_seed(kind, seed);
            let run = runner.run(scenario, &Profile::default(), &input);
            match run.outcome.finding {
                Some(finding) if finding.kind == Found::Race => {
                    assert!(
                        finding.message.contains("send on closed channel"),
                        "{finding}"
                    );
                    races += 1;
                }
                // The panic always comes with the race, and after it.
                Some(finding) => panic!("{name}, seed {seed}: {finding}"),
                // One worker did all of it, so that its own order is all there is.
                None => others += 1,
            }
        }
        assert!(races > executions / 4, "{name}: {races} of {executions}");
        assert!(
            others == 0 || !is_certain,
            "{name}: {others} of {executions}"
        );
    }
}
