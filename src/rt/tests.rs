//! What every execution owes: the same input gives the same execution, and what goes
//! wrong in one is nothing to the next.

use std::cell::Cell;
use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;

use jostle_core::backend::{Backend, Executed, Outcome, Plan};
use jostle_core::budget::Budget;
use jostle_core::decision::Rng;
use jostle_core::finding::Kind as Found;
use jostle_core::id::TaskId;
use jostle_core::op::Site;
use jostle_core::prescription::Prescription;
use jostle_core::strategy::{Kind, NonPreemptive, Policy, Profile, Strategy, View, uniform};
use jostle_core::subject::{Expect, Options, Subject};
use jostle_core::trace::Trace;

use crate::backend::FiberBackend;
use crate::rt::executor::Executor;
use crate::rt::switch::CROWD;
use crate::scenario::{Body, Scenario};
use crate::{sync, thread};

/// A plan for one execution.
fn plan(profile: &Profile, seed: u64) -> Plan<'_> {
    Plan {
        profile,
        seed,
        prescription: None,
        data: &[],
        steps: u32::MAX,
        functions: false,
        strategy: Kind::Random,
        campaign_seed: None,
    }
}

fn subject(options: Options) -> Subject {
    Subject {
        name: "test",
        about: "",
        module: "",
        site: Site::caller(),
        expect: Expect::Clean,
        options,
        takes_data: false,
    }
}

/// Executes `body` once.
fn execute(
    executor: &mut Executor,
    options: Options,
    strategy: &mut dyn Strategy,
    (seed, prescription): (u64, Option<Prescription>),
    body: impl FnOnce() + 'static,
) -> Executed {
    let profile = Profile::default();
    let mut plan = Plan {
        prescription: prescription.map(Box::new),
        ..plan(&profile, seed)
    };
    let policy = Policy::Sample(strategy);
    executor.execute(&subject(options), &mut plan, policy, Box::new(body))
}

/// As [`execute`], with the default options and nothing prescribed.
fn simply(
    executor: &mut Executor,
    strategy: &mut dyn Strategy,
    seed: u64,
    body: impl FnOnce() + 'static,
) -> Executed {
    execute(executor, Options::DEFAULT, strategy, (seed, None), body)
}

trait Expected {
    fn finished(self) -> Outcome;
    fn broken(self) -> String;
}

impl Expected for Executed {
    #[track_caller]
    fn finished(self) -> Outcome {
        match self {
            Executed::Finished(outcome) => outcome,
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    fn broken(self) -> String {
        match self {
            Executed::Broken(why) => why,
            other => panic!("{other:?}"),
        }
    }
}

/// What one execution of `body` comes to.
#[track_caller]
pub(crate) fn finished(body: fn()) -> Outcome {
    simply(&mut Executor::new(), &mut NonPreemptive, 0, body).finished()
}

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

fn record(executor: &Executor) -> Trace {
    executor.kernel().recording().trace()
}

fn trace(
    executor: &mut Executor,
    kind: Kind,
    seed: u64,
    prescribed: Option<Prescription>,
) -> Trace {
    let mut strategy = kind.build();
    let decisions = (seed, prescribed);
    let outcome = execute(executor, Options::DEFAULT, &mut *strategy, decisions, busy).finished();
    assert_eq!(outcome.finding, None);
    assert_eq!(outcome.divergence, None);
    record(executor)
}

#[test]
fn the_same_seed_gives_the_same_execution() {
    let (mut used, mut seen) = (Executor::new(), Vec::new());
    for seed in 0..20 {
        // One executor is new and the other has been used before.
        let first = trace(&mut Executor::new(), Kind::Random, seed, None);
        let second = trace(&mut used, Kind::Random, seed, None);
        assert_eq!(first, second);
        assert_eq!(used.kernel().recording().fingerprint(), first.fingerprint());
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
        let first = trace(&mut executor, Kind::Random, seed, None);
        let exact = Prescription::exact(first.choices.clone());
        let second = trace(&mut executor, Kind::Random, !seed, Some(exact));
        assert_eq!(first.fingerprint(), second.fingerprint());
    }
}

#[test]
fn steps_are_counted_for_each_task() {
    let mut executor = Executor::new();
    let trace = trace(&mut executor, Kind::Random, 1, None);
    let task = &trace.tasks[2];
    // Three locks, three yields, one sleep.
    assert_eq!(task.steps, 7);
}

/// As [`Random`](jostle_core::strategy::Random), which the runtime need not know.
#[derive(Debug)]
struct Asked;

impl Strategy for Asked {
    fn pick(&mut self, view: &View, rng: &mut Rng) -> TaskId {
        uniform(&view.ready, rng)
    }
}

fn trace_of(executor: &mut Executor, strategy: &mut dyn Strategy, seed: u64, body: fn()) -> Trace {
    simply(executor, strategy, seed, body).finished();
    record(executor)
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
            let short = trace_of(&mut executor, &mut *Kind::Random.build(), seed, body);
            let long = trace_of(&mut executor, &mut Asked, seed, body);
            assert!(short.preemptions > 0);
            assert_eq!(short, long);
        }
    }
}

