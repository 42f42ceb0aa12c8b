//! Known bugs are found, replayed, minimized, explained, kept and reported; their fixed
//! twins are clean, and verified to be.

use jostle_core::campaign::{Confirmed, Found, Replayer, Runner, Verdict, confirm};
use jostle_core::finding::Kind as FindingKind;
use jostle_core::minimize::{Limits, Minimized, minimize};
use jostle_core::prescription::Prescription;
use jostle_core::strategy::Kind;
use jostle_core::verify::{self, End, Verification};
use jostle_report::{Commands, Execution, Page, json, terminal};

use crate::carrier::Machine;
use crate::harness::{campaign, explore, found, under_each_seed};
use crate::known::{Bug, bugs};
use crate::program::Program;
use crate::suite::Programs;

const SEEDS: u64 = 20;

fn commands() -> Commands {
    Commands {
        replay: "replay".to_owned(),
        minimize: None,
    }
}

#[test]
fn the_search_finds_each_bug_with_every_seed() {
    for bug in bugs() {
        for seed in 0..SEEDS {
            let found = found(&bug.program, bug.within, seed);
            assert!(
                found.expected,
                "{}: {}",
                bug.program.subject.name, found.finding
            );
        }
    }
}

#[test]
fn every_strategy_that_finds_a_bug_finds_the_known_one() {
    for bug in bugs() {
        for &kind in Kind::ALL {
            let summary = explore(&bug.program, &campaign(&[kind], 100, 1));
            let verdict = summary.verdict();
            let known = matches!(verdict, Verdict::AsExpected | Verdict::Missed);
            assert!(
                known,
                "{} under {kind}: {verdict:?}",
                bug.program.subject.name
            );
            let thorough = matches!(kind, Kind::Random | Kind::Pos | Kind::Urw);
            assert!(
                !thorough || verdict == Verdict::AsExpected,
                "{} is missed by {kind}",
                bug.program.subject.name
            );
        }
    }
}

#[test]
fn a_campaign_is_the_same_with_any_number_of_os_threads() {
    for bug in bugs() {
        let mut alone = campaign(&[Kind::Random, Kind::Pos, Kind::Urw], 200, 3);
        alone.stop_at_first = false;
        let mut together = alone.clone();
        together.jobs = 3;
        let [one, other] = [alone, together].map(|c| explore(&bug.program, &c));
        assert_eq!((one.executions, one.steps), (other.executions, other.steps));
        assert_eq!(one.distinct, other.distinct);
        let firsts = |found: &Found| (found.execution, found.count, found.trace.fingerprint());
        assert!(
            one.findings
                .iter()
                .map(firsts)
                .eq(other.findings.iter().map(firsts))
        );
    }
}

#[test]
fn what_was_found_replays_bit_for_bit_on_a_fresh_backend() {
    for bug in bugs() {
        for seed in 0..SEEDS {
            let found = found(&bug.program, bug.within, seed);
            let mut runner = Runner::of(&Programs::default());
            let choices = found.trace.choices.clone();
            let run = runner.replay(&bug.program, choices, &found.input.data);
            assert_eq!(run.outcome.divergence, None);
            assert_eq!(run.outcome.finding.as_ref(), Some(&found.finding));
            assert_eq!(runner.trace(), found.trace);
            // And by its input in place of its record.
            let run = runner.run(&bug.program, &Default::default(), &found.input);
            assert_eq!(run.outcome.finding.as_ref(), Some(&found.finding));
            assert_eq!(runner.trace(), found.trace);
        }
    }
}

/// What a failure is minimized to.
fn smallest(bug: &Bug, seed: u64) -> (Minimized, Replayer<'_, Machine>) {
    let found = found(&bug.program, bug.within, seed);
    let mut replayer = Replayer::new(&Programs::default(), &bug.program);
    let recorded = Prescription::recorded(found.trace.choices.clone());
    let first = replayer.execute(recorded, &found.input.data).unwrap();
    let data = found.input.data.clone();
    let minimized = minimize(
        first.trial,
        data,
        Limits::DEFAULT,
        &mut |candidate| replayer.trial(candidate),
        &mut |_, _| {},
    );
    (minimized.expect("it fails again"), replayer)
}

#[test]
fn each_is_minimized_to_its_known_minimum_and_explained() {
    for bug in bugs() {
        let name = bug.program.subject.name;
        for seed in 0..5 {
            let (small, mut replayer) = smallest(&bug, seed);
            let size = (small.trial.preemptions, small.schedule.deviations.len());
            assert_eq!(size, bug.smallest, "{name} with seed {seed}");
            assert!(small.schedule.data.iter().all(|&byte| byte <= 1));
            let best = replayer.schedule(&small.schedule).unwrap();
            let explanation = replayer.explain(&best, &small.schedule).unwrap();
            let explanation = explanation.expect("it fails again");
            let finding = best.finding.expect("it fails again");
            assert!(bug.program.subject.expect.allows(&finding));
            let op = |at: usize| match best.trace.steps.get(at) {
                Some(step) => step.kind.name(),
                None => finding.waits[at - best.trace.steps.len()].op.name(),
            };
            let deciding = explanation.deciding.iter();
            let ops: Vec<_> = deciding.map(|p| [op(p.first), op(p.second)]).collect();
            match bug.decides {
                Some(pair) => assert!(ops.contains(&pair), "{name}: {ops:?}"),
                None => assert!(ops.is_empty(), "{name}: {ops:?}"),
            }
        }
    }
}

