//! A failure of a strategy or a backend is reported as such, never as a finding, a clean
//! result or a proof.

use jostle_core::backend::Broken;
use jostle_core::campaign::{Campaign, Progress, Replayer, Runner, Summary, Verdict, confirm};
use jostle_core::finding::Kind as FindingKind;
use jostle_core::input::Input;
use jostle_core::minimize::{Limits, Schedule, minimize};
use jostle_core::prescription::Prescription;
use jostle_core::strategy::{Kind, Policy, Profile};
use jostle_core::verify::{self, End, Verification};

use crate::harness::{campaign, explore, found};
use crate::known::{Bug, bugs};
use crate::program::Program;
use crate::suite::{Fault, Faults, Programs};

const FAULTS: [(Fault, &str); 3] = [
    (Fault::StrategyPanics, "the strategy failed"),
    (Fault::PicksNobody, "which is not runnable"),
    (Fault::CarrierPanics, "the carrier failed"),
];

/// Programs that fail from an execution on.
fn faulty(from: u64, fault: Fault) -> Programs {
    Programs {
        faults: Faults::from(from, fault),
        ..Programs::default()
    }
}

fn lost_update() -> Bug {
    bugs().swap_remove(0)
}

fn explored(suite: &Programs, program: &Program, campaign: &Campaign) -> Summary {
    campaign.explore(suite, program, &Progress::default())
}

fn is_broken(summary: &Summary, why: &str) {
    assert_eq!(summary.verdict(), Verdict::Broken);
    let broken = summary.broken.as_deref().unwrap_or_default();
    assert!(broken.contains(why), "{broken}");
    let nondeterminism = FindingKind::Nondeterminism;
    assert!(
        summary
            .findings
            .iter()
            .all(|f| f.finding.kind != nondeterminism)
    );
}

#[test]
fn a_campaign_ends_where_it_breaks() {
    for (fault, why) in FAULTS {
        for strategies in [&[][..], &[Kind::Random], &[Kind::Pos, Kind::Urw]] {
            for jobs in [1, 3] {
                // Four executions measure, before strategies in turn begin.
                let measured = if strategies.is_empty() { 0 } else { 4 };
                let suite = faulty(measured + 40, fault);
                let mut campaign = campaign(strategies, 1_000, 1);
                campaign.jobs = jobs;
                let summary = explored(&suite, &lost_update().mended, &campaign);
                is_broken(&summary, why);
                assert!(summary.executions <= 40);
            }
        }
    }
}

#[test]
fn a_campaign_breaks_with_the_measuring_before_it() {
    for (fault, why) in FAULTS {
        let campaign = campaign(&[Kind::Random], 1_000, 1);
        let summary = explored(&faulty(2, fault), &lost_update().mended, &campaign);
        is_broken(&summary, why);
        assert_eq!(summary.executions, 0);
    }
}

#[test]
fn a_replay_that_breaks_is_no_nondeterminism() {
    let bug = lost_update();
    for (fault, why) in FAULTS {
        // The first finding ends the campaign, and what is confirmed breaks.
        let campaign = campaign(&[], 100, 1);
        let found = explore(&bug.program, &campaign).findings.remove(0);
        let summary = explored(&faulty(found.execution, fault), &bug.program, &campaign);
        // Where choices are prescribed no strategy is asked.
        if fault == Fault::CarrierPanics {
            is_broken(&summary, why);
            assert!(summary.findings.is_empty());
        } else {
            assert_eq!(summary.verdict(), Verdict::AsExpected);
        }
        let (finding, trace) = (found.finding, found.trace);
        let confirmed = confirm(
            &faulty(0, Fault::CarrierPanics),
            &bug.program,
            finding,
            trace,
            &[],
        );
        assert_eq!(
            confirmed.unwrap_err(),
            Broken("the carrier failed".to_owned())
        );
    }
}

#[test]
fn nothing_is_proved_or_refuted_by_what_breaks() {
    let bug = lost_update();
    let verification = Verification::new();
    let verified = |suite: &Programs, program: &Program| {
        verification.explore(suite, program, &verify::Progress::default())
    };
    let broken = |end: End, why: &str| match end {
        End::Broken(words) => assert!(words.contains(why), "{words}"),
        end => panic!("{end:?}"),
    };
    for (fault, why) in FAULTS {
        for from in [0, 1] {
            broken(verified(&faulty(from, fault), &bug.mended).end, why);
        }
    }
    // While what was found is confirmed.
    let suite = Programs::default();
    let End::Found(_) = verified(&suite, &bug.program).end else {
        panic!("it is not refuted")
    };
    let last = suite.faults.made() - 1;
    let suite = faulty(last, Fault::CarrierPanics);
    broken(verified(&suite, &bug.program).end, "the carrier failed");
}

