//! What every execution owes: the same input, the same execution.

use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;

use crate::decision::Script;
use crate::id::TaskId;
use crate::rt::switch::CROWD;
use crate::rt::{Executor, Plan};
use crate::scenario::Options;
use crate::strategy::{Kind, Strategy};
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

/// As [`Random`](crate::strategy::Random), which the runtime need not know.
#[derive(Debug)]
struct Asked;

impl crate::strategy::Strategy for Asked {
    fn pick(&mut self, view: &crate::strategy::View, rng: &mut crate::decision::Rng) -> TaskId {
        crate::strategy::uniform(&view.ready, rng)
    }
}

fn execute(executor: &mut Executor, strategy: Box<dyn Strategy>, seed: u64, body: fn()) -> Trace {
    let plan = Plan {
        options: &Options::DEFAULT,
        profile: &Default::default(),
        seed,
        script: Script::free(),
    };
    let mut strategy = strategy;
    executor.execute(plan, &mut strategy, Location::caller(), Box::new(body));
    executor.trace()
}

/// Five tasks, so that there are preemptions, and critical sections with points.
fn small() {
    let total = Arc::new(sync::Mutex::new(0));
    let tasks: Vec<_> = (0..4)
        .map(|i| {
            let total = Arc::clone(&total);
            thread::spawn(move || {
                for _ in 0..20 {
                    let mut held = total.lock().unwrap();
                    if i % 2 == 0 {
                        thread::yield_now();
                    }
                    *held += 1;
                }
            })
        })
        .collect();
    for task in tasks {
        task.join().unwrap();
    }
}

fn take_turns(times: u32) {
    let turns = sync::atomic::AtomicU32::new(0);
    for _ in 0..times {
        turns.fetch_add(1, Relaxed);
    }
}

/// More ready tasks than anybody becomes a host among, with hosts beneath them from
/// before.
fn crowded() {
    let spawner = thread::spawn(|| {
        take_turns(5);
        let crowd: Vec<_> = (0..2 * CROWD)
            .map(|_| thread::spawn(|| take_turns(3)))
            .collect();
        take_turns(5);
        for task in crowd {
            task.join().unwrap();
        }
    });
    let others: Vec<_> = (0..4).map(|_| thread::spawn(|| take_turns(20))).collect();
    take_turns(20);
    for task in others {
        task.join().unwrap();
    }
    spawner.join().unwrap();
}

#[test]
fn both_ways_through_a_point_give_the_same_execution() {
    let mut executor = Executor::new();
    for body in [busy as fn(), small, crowded] {
        for seed in 0..20 {
            let short = execute(&mut executor, Kind::Random.build(), seed, body);
            let long = execute(&mut executor, Box::new(Asked), seed, body);
            assert!(short.preemptions > 0);
            assert_eq!(short, long);
        }
    }
}

#[test]
fn the_budget_is_used_up_at_the_same_step_however_often_the_executor_was_used() {
    static OPTIONS: Options = Options {
        budget: crate::budget::Budget {
            steps: 100,
            ..crate::budget::Budget::DEFAULT
        },
        ..Options::DEFAULT
    };
    fn endless() {
        let task = thread::spawn(|| {
            loop {
                thread::yield_now();
            }
        });
        loop {
            thread::yield_now();
            if task.thread().name().is_some() {
                return;
            }
        }
    }
    let mut executor = Executor::new();
    for seed in 0..20 {
        let plan = Plan {
            options: &OPTIONS,
            profile: &Default::default(),
            seed,
            script: Script::free(),
        };
        let mut strategy = Kind::Random.build();
        let outcome = executor.execute(plan, &mut strategy, Location::caller(), Box::new(endless));
        // As many again under the fair scheduler.
        assert_eq!(outcome.steps, 200);
        assert!(outcome.finding.is_some());
        execute(&mut executor, Kind::Random.build(), seed, busy);
    }
}

