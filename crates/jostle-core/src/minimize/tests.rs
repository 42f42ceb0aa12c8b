//! Tests the passes on a made-up program: no runtime is needed to minimize.

use crate::decision::ChoiceKind;
use crate::minimize::{Limits, Minimized, Schedule, Trial, minimize};
use crate::prescription::{Deviation, Point};
use crate::strategy::{Decision, Transcript};

/// Decisions of an execution.
const DECISIONS: u32 = 40;

fn at(steps: u32) -> Point {
    Point {
        task: 1,
        steps,
        nth: 0,
    }
}

fn switch(steps: u32) -> Deviation {
    Deviation {
        at: at(steps),
        kind: ChoiceKind::Task,
        pick: 2,
    }
}

/// An execution with a decision after each step of one task, at which it could have
/// been preempted; after every tenth step it waits, so that a switch is none.
fn execute(schedule: &Schedule, signature: Option<&str>) -> Trial {
    let decisions: Vec<Decision> = (0..DECISIONS)
        .map(|n| Decision {
            at: at(n),
            kind: ChoiceKind::Task,
            number: n,
            options: vec![1, 2],
            default: 1,
            picked: if schedule.deviations.contains(&switch(n)) {
                2
            } else {
                1
            },
            running: (n % 10 != 0).then_some(1),
        })
        .collect();
    Trial {
        signature: signature.map(str::to_owned),
        preemptions: decisions.iter().filter(|d| d.preempts(d.picked)).count() as u32,
        steps: DECISIONS,
        transcript: Transcript {
            decisions,
            steps: Vec::new(),
        },
    }
}

fn schedule(switches: impl IntoIterator<Item = u32>, data: &[u8]) -> Schedule {
    Schedule {
        data: data.to_vec(),
        deviations: switches.into_iter().map(switch).collect(),
    }
}

/// Minimizes `first` of a program with the bugs that `bug` says; `None` ends it.
fn run(
    first: &Schedule,
    limits: Limits,
    mut bug: impl FnMut(&Schedule) -> Option<Option<&'static str>>,
) -> Option<Minimized> {
    let trial = execute(first, bug(first).flatten());
    minimize(
        trial,
        first.data.clone(),
        limits,
        &mut |candidate| Some(execute(candidate, bug(candidate)?)),
        &mut |_, _| {},
    )
}

fn switches(small: &Minimized) -> Vec<u32> {
    let deviations = small.schedule.deviations.iter();
    deviations.map(|d| d.at.steps).collect()
}

fn has(schedule: &Schedule, steps: u32) -> bool {
    schedule.deviations.contains(&switch(steps))
}

#[test]
fn what_is_not_needed_is_left_out() {
    let first = schedule(0..DECISIONS, &[7; 50]);
    let needs = |s: &Schedule| Some((has(s, 7) && has(s, 33)).then_some("bug"));
    let small = run(&first, Limits::DEFAULT, needs).unwrap();
    assert_eq!(switches(&small), [7, 33]);
    assert!(small.schedule.data.is_empty() && small.complete);
}

#[test]
fn one_bug_never_becomes_another() {
    let first = schedule(0..DECISIONS, &[]);
    // The other one needs less.
    let bugs = |s: &Schedule| match (has(s, 7), has(s, 33)) {
        (true, true) => Some(Some("this")),
        (true, false) => Some(Some("other")),
        _ => Some(None),
    };
    let small = run(&first, Limits::DEFAULT, bugs).unwrap();
    assert_eq!(switches(&small), [7, 33]);
    assert_eq!(small.trial.signature.as_deref(), Some("this"));
}

#[test]
fn two_that_belong_together_go_together() {
    let first = schedule([3, 8, 12, 25], &[]);
    let needs = |s: &Schedule| Some((has(s, 12) && has(s, 3) == has(s, 25)).then_some("bug"));
    let small = run(&first, Limits::DEFAULT, needs).unwrap();
    assert_eq!(switches(&small), [12]);
}