#[test]
fn whatever_a_failure_is_followed_for_breaks() {
    let bug = lost_update();
    let found = found(&bug.program, bug.within, 1);
    let broken = Broken("the carrier failed".to_owned());
    let route = || Prescription::recorded(found.trace.choices.clone());

    // How many executions each of these takes.
    let sound = Programs::default();
    let mut replayer = Replayer::new(&sound, &bug.program);
    let first = replayer.execute(route(), &[]).unwrap();
    let schedule = Schedule {
        data: Vec::new(),
        deviations: first.trial.transcript.deviations(),
    };
    let before = sound.faults.made();
    replayer.explain(&first, &schedule).unwrap().unwrap();
    let explained = sound.faults.made() - before;
    let rows = replayer.rows(&schedule).unwrap().unwrap();
    let followed = sound.faults.made() - before - explained;
    assert!(explained >= 1 && followed >= 3, "{explained}, {followed}");

    for from in 0..explained {
        let suite = faulty(1 + from, Fault::CarrierPanics);
        let mut replayer = Replayer::new(&suite, &bug.program);
        let first = replayer.execute(route(), &[]).unwrap();
        let explanation = replayer.explain(&first, &schedule);
        assert_eq!(explanation.unwrap_err(), broken);
        // From then on there is no other answer.
        assert_eq!(replayer.schedule(&schedule).unwrap_err(), broken);
        assert!(replayer.trial(&schedule).is_none());
        assert_eq!(suite.faults.made(), from + 2);
    }
    for from in 0..followed {
        let suite = faulty(from, Fault::CarrierPanics);
        let mut replayer = Replayer::new(&suite, &bug.program);
        assert_eq!(replayer.rows(&schedule).unwrap_err(), broken);
    }
    for from in 0..4 {
        let suite = faulty(from, Fault::CarrierPanics);
        let nearest = Replayer::new(&suite, &bug.program).nearest(&found.trace, &[]);
        assert_eq!(nearest.unwrap_err(), broken);
    }
    // Of the twin, so that the neighbours are looked at.
    let sound = Programs::default();
    let retest = Replayer::new(&sound, &bug.mended).retest(rows.clone(), &[]);
    assert!(retest.unwrap().failure.is_none() && sound.faults.made() > 4);
    for from in 0..sound.faults.made() {
        let suite = faulty(from, Fault::CarrierPanics);
        let retest = Replayer::new(&suite, &bug.mended).retest(rows.clone(), &[]);
        assert_eq!(retest.unwrap_err(), broken, "from {from}");
    }
}

#[test]
fn minimizing_ends_where_it_breaks() {
    let bug = lost_update();
    let found = found(&bug.program, bug.within, 1);
    for from in [1, 2, 5, 10] {
        let suite = faulty(from, Fault::CarrierPanics);
        let mut replayer = Replayer::new(&suite, &bug.program);
        let route = Prescription::recorded(found.trace.choices.clone());
        let first = replayer.execute(route, &[]).unwrap();
        let run = &mut |candidate: &Schedule| replayer.trial(candidate);
        let small = minimize(
            first.trial,
            Vec::new(),
            Limits::DEFAULT,
            run,
            &mut |_, _| {},
        );
        assert_eq!(small.is_some(), from > 1);
        assert!(small.is_none_or(|small| !small.complete));
        assert_eq!(suite.faults.made(), from + 1, "it went on");
        let broken = Broken("the carrier failed".to_owned());
        assert_eq!(replayer.check(), Err(broken));
    }
}

#[test]
fn a_backend_that_broke_executes_the_next_one() {
    let bug = lost_update();
    let mut runner = Runner::of(&Programs::default());
    let mut expected = Runner::of(&Programs::default());
    for seed in 0..50 {
        let input = Input::from_seed(Kind::Pos, seed);
        // The task that is picked is not there.
        let mut strategy = Kind::Random.build();
        let policy = Policy::Sample(&mut *strategy);
        let mut faulty = Fault::PicksNobody.over(policy);
        let run = runner.under(&bug.program, faulty.policy(), u32::MAX, false, &[]);
        assert!(run.broken.is_some());
        let run = runner.run(&bug.program, &Profile::default(), &input);
        assert_eq!(run.broken, None);
        expected.run(&bug.program, &Profile::default(), &input);
        assert_eq!(runner.trace(), expected.trace());
    }
}