#[test]
fn each_is_kept_as_rows_that_find_it_again() {
    for bug in bugs() {
        let name = bug.program.subject.name;
        let (small, mut replayer) = smallest(&bug, 1);
        let rows = replayer
            .rows(&small.schedule)
            .unwrap()
            .expect("it can be put in words");
        let words: Vec<String> = rows.iter().map(ToString::to_string).collect();
        let read = words.iter().map(|row| row.parse().expect("a row"));
        let mut replayer = Replayer::new(&Programs::default(), &bug.program);
        let retest = replayer
            .retest(read.collect(), &small.schedule.data)
            .unwrap();
        assert!(
            !retest.nearby && retest.missed.is_none(),
            "{name}: {words:?}"
        );
        let failure = retest.failure.expect("the rows lead to it");
        assert_eq!(
            failure.trial.signature, small.trial.signature,
            "{name}: {words:?}"
        );
    }
}

/// A report of a finding, as text and as JSON.
fn reports(program: &Program, Confirmed { finding, trace }: &Confirmed) -> (String, String) {
    let read = |file: &str| (file == program.subject.name).then(|| program.listing());
    let commands = commands();
    let report = jostle_report::Report {
        scenario: program.subject.name,
        about: program.subject.about,
        finding,
        trace,
        commands: &commands,
    };
    let text = terminal::render(&report, &terminal::Options::default(), &read);
    let page = Page {
        scenario: program.subject.name,
        about: program.subject.about,
        site: program.subject.site,
        failing: Execution {
            finding: Some(finding),
            trace,
        },
        passing: None,
        decides: None,
        commands: &commands,
    };
    (text, json::render(&page, &read))
}

#[test]
fn each_is_reported() {
    let schema = serde_json::from_str(json::SCHEMA).expect("the schema is JSON");
    let schema = jsonschema::validator_for(&schema).expect("the schema is one");
    for bug in bugs() {
        let name = bug.program.subject.name;
        let found = found(&bug.program, bug.within, 0);
        let data = &found.input.data;
        let confirmed = confirm(
            &Programs::default(),
            &bug.program,
            found.finding,
            found.trace,
            data,
        )
        .unwrap();
        let (text, document) = reports(&bug.program, &confirmed);
        let headline = format!("{} in {name}: ", confirmed.finding.kind);
        assert!(text.starts_with(&headline), "{text}");
        let place = confirmed.finding.place.as_ref().expect("a place");
        let listing = bug.program.listing();
        let line = listing
            .lines()
            .nth(place.line as usize - 1)
            .expect("a line");
        assert!(text.contains(line.trim()), "{line} is not in\n{text}");
        let value = serde_json::from_str(&document).expect("JSON");
        assert!(schema.is_valid(&value), "{document}");
        let (_, mut replayer) = smallest(&bug, 0);
        let nearest = replayer.nearest(&confirmed.trace, data).unwrap();
        assert!(nearest.is_some() || bug.decides.is_none(), "{name}");
    }
}

#[test]
fn holders_are_named_in_a_deadlock() {
    let bug = bugs().swap_remove(1);
    let found = found(&bug.program, bug.within, 0);
    assert_eq!(found.finding.kind, FindingKind::Deadlock);
    let [one, other] = &found.finding.waits[..] else {
        panic!("{:?}", found.finding);
    };
    assert_eq!(
        (&one.on[..], &other.on[..]),
        (&[other.task][..], &[one.task][..])
    );
    assert_eq!(found.finding.cycle, [one.task, other.task]);
}

#[test]
fn what_is_mended_is_clean_in_20_000_executions() {
    for bug in bugs() {
        let mut campaign = campaign(&[], 20_000, 5);
        campaign.jobs = 2;
        let summary = explore(&bug.mended, &campaign);
        assert_eq!(
            summary.verdict(),
            Verdict::AsExpected,
            "{:?}",
            summary.findings
        );
        assert_eq!(summary.executions, 20_000);
    }
}

#[test]
fn what_is_mended_is_proved_and_what_is_not_is_refuted() {
    for bug in bugs() {
        let verified = |program: &Program| {
            let verification = Verification {
                data: vec![1; program.argument],
                ..Verification::new()
            };
            verification.explore(&Programs::default(), program, &verify::Progress::default())
        };
        let proof = verified(&bug.mended);
        assert!(matches!(proof.end, End::Exhausted), "{:?}", proof.end);
        assert_eq!(proof.cut, 0);
        match verified(&bug.program).end {
            End::Found(confirmed) => {
                assert!(bug.program.subject.expect.allows(&confirmed.finding));
            }
            end => panic!("{}: {end:?}", bug.program.subject.name),
        }
    }
}

#[test]
fn every_seed_of_every_strategy_replays() {
    for bug in bugs() {
        for program in [&bug.program, &bug.mended] {
            for &kind in Kind::ALL {
                let mut again = Runner::of(&Programs::default());
                let machine = Machine::new(Default::default(), Default::default());
                under_each_seed(machine, program, kind, 0..10, |seed, run, trace| {
                    let data = vec![1; program.argument];
                    let replay = again.replay(program, trace.choices.clone(), &data);
                    assert_eq!(replay.outcome.divergence, None, "{kind} {seed}");
                    assert_eq!(replay.outcome.finding, run.outcome.finding);
                    assert_eq!(again.trace(), trace);
                });
            }
        }
    }
}