#[test]
fn a_preemption_becomes_a_switch_where_the_task_waits() {
    let first = schedule([14], &[]);
    let needs = |s: &Schedule| Some((11..=22).any(|n| has(s, n)).then_some("bug"));
    let small = run(&first, Limits::DEFAULT, needs).unwrap();
    assert_eq!((switches(&small), small.trial.preemptions), (vec![20], 0));
}

#[test]
fn another_schedule_with_fewer_preemptions_is_found() {
    let first = schedule([2, 5, 8], &[]);
    let needs = |s: &Schedule| {
        let this = has(s, 2) && has(s, 5) && has(s, 8);
        Some((this || has(s, 30) || has(s, 39)).then_some("bug"))
    };
    let small = run(&first, Limits::DEFAULT, needs).unwrap();
    assert_eq!((switches(&small), small.trial.preemptions), (vec![30], 0));
}

#[test]
fn data_become_short_and_small() {
    let first = schedule([], &[9, 8, 7, 0xff, 5, 4, 3]);
    let needs = |s: &Schedule| Some((s.data.iter().any(|b| *b >= 0x22)).then_some("bug"));
    let small = run(&first, Limits::DEFAULT, needs).unwrap();
    assert_eq!(small.schedule.data, [0x22]);
}

#[test]
fn it_can_be_ended_at_any_time_and_has_the_best_so_far() {
    let first = schedule(0..DECISIONS, &[1; 20]);
    let mut sizes = Vec::new();
    for most in 1..200 {
        let mut executions = 0;
        let needs = |s: &Schedule| {
            executions += 1;
            (executions <= most + 1).then(|| (has(s, 7) && has(s, 33)).then_some("bug"))
        };
        let small = run(&first, Limits::DEFAULT, needs).unwrap();
        assert!(has(&small.schedule, 7) && has(&small.schedule, 33));
        assert_eq!(small.trial.signature.as_deref(), Some("bug"));
        assert!(!small.complete && small.trials == most);
        sizes.push(switches(&small).len());
    }
    assert!(sizes.is_sorted_by(|a, b| a >= b), "{sizes:?}");
    assert_eq!((sizes[0], sizes[198]), (40, 2));
}

/// Copies of a megabyte for each of its bytes would take minutes.
#[test]
fn it_ends_at_once_however_much_data_there_are() {
    let first = schedule([7], &vec![1; 1 << 20]);
    let mut executions = 0;
    let needs = |s: &Schedule| {
        executions += 1;
        (executions <= 3).then(|| (s.data.len() == 1 << 20).then_some("bug"))
    };
    let start = std::time::Instant::now();
    assert!(!run(&first, Limits::DEFAULT, needs).unwrap().complete);
    assert!(start.elapsed() < std::time::Duration::from_secs(10));
}

#[test]
fn no_more_is_spent_than_allowed() {
    let first = schedule(0..DECISIONS, &[1; 20]);
    let needs = |s: &Schedule| Some((has(s, 7) && has(s, 33)).then_some("bug"));
    let few = Limits {
        trials: 30,
        ..Limits::DEFAULT
    };
    let small = run(&first, few, needs).unwrap();
    assert_eq!((small.trials, small.complete), (30, false));
    let short = Limits {
        steps: u64::from(DECISIONS) * 10,
        ..Limits::DEFAULT
    };
    assert_eq!(run(&first, short, needs).unwrap().trials, 10);
}

#[test]
fn what_does_not_fail_again_is_not_minimized() {
    let first = schedule([1], &[]);
    let mut executions = 0;
    let once = |_: &Schedule| {
        executions += 1;
        Some((executions == 1).then_some("bug"))
    };
    assert!(run(&first, Limits::DEFAULT, once).is_none());
    assert!(run(&first, Limits::DEFAULT, |_| Some(None)).is_none());
}