#[test]
fn the_budget_is_used_up_at_the_same_step_however_often_the_executor_was_used() {
    const OPTIONS: Options = Options {
        budget: Budget {
            steps: 100,
            ..Budget::DEFAULT
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
        let mut strategy = Kind::Random.build();
        let free = (seed, None);
        let outcome = execute(&mut executor, OPTIONS, &mut *strategy, free, endless).finished();
        // As many again under the fair scheduler.
        assert_eq!(outcome.steps, 200);
        assert!(outcome.finding.is_some());
        simply(&mut executor, &mut *strategy, seed, busy).finished();
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
        let trace = trace_of(&mut executor, &mut *Kind::Random.build(), seed, broken);
        assert!(trace.tasks.len() > 2 * CROWD as usize);
        assert_eq!(ALIVE.load(Relaxed), 0);
        assert!(!executor.is_spoiled());
    }
}

/// Panics at the third decision.
#[derive(Debug)]
struct Faulty(u32);

impl Strategy for Faulty {
    fn pick(&mut self, view: &View, _: &mut Rng) -> TaskId {
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
    let mut executor = Executor::new();
    let broken = simply(&mut executor, &mut Faulty(0), 0, catching).broken();
    assert!(
        broken.starts_with("a fault of the strategy (at src/rt/tests.rs:"),
        "{broken}"
    );
    assert!(executor.is_spoiled());
}

/// Panics before the first decision, where no task runs yet.
#[derive(Debug)]
struct Stillborn;

impl Strategy for Stillborn {
    fn begin(&mut self, _: &Profile, _: &mut Rng) {
        panic!("a fault at the beginning");
    }

    fn pick(&mut self, _: &View, _: &mut Rng) -> TaskId {
        unreachable!("it never begins")
    }
}

#[test]
fn an_execution_that_does_not_begin_is_broken_too() {
    let broken = simply(&mut Executor::new(), &mut Stillborn, 0, small).broken();
    assert!(
        broken.starts_with("a fault at the beginning (at src/rt/tests.rs:"),
        "{broken}"
    );
    // Another one can execute on this thread.
    simply(&mut Executor::new(), &mut NonPreemptive, 0, small).finished();
}

/// Spawns threads at each decision, and catches what they panic with if it is told to.
#[derive(Debug)]
struct Spawning {
    catches: bool,
}

impl Strategy for Spawning {
    fn pick(&mut self, view: &View, rng: &mut Rng) -> TaskId {
        let before = view.tasks.len();
        let spawn = || {
            for _ in 0..64 {
                drop(thread::spawn(|| take_turns(3)));
            }
        };
        match self.catches {
            true => drop(std::panic::catch_unwind(AssertUnwindSafe(spawn))),
            false => spawn(),
        }
        assert_eq!(view.tasks.len(), before);
        uniform(&view.ready, rng)
    }
}

#[test]
fn a_strategy_that_uses_primitives_is_broken_and_harms_nothing() {
    let mut executor = Executor::new();
    let broken = simply(&mut executor, &mut Spawning { catches: false }, 0, small).broken();
    assert!(
        broken.contains(" was used outside a scenario: "),
        "{broken}"
    );
    let mut executor = Executor::new();
    let asked = trace_of(&mut executor, &mut Asked, 7, small);
    let spawning = trace_of(&mut executor, &mut Spawning { catches: true }, 7, small);
    assert_eq!(asked, spawning);
}

/// Executes something at each decision.
#[derive(Debug)]
struct Executing;

impl Strategy for Executing {
    fn pick(&mut self, _: &View, _: &mut Rng) -> TaskId {
        simply(&mut Executor::new(), &mut NonPreemptive, 0, small).finished();
        TaskId::MAIN
    }
}

#[test]
fn a_strategy_cannot_execute_scenarios() {
    let broken = simply(&mut Executor::new(), &mut Executing, 0, small).broken();
    assert!(
        broken.starts_with("a scenario cannot explore another one"),
        "{broken}"
    );
}

#[test]
#[cfg(debug_assertions)]
fn user_code_that_runs_while_the_execution_is_worked_on_is_noticed() {
    let body = || crate::rt::current::get("test").with(|_| thread::yield_now());
    let broken = simply(&mut Executor::new(), &mut NonPreemptive, 0, body).broken();
    assert!(broken.contains("user code runs"), "{broken}");
}

#[test]
fn the_body_of_a_main_task_that_gets_no_stack_is_dropped_outside() {
    /// Finds nothing to yield to when the execution is over.
    struct Outside(Rc<Cell<bool>>);
    impl Drop for Outside {
        fn drop(&mut self) {
            let inside = std::panic::catch_unwind(thread::yield_now).is_ok();
            self.0.set(!inside);
        }
    }
    let budget = |change: fn(&mut Budget)| {
        let mut options = Options::DEFAULT;
        change(&mut options.budget);
        options
    };
    for options in [
        budget(|b| b.tasks = 0),
        budget(|b| b.stack = usize::MAX / 4),
    ] {
        let mut executor = Executor::new();
        let dropped = Rc::new(Cell::new(false));
        let outside = Outside(Rc::clone(&dropped));
        let free = (0, None);
        let body = move || drop(outside);
        let outcome = execute(&mut executor, options, &mut NonPreemptive, free, body).finished();
        let finding = outcome.finding.expect("there is no main task");
        assert_eq!(finding.kind, Found::Panic);
        assert!(dropped.get(), "{finding}");
        let outcome = simply(&mut executor, &mut NonPreemptive, 0, thread::yield_now).finished();
        assert_eq!(outcome.finding, None);
    }
}

/// Executes `body` once, with the functions of places.
fn through(backend: &mut FiberBackend, strategy: &mut dyn Strategy, body: fn()) -> Executed {
    let scenario = Scenario {
        subject: subject(Options::DEFAULT),
        body: Body::Plain(body),
    };
    let profile = Profile::default();
    let plan = Plan {
        functions: true,
        ..plan(&profile, 3)
    };
    backend.execute(&scenario, plan, Policy::Sample(strategy))
}

/// Panics while its task unwinds, which would abort the process.
fn aborting() {
    struct Bad;
    impl Drop for Bad {
        fn drop(&mut self) {
            panic!("in the drop");
        }
    }
    let _bad = Bad;
    panic!("in the body");
}

fn panicking() {
    let task = thread::spawn(|| take_turns(3));
    take_turns(3);
    task.join().expect("it does not panic");
    panic!("an ordinary one");
}

/// The OS thread of a backend may become useless in the middle of a campaign.
#[test]
fn a_backend_goes_on_elsewhere_once_its_os_thread_is_spoiled() {
    let random = || Kind::Random.build();
    let finding = |executed: Executed| {
        let finding = executed.finished().finding;
        finding.map(|f| (f.kind, f.message))
    };
    // What the same executions are on a thread that nothing has happened to.
    let mut expected = Vec::new();
    let mut fresh = FiberBackend::new();
    for body in [busy as fn(), small, panicking] {
        through(&mut fresh, &mut *random(), body);
        fresh.learn_functions();
        let found = finding(through(&mut fresh, &mut *random(), body));
        expected.push((body, found, fresh.recording().trace()));
    }
    type Spoil = (fn(&mut FiberBackend) -> Executed, bool);
    let spoils: [Spoil; 2] = [
        (|b| through(b, &mut NonPreemptive, aborting), false),
        (|b| through(b, &mut Faulty(0), small), true),
    ];
    for (spoil, breaks) in spoils {
        let mut backend = FiberBackend::new();
        // However often that happens.
        for _ in 0..3 {
            match spoil(&mut backend) {
                Executed::Broken(why) => {
                    assert!(
                        breaks && why.starts_with("a fault of the strategy"),
                        "{why}"
                    );
                }
                aborted => {
                    let (kind, message) = finding(aborted).expect("a destructor panicked");
                    assert!(!breaks && kind == Found::Panic, "{message}");
                    assert!(
                        message.ends_with("aborts the process: in the drop"),
                        "{message}"
                    );
                    assert_eq!(backend.recording().choices().count(), 0);
                }
            }
            for (body, found, trace) in &expected {
                through(&mut backend, &mut *random(), *body);
                backend.learn_functions();
                let again = finding(through(&mut backend, &mut *random(), *body));
                assert_eq!(again, *found);
                assert!(!backend.learn_functions(), "all functions are known by now");
                assert_eq!(backend.recording().trace(), *trace);
            }
        }
    }
}
