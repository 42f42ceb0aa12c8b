//! Compares the kernel with the naive interpreter.

use std::cell::RefCell;
use std::collections::BTreeMap;

use jostle_core::campaign::{Run, Runner};
use jostle_core::finding::Kind as FindingKind;
use jostle_core::input::Input;
use jostle_core::strategy::{Kind, Profile};
use jostle_core::trace::Trace;
use proptest::prelude::*;

use crate::carrier::{Machine, Paths};
use crate::generate::{Vocabulary, programs, runner};
use crate::known::bugs;
use crate::naive::{self, Told};
use crate::program::Program;
use crate::suite::Faults;

/// Where an execution is not what the naive interpreter makes of its choices.
fn difference(program: &Program, run: &Run, trace: &Trace) -> Option<String> {
    let told = naive::tell(program, &trace.choices);
    let Told {
        steps,
        time,
        found,
        choices,
    } = &told;
    for (at, step) in trace.steps.iter().enumerate() {
        let Some(deed) = steps.get(at) else {
            return Some(format!("step {at} is too many: {step:?}"));
        };
        let theirs = (
            step.task.index(),
            step.kind,
            step.object.index(),
            step.value,
            step.site.line(),
            step.choices as usize,
            step.preemption,
            step.blocks,
        );
        let mine = (
            deed.task,
            deed.kind,
            deed.object,
            deed.value,
            deed.line,
            deed.choices,
            deed.preemption,
            deed.blocks,
        );
        if theirs != mine {
            return Some(format!("step {at}: {theirs:?}, and not {mine:?}"));
        }
    }
    let kind = run.outcome.finding.as_ref().map(|finding| finding.kind);
    let theirs = (trace.steps.len(), trace.choices.len(), trace.time, kind);
    let mine = (steps.len(), *choices, *time, *found);
    (theirs != mine).then(|| format!("{theirs:?}, and not {mine:?}"))
}

/// How often each kind of finding has to be met, lest the comparison is one of little.
const MET: [Option<FindingKind>; 6] = [
    None,
    Some(FindingKind::Panic),
    Some(FindingKind::Misuse),
    Some(FindingKind::Deadlock),
    Some(FindingKind::Leak),
    Some(FindingKind::LostWakeup),
];

fn kernel_is_naive(vocabulary: Vocabulary, tasks: usize, most: usize, cases: u32) {
    let machine = Machine::new(Paths::Fast, Faults::default());
    let executor = RefCell::new(Runner::new(machine));
    let met: RefCell<BTreeMap<Option<FindingKind>, u32>> = RefCell::default();
    let kinds = prop::sample::select(vec![Kind::Random, Kind::Random, Kind::Pos, Kind::Urw]);
    let cases_of = (programs(vocabulary, tasks, most), kinds, any::<u64>());
    runner(cases, tasks as u8)
        .run(&cases_of, |(program, kind, seed)| {
            let mut executor = executor.borrow_mut();
            for seed in [seed, seed ^ 1] {
                let input = Input::from_seed(kind, seed);
                let run = executor.run(&program, &Profile::default(), &input);
                prop_assert_eq!(&run.broken, &None);
                let trace = executor.trace();
                let different = difference(&program, &run, &trace);
                prop_assert_eq!(different, None, "{:?}", trace.choices);
                let kind = run.outcome.finding.map(|finding| finding.kind);
                *met.borrow_mut().entry(kind).or_insert(0) += 1;
            }
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
    let met = met.into_inner();
    for kind in MET {
        let rare =
            vocabulary == Vocabulary::Plain && kind.is_some_and(|k| k != FindingKind::Deadlock);
        let times = met.get(&kind).copied().unwrap_or(0);
        assert!(
            rare || times > cases / 200,
            "{kind:?} {times} times: {met:?}"
        );
    }
}

#[test]
fn everything() {
    kernel_is_naive(Vocabulary::All, 4, 5, 4_000);
}

#[test]
fn many_tasks() {
    kernel_is_naive(Vocabulary::All, 6, 3, 1_500);
}

#[test]
fn few_things() {
    kernel_is_naive(Vocabulary::Small, 3, 4, 2_000);
}

#[test]
fn what_the_fast_path_does() {
    kernel_is_naive(Vocabulary::Plain, 4, 5, 2_000);
}

#[test]
fn what_is_known() {
    let machine = Machine::new(Paths::Fast, Faults::default());
    let mut executor = Runner::new(machine);
    // Without what runs out of steps or takes an argument.
    let known = bugs().into_iter();
    let known =
        known.filter(|b| b.program.argument == 0 && !b.program.subject.name.contains("live"));
    for bug in known {
        for program in [bug.program, bug.mended] {
            for seed in 0..200 {
                let input = Input::from_seed(Kind::Random, seed);
                let run = executor.run(&program, &Profile::default(), &input);
                assert_eq!(difference(&program, &run, &executor.trace()), None);
            }
        }
    }
}