#[test]
fn a_crowd_is_unwound_to_the_last() {
    static ALIVE: AtomicU32 = AtomicU32::new(0);
    struct Counted;
    impl Drop for Counted {
        fn drop(&mut self) {
            ALIVE.fetch_sub(1, Relaxed);
        }
    }
    fn start(tasks: u32) {
        for _ in 0..tasks {
            thread::spawn(|| {
                ALIVE.fetch_add(1, Relaxed);
                let _counted = Counted;
                take_turns(1_000);
            });
        }
    }
    fn broken() {
        start(4);
        let spawner = thread::spawn(|| {
            take_turns(5);
            start(2 * CROWD);
            while ALIVE.load(Relaxed) <= CROWD {
                take_turns(1);
            }
            panic!("in the middle of it");
        });
        spawner.join().unwrap();
    }
    let mut executor = Executor::new();
    for seed in 0..20 {
        let trace = execute(&mut executor, Kind::Random.build(), seed, broken);
        assert!(trace.tasks.len() > 2 * CROWD as usize);
        assert_eq!(ALIVE.load(Relaxed), 0);
        assert!(!executor.is_spoiled());
    }
}

/// Panics at the third decision.
#[derive(Debug)]
struct Faulty(u32);

impl Strategy for Faulty {
    fn pick(&mut self, view: &crate::strategy::View, _: &mut crate::decision::Rng) -> TaskId {
        self.0 += 1;
        assert!(self.0 < 3, "a fault of the strategy");
        view.ready.nth(0)
    }
}

#[test]
fn a_fault_of_a_strategy_is_none_of_the_scenario_even_if_the_scenario_catches_it() {
    fn catching() {
        let task = thread::spawn(|| take_turns(10));
        let caught = std::panic::catch_unwind(|| take_turns(10));
        // Whoever goes on would be noticed.
        take_turns(10);
        drop((task, caught));
        panic!("past a point of a broken execution");
    }
    let plan = Plan {
        options: &Options::DEFAULT,
        profile: &Default::default(),
        seed: 0,
        script: Script::free(),
    };
    let mut executor = Executor::new();
    let mut strategy: Box<dyn Strategy> = Box::new(Faulty(0));
    let outcome = executor.execute(plan, &mut strategy, Location::caller(), Box::new(catching));
    let broken = outcome.broken.expect("the strategy panicked");
    assert!(
        broken.starts_with("a fault of the strategy (at "),
        "{broken}"
    );
    assert_eq!(outcome.finding, None);
    assert!(executor.is_spoiled());
}

/// Panics before the first decision, where no task runs yet.
#[derive(Debug)]
struct Stillborn;

impl Strategy for Stillborn {
    fn begin(&mut self, _: &crate::strategy::Profile, _: &mut crate::decision::Rng) {
        panic!("a fault at the beginning");
    }

    fn pick(&mut self, _: &crate::strategy::View, _: &mut crate::decision::Rng) -> TaskId {
        unreachable!("it never begins")
    }
}

#[test]
fn an_execution_that_does_not_begin_is_broken_too() {
    let plan = Plan {
        options: &Options::DEFAULT,
        profile: &Default::default(),
        seed: 0,
        script: Script::free(),
    };
    let mut executor = Executor::new();
    let begin = std::panic::AssertUnwindSafe(|| {
        let mut strategy: Box<dyn Strategy> = Box::new(Stillborn);
        let body = Box::new(|| take_turns(1));
        executor.execute(plan, &mut strategy, Location::caller(), body)
    });
    let payload = std::panic::catch_unwind(begin).expect_err("the strategy panics");
    let message = crate::rt::panics::message(&*payload);
    assert_eq!(message, "a fault at the beginning");
    assert!(executor.is_spoiled());
    // Another one can execute on this thread.
    execute(&mut Executor::new(), Kind::Random.build(), 0, small);
}

#[test]
#[cfg(debug_assertions)]
fn user_code_that_runs_while_the_execution_is_worked_on_is_noticed() {
    let plan = Plan {
        options: &Options::DEFAULT,
        profile: &Default::default(),
        seed: 0,
        script: Script::free(),
    };
    let body = || {
        crate::rt::current::get("test").with(|_| thread::yield_now());
    };
    let mut strategy = Kind::Random.build();
    let outcome = Executor::new().execute(plan, &mut strategy, Location::caller(), Box::new(body));
    let broken = outcome.broken.expect("user code ran inside");
    assert!(broken.contains("user code runs"), "{broken}");
}
