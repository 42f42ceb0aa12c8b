//! What every execution owes: the same input, the same execution.

use std::panic::Location;
use std::sync::Arc;

use crate::decision::Script;
use crate::rt::{Executor, Plan};
use crate::scenario::Options;
use crate::strategy::Kind;
use crate::trace::Trace;
use crate::{sync, thread};

/// Locks, yields, spawns and joins, on more tasks than fit in one word of a set.
fn busy() {
    let total = Arc::new(sync::Mutex::new(0));
    let tasks: Vec<_> = (0..70)
        .map(|i| {
            let total = Arc::clone(&total);
            thread::spawn(move || {
                for _ in 0..3 {
                    *total.lock().unwrap() += i;
                    thread::yield_now();
                }
                thread::sleep(std::time::Duration::from_millis(i));
            })
        })
        .collect();
    for task in tasks {
        task.join().unwrap();
    }
}

fn trace(executor: &mut Executor, kind: Kind, seed: u64, script: Script) -> Trace {
    let plan = Plan {
        options: &Options::DEFAULT,
        profile: &Default::default(),
        seed,
        script,
    };
    let outcome = executor.execute(plan, &mut kind.build(), Location::caller(), Box::new(busy));
    assert_eq!(outcome.finding, None);
    assert_eq!(outcome.divergence, None);
    executor.trace()
}

#[test]
fn the_same_seed_gives_the_same_execution() {
    let (mut used, mut seen) = (Executor::new(), Vec::new());
    for seed in 0..20 {
        // One executor is new and the other has been used before.
        let first = trace(&mut Executor::new(), Kind::Random, seed, Script::free());
        let second = trace(&mut used, Kind::Random, seed, Script::free());
        assert_eq!(first, second);
        assert_eq!(used.fingerprint(), first.fingerprint());
        seen.push(first.fingerprint());
    }
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 20, "other seeds give other executions");
}

#[test]
fn the_choices_alone_give_the_execution_back() {
    let mut executor = Executor::new();
    for seed in 0..20 {
        let first = trace(&mut executor, Kind::Random, seed, Script::free());
        let script = Script::exact(first.choices.clone());
        let second = trace(&mut executor, Kind::Random, !seed, script);
        assert_eq!(first.fingerprint(), second.fingerprint());
    }
}

#[test]
fn steps_are_counted_for_each_task() {
    let mut executor = Executor::new();
    let trace = trace(&mut executor, Kind::Random, 1, Script::free());
    let task = &trace.tasks[2];
    // Three locks, three yields, one sleep.
    assert_eq!(task.steps, 7);
}
