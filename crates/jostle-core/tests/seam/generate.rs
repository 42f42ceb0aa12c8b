//! Generates random programs.

use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

use crate::program::{Instr, Program, Value};
use Instr::*;

/// Runs a property with so many cases, which `seed` decides: the same in every build.
pub(crate) fn runner(cases: u32, seed: u8) -> TestRunner {
    let config = ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
    TestRunner::new_with_rng(config, rng)
}

/// What random programs may hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Vocabulary {
    /// Everything.
    All,
    /// What leaves the fast path to itself: nothing that needs attention, such as time.
    Plain,
    /// What exhaustive exploration can cope with: few things, no time.
    Small,
}

/// A few instructions that belong together.
fn fragment(vocabulary: Vocabulary) -> BoxedStrategy<Vec<Instr>> {
    let things = match vocabulary {
        Vocabulary::Small => 2usize,
        _ => 3,
    };
    let any = 0..things;
    let small = 0..2usize;
    let ms = 0..4u64;
    let access = prop_oneof![
        any.clone().prop_map(Load),
        (any.clone(), 0..3u32).prop_map(|(cell, value)| Store(cell, Value::Const(value))),
        any.clone().prop_map(|cell| Store(cell, Value::Next)),
        (any.clone(), 1..3u32).prop_map(|(cell, by)| Rmw(cell, by)),
        any.clone().prop_map(|cell| ExchangeWeak(cell, 0, 1)),
        any.clone().prop_map(Note),
    ];
    let inner = prop::collection::vec(access.clone(), 0..2);
    let within = move |before: Instr, after: Instr, inner: Vec<Instr>| {
        let mut all = vec![before];
        all.extend(inner);
        all.push(after);
        all
    };
    let locked = (small.clone(), inner.clone())
        .prop_map(move |(lock, inner)| within(Lock(lock), Unlock(lock), inner));
    let nested = (small.clone(), small.clone())
        .prop_map(|(one, other)| vec![Lock(one), Lock(other), Unlock(other), Unlock(one)]);
    let read = (small.clone(), inner.clone())
        .prop_map(move |(lock, inner)| within(ReadLock(lock), ReadUnlock(lock), inner));
    let written = (small.clone(), inner)
        .prop_map(move |(lock, inner)| within(WriteLock(lock), WriteUnlock(lock), inner));
    let one = |instr: BoxedStrategy<Instr>| instr.prop_map(|instr| vec![instr]).boxed();
    let channel = prop_oneof![
        small.clone().prop_map(Send),
        small.clone().prop_map(Recv),
        small.clone().prop_map(TrySend),
        small.clone().prop_map(TryRecv),
    ];
    let others = prop_oneof![
        Just(Yield),
        Just(AwaitYield),
        small.clone().prop_map(Await),
        small.clone().prop_map(Wake),
        small.clone().prop_map(Wake),
    ];
    let mut all = vec![
        (6, one(access.boxed())),
        (3, locked.boxed()),
        (2, nested.boxed()),
        (1, read.boxed()),
        (1, written.boxed()),
        (3, one(channel.boxed())),
        (3, one(others.boxed())),
    ];
    if vocabulary != Vocabulary::Plain {
        let waits = prop_oneof![
            small
                .clone()
                .prop_map(|c| vec![Lock(0), Wait(c, 0), Unlock(0)]),
            small.clone().prop_map(|c| vec![NotifyOne(c)]),
            small.clone().prop_map(|c| vec![NotifyAll(c)]),
        ];
        let try_lock = small.clone().prop_map(TryLock).boxed();
        let rare = prop_oneof![
            Just(Park),
            Just(Unpark(0)),
            Just(Spin),
            Just(Choose(2)),
            small.clone().prop_map(Close),
            small.clone().prop_map(Unlock),
            small.clone().prop_map(Forget),
            Just(Assert(0)),
            Just(Panic),
        ];
        all.extend([
            (3, waits.boxed()),
            (1, one(try_lock)),
            (2, one(rare.boxed())),
        ]);
    }
    if vocabulary == Vocabulary::All {
        let timed = prop_oneof![
            ms.clone().prop_map(Sleep),
            ms.clone().prop_map(ParkFor),
            (small.clone(), ms.clone()).prop_map(|(channel, ms)| RecvFor(channel, ms)),
            (small.clone(), ms.clone()).prop_map(|(event, ms)| After(event, ms)),
            small.clone().prop_map(Stop),
            Just(Now),
        ];
        let locked = (small.clone(), small.clone(), ms.clone()).prop_map(|(one, other, ms)| {
            vec![
                Lock(one),
                LockFor(other, ms),
                UnlockHeld(other),
                Unlock(one),
            ]
        });
        let waits = (small, ms).prop_map(|(c, ms)| vec![Lock(0), WaitFor(c, 0, ms), Unlock(0)]);
        all.extend([
            (4, one(timed.boxed())),
            (2, waits.boxed()),
            (2, locked.boxed()),
        ]);
    }
    prop::strategy::Union::new_weighted(all).boxed()
}

fn body(vocabulary: Vocabulary, most: usize) -> impl Strategy<Value = Vec<Instr>> {
    let fragments = prop::collection::vec(fragment(vocabulary), 0..=most);
    fragments.prop_map(|fragments| fragments.concat())
}

/// Programs of two to so many tasks. Main spawns the others here and there, and in the end
/// joins some of them; the first one may be what spawns the last one.
pub(crate) fn programs(
    vocabulary: Vocabulary,
    tasks: usize,
    most: usize,
) -> impl Strategy<Value = Program> {
    let bodies = prop::collection::vec(body(vocabulary, most), 2..=tasks);
    let places = prop::collection::vec(0..8usize, tasks);
    let joins = prop::collection::vec(any::<bool>(), tasks);
    (bodies, places, joins, any::<bool>(), 1..3usize).prop_map(
        |(mut bodies, places, joins, nested, bound)| {
            let last = bodies.len() - 1;
            let nested = nested && last > 1;
            for task in (1..=last).rev() {
                let by = usize::from(nested && task == last);
                let at = places[task].min(bodies[by].len());
                bodies[by].insert(at, Spawn(task));
            }
            // Main joins what it has spawned, and the first one what that has.
            for task in (1..=last).filter(|&task| joins[task]) {
                let by = usize::from(nested && task == last);
                bodies[by].push(Join(task));
            }
            let tasks: Vec<&[Instr]> = bodies.iter().map(Vec::as_slice).collect();
            let mut program = Program::new("random", &tasks).within(500);
            program.bound = bound;
            program
        },
    )
}
