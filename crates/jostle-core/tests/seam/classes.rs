//! Compares the classes of `verify` with those of
//! [`Equivalence`](jostle_core::coverage::Equivalence).

use std::cell::Cell;
use std::collections::BTreeSet;

use jostle_core::coverage::dependence::torn;
use jostle_core::finding::Kind;
use jostle_core::verify::{self, End, Reduction, Verification};
use proptest::prelude::*;

use crate::generate::{Vocabulary, programs, runner};
use crate::program::{Instr, Program};
use crate::suite::Programs;
use Instr::*;

/// Executions of one program at most.
const MOST: u64 = 1_500;

fn exploration(reduction: Reduction) -> Verification {
    Verification {
        reduction,
        runs: Some(MOST),
        ..Verification::new()
    }
}

/// Whether a finding ends an execution while others could go on.
fn stops_at_once(kind: &Kind) -> bool {
    matches!(kind, Kind::Panic | Kind::Misuse | Kind::Deadlock)
}

/// The classes of every schedule: of `verify`, and of `Equivalence`. `None` if there are
/// too many.
fn classes(program: &Program, reduction: Reduction) -> Option<Vec<(u64, u64)>> {
    let classes = exploration(reduction).classes_of(&Programs::default(), program);
    (classes.len() < MOST as usize).then_some(classes)
}

fn distinct(classes: &[(u64, u64)], of: fn(&(u64, u64)) -> u64) -> BTreeSet<u64> {
    classes.iter().map(of).collect()
}

#[test]
fn no_class_is_torn_and_none_is_left_out() {
    let (whole, several) = (Cell::new(0), Cell::new(0));
    runner(1_200, 1)
        .run(&programs(Vocabulary::Small, 3, 2), |program| {
            let Some(all) = classes(&program, Reduction::None) else {
                return Ok(());
            };
            prop_assert_eq!(torn(&all), None);
            // No further than where they are stopped.
            let found = findings(&program, Reduction::None);
            if found.is_none_or(|found| found.iter().any(stops_at_once)) {
                return Ok(());
            }
            let few = classes(&program, Reduction::Sources);
            let Some(few) = few else {
                return Err(TestCaseError::fail("a reduction makes more of it"));
            };
            let (finer, coarser) = (|c: &(u64, u64)| c.0, |c: &(u64, u64)| c.1);
            prop_assert_eq!(distinct(&all, finer), distinct(&few, finer));
            prop_assert_eq!(distinct(&all, coarser), distinct(&few, coarser));
            // Each once.
            prop_assert_eq!(few.len(), distinct(&few, finer).len());
            whole.set(whole.get() + 1);
            several.set(several.get() + usize::from(distinct(&all, coarser).len() > 1));
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
    assert!(
        whole.get() > 200 && several.get() > 100,
        "{whole:?}, {several:?}"
    );
}

#[test]
fn tasks_that_share_nothing_are_one_class() {
    const ATOMICS: [&[Instr]; 3] = [&[Rmw(0, 1)], &[Rmw(1, 1)], &[Rmw(2, 1)]];
    for tasks in 1..=3 {
        let mut main: Vec<Instr> = (1..=tasks).map(Spawn).collect();
        main.extend((1..=tasks).map(Join));
        let mut all: Vec<&[Instr]> = vec![&main];
        all.extend(&ATOMICS[..tasks]);
        let program = Program::new("apart", &all);
        let every = classes(&program, Reduction::None).expect("few");
        assert_eq!(torn(&every), None);
        assert_eq!(distinct(&every, |c| c.1).len(), 1, "{tasks} tasks");
    }
}

/// The kinds of what can be found in any schedule. `None` if there are too many.
fn findings(program: &Program, reduction: Reduction) -> Option<BTreeSet<Kind>> {
    let mut found = BTreeSet::new();
    let progress = verify::Progress::default();
    let suite = Programs::default();
    let verified = exploration(reduction).explore_with(&suite, program, &progress, |run| {
        found.extend(run.outcome.finding.as_ref().map(|f| f.kind));
        false
    });
    matches!(verified.end, End::Exhausted).then_some(found)
}

#[test]
fn a_reduction_loses_no_finding() {
    let some = Cell::new(0);
    runner(800, 2)
        .run(&programs(Vocabulary::Small, 3, 3), |program| {
            let Some(all) = findings(&program, Reduction::None) else {
                return Ok(());
            };
            let few = findings(&program, Reduction::Sources);
            some.set(some.get() + usize::from(!all.is_empty()));
            match all.iter().any(stops_at_once) {
                // What is met first hides others, but not all.
                true => prop_assert!(few.is_some_and(|few| !few.is_empty())),
                false => prop_assert_eq!(Some(all), few),
            }
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
    assert!(some.get() > 200, "{some:?}");
}
