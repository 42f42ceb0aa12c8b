//! Compares the fast path with the slow one.

use jostle_core::backend::{Backend, Executed, Outcome, Plan};
use jostle_core::strategy::{Kind, Policy, Profile, Random};
use jostle_core::trace::Trace;
use proptest::prelude::*;

use crate::carrier::{Machine, Paths, Taken};
use crate::generate::{Vocabulary, programs, runner};
use crate::program::{Instr, Program};
use crate::suite::Faults;
use Instr::*;

/// One execution under the random walk. Behind the last step one more number is drawn,
/// which tells whether as much of the stream was taken.
fn execute(machine: &mut Machine, program: &Program, seed: u64) -> (Outcome, Trace) {
    machine.probes = true;
    let plan = Plan {
        profile: &Profile::default(),
        seed,
        prescription: None,
        data: &[],
        steps: u32::MAX,
        functions: false,
        strategy: Kind::Random,
        campaign_seed: None,
    };
    match machine.execute(program, plan, Policy::Sample(&mut Random)) {
        Executed::Finished(outcome) => (outcome, machine.recording().trace()),
        other => panic!("{other:?}"),
    }
}

fn machine(paths: Paths) -> Machine {
    Machine::new(paths, Faults::default())
}

/// How two executions differ, if they do.
fn difference(one: &(Outcome, Trace), other: &(Outcome, Trace)) -> Option<String> {
    let (outcome, trace) = one;
    let (other_outcome, other_trace) = other;
    let same = outcome.finding == other_outcome.finding
        && outcome.steps == other_outcome.steps
        && outcome.preemptions == other_outcome.preemptions
        && trace == other_trace;
    (!same).then(|| format!("{one:#?}\nis not\n{other:#?}"))
}

/// Executes random programs by each path, until `enough` says that its row of the table
/// has been taken often, and at least 200 of them.
fn fast_is_slow(vocabulary: Vocabulary, tasks: usize, enough: fn(&Taken) -> bool) {
    // Kept, since how much room the log has depends on the executions before.
    let machines = [Paths::Fast, Paths::Slow, Paths::Shunned].map(machine);
    let machines = std::cell::RefCell::new(machines);
    let cases = (programs(vocabulary, tasks, 5), any::<u64>());
    for round in 0..20 {
        runner(200, round)
            .run(&cases, |(program, seed)| {
                let [fast, slow, shunned] = &mut *machines.borrow_mut();
                for seed in [seed, seed.wrapping_add(1), seed.wrapping_add(2)] {
                    let quick = execute(fast, &program, seed);
                    let other = execute(slow, &program, seed);
                    prop_assert_eq!(difference(&quick, &other), None);
                    let other = execute(shunned, &program, seed);
                    prop_assert_eq!(difference(&quick, &other), None);
                    // And with a log that has no room yet.
                    let other = execute(&mut machine(Paths::Fast), &program, seed);
                    prop_assert_eq!(difference(&quick, &other), None);
                }
                Ok(())
            })
            .unwrap_or_else(|error| panic!("{error}"));
        let taken = &machines.borrow()[0].taken;
        if enough(taken) {
            assert!(machines.borrow()[1].taken.slow > taken.slow);
            let [_, slow, shunned] = &*machines.borrow();
            assert_eq!(shunned.taken, slow.taken, "the fast path was not shunned");
            return;
        }
        assert!(round < 19, "not taken often enough: {taken:?}");
    }
}

#[test]
fn points() {
    fast_is_slow(Vocabulary::Plain, 4, |taken| {
        taken.point.iter().all(|&n| n > 500)
    });
}

#[test]
fn gates() {
    fast_is_slow(Vocabulary::Plain, 4, |taken| {
        taken.gate.iter().all(|&n| n > 100)
    });
}

#[test]
fn shut_gates() {
    fast_is_slow(Vocabulary::Plain, 4, |taken| taken.shut_gate > 100);
}

#[test]
fn polls() {
    fast_is_slow(Vocabulary::Plain, 4, |taken| {
        taken.poll.iter().all(|&n| n > 20) && taken.unwoken_poll > 50
    });
}

#[test]
fn general_points() {
    fast_is_slow(Vocabulary::Plain, 4, |taken| {
        taken.general.iter().all(|&n| n > 50)
    });
}

#[test]
fn eager_points() {
    fast_is_slow(Vocabulary::Plain, 4, |taken| taken.eager > 100);
}

#[test]
fn whatever_needs_attention() {
    fast_is_slow(Vocabulary::All, 5, |taken| {
        taken.slow > 500 && taken.point[0] > 100
    });
}

#[test]
fn more_tasks_than_the_inlined_path_copes_with() {
    let worker: &[Instr] = &[
        Rmw(0, 1),
        Lock(0),
        Load(1),
        Unlock(0),
        Yield,
        Await(0),
        Rmw(1, 1),
    ];
    let mut main: Vec<Instr> = (1..=80).map(Spawn).collect();
    main.extend([Wake(0), Rmw(0, 1), Load(1)]);
    main.extend((1..=80).map(Join));
    let mut tasks = vec![main.as_slice()];
    tasks.resize(81, worker);
    let program = Program::new("crowd", &tasks);
    let [mut fast, mut slow] = [Paths::Fast, Paths::Slow].map(machine);
    for seed in 0..50 {
        let quick = execute(&mut fast, &program, seed);
        assert!(quick.0.finding.is_none(), "{:?}", quick.0);
        assert_eq!(
            difference(&quick, &execute(&mut slow, &program, seed)),
            None
        );
    }
    let Taken { point, general, .. } = fast.taken;
    assert!(general.iter().all(|&n| n > 50), "{general:?} of {point:?}");
}
