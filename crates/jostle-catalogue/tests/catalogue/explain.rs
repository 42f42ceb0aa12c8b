//! Explanations: the pair whose order decides, and what is missing where none does.

use jostle::Fibers;
use jostle::scenario::Scenario;
use jostle_core::campaign::{Replayed, Replayer};
use jostle_core::explain::{self, Explanation};
use jostle_core::input::Input;
use jostle_core::op::OpKind;
use jostle_report::explanation;
use jostle_report::terminal::Options;

use crate::support::catalogue::named;
use crate::support::failures::{failing, minimized};

struct Explained {
    failure: Replayed,
    explanation: Explanation,
}

/// The explanations of a few failures of the scenario, minimized.
fn explained(name: &str) -> Vec<Explained> {
    let scenario = named(name);
    let inputs = failing(scenario, 1_000).take(5);
    let list: Vec<Explained> = inputs.map(|input| explain_one(scenario, &input)).collect();
    assert_eq!(list.len(), 5, "{name}");
    list
}

fn explain_one(scenario: &'static Scenario, input: &Input) -> Explained {
    let (small, _) = minimized(scenario, input);
    let schedule = small.schedule;
    let mut replayer = Replayer::new(&Fibers, scenario);
    let failure = replayer.schedule(&schedule).unwrap();
    let explanation = replayer.explain(&failure, &schedule).unwrap().unwrap();
    Explained {
        failure,
        explanation,
    }
}

/// Kinds of the two operations of the pair that the nearest passing execution turns
/// round, as they come in the failure.
fn reordered(explained: &Explained) -> (OpKind, OpKind) {
    let pair = explained.explanation.reordered.unwrap();
    let kind = |at: usize| match explained.failure.trace.steps.get(at) {
        Some(step) => step.kind,
        None => {
            let waits = &explained.failure.finding.as_ref().unwrap().waits;
            waits[at - explained.failure.trace.steps.len()].op
        }
    };
    (kind(pair.first), kind(pair.second))
}

#[test]
fn of_the_worker_pool_the_close_before_the_send_in_flight_decides() {
    for name in ["pool_shutdown", "pool_shutdown_logged", "shutdown"] {
        for one in explained(name) {
            assert_eq!(reordered(&one), (OpKind::Close, OpKind::Send), "{name}");
            // In the passing one they come the other way round.
            let (passing, there) = one.explanation.nearest.unwrap();
            let kinds = [there.first, there.second].map(|at| passing.steps[at].kind);
            assert_eq!(kinds, [OpKind::Send, OpKind::Close], "{name}");
        }
    }
}

#[test]
fn of_the_cron_scheduler_nobody_closes_the_channel_and_no_order_decides() {
    for name in ["cron_tick", "cron_tick_buffered"] {
        for one in explained(name) {
            assert!(one.explanation.deciding.is_empty(), "{name}");
            assert!(one.explanation.tried > 0, "{name}");
            let finding = one.failure.finding.unwrap();
            let releases = explain::releases(&finding, &one.failure.trace);
            let [release] = &releases[..] else {
                panic!("{releases:?}")
            };
            assert_eq!(release.alike, 3, "one collector for each tick");
            assert_eq!(release.missing, [OpKind::Close]);
            // The jobs have sent, and have ended.
            assert_eq!(release.done.len(), 2);
            assert!(release.done.iter().all(|d| d.0 == OpKind::Send && d.3));
        }
    }
}

#[test]
fn of_crossed_locks_the_first_and_the_one_that_waits_for_it_decide() {
    for name in ["lock_order_abba", "dining_philosophers"] {
        for one in explained(name) {
            assert_eq!(reordered(&one), (OpKind::Lock, OpKind::Lock), "{name}");
            let steps = one.failure.trace.steps.len();
            let waits = one.explanation.deciding.iter();
            assert!(waits.clone().all(|p| p.first < steps && p.second >= steps));
        }
    }
}

/// Among thousands of pairs of a store and a load that comes round in a loop.
#[test]
fn what_decides_is_found_before_a_loop_without_end() {
    for one in explained("countdown") {
        assert!(
            one.explanation.untried > 1000,
            "{}",
            one.explanation.untried
        );
        assert_eq!(reordered(&one), (OpKind::Load, OpKind::Store));
    }
}

#[test]
fn few_steps_matter() {
    for one in explained("lost_update") {
        let matter = one.explanation.relevant.len();
        assert!((2..=4).contains(&matter), "{matter}");
    }
}

#[test]
fn an_explanation_looks_right_at_three_widths() {
    insta::assert_snapshot!(at_three_widths(&explained("shutdown").remove(0)));
}

/// Of five tasks that wait for each other.
#[test]
fn an_explanation_of_many_tasks_looks_right_at_three_widths() {
    let one = explained("dining_philosophers").remove(0);
    insta::assert_snapshot!(at_three_widths(&one));
}

fn at_three_widths(one: &Explained) -> String {
    let finding = one.failure.finding.as_ref().unwrap();
    let mut pages = String::new();
    for width in [80, 120, 200] {
        let options = Options {
            width,
            ..Options::default()
        };
        let trace = &one.failure.trace;
        let releases = explain::releases(finding, trace);
        let page = explanation::render(finding, trace, &one.explanation, &releases, &options);
        // Only what is to be copied may be wider.
        let table = page.lines().filter(|line| line.contains(" │ "));
        assert!(table.clone().count() > 4);
        assert!(
            table.clone().all(|line| line.chars().count() <= width),
            "{page}"
        );
        assert!(!page.contains('\u{1b}'), "{page}");
        pages += &format!("WIDTH {width}\n\n{page}\n");
    }
    pages
}
