//! The reductions against brute force, on small random programs.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jostle::scenario::{Body, Scenario};
use jostle::sync::atomic::{AtomicU32, Ordering::SeqCst};
use jostle::sync::{Condvar, Mutex, RwLock, mpsc};
use jostle::{Fibers, go, hint, thread, time};
use jostle_core::campaign::Run;
use jostle_core::subject::Subject;
use jostle_core::verify::{Bounds, End, Progress, Reduction, Verification, Verified};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::support::scenario::subject;

/// What a task of a program does.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Do {
    Load(usize),
    Store(usize),
    Add(usize),
    Weak,
    Lock(usize),
    Nested(usize),
    TryLock(usize),
    Read,
    Write,
    Wait,
    Notify,
    Send,
    Receive,
    SendBuffered,
    TryReceive,
    Close,
    Select,
    Sleep(u64),
    Now,
    LockFor,
    Yield,
    Spin,
    Spawn,
    Park,
    UnparkMain,
    Mpsc,
    Done,
    WaitDone,
}

const ALL: &[Do] = &[
    Do::Load(0),
    Do::Load(1),
    Do::Store(0),
    Do::Store(1),
    Do::Add(0),
    Do::Weak,
    Do::Lock(0),
    Do::Lock(1),
    Do::Nested(0),
    Do::Nested(1),
    Do::TryLock(0),
    Do::TryLock(1),
    Do::Read,
    Do::Write,
    Do::Wait,
    Do::Notify,
    Do::Send,
    Do::Receive,
    Do::SendBuffered,
    Do::TryReceive,
    Do::Close,
    Do::Select,
    Do::Sleep(1),
    Do::Sleep(2),
    Do::Now,
    Do::LockFor,
    Do::Yield,
    Do::Spin,
    Do::Spawn,
    Do::Park,
    Do::UnparkMain,
    Do::Mpsc,
    Do::Done,
    Do::WaitDone,
];

/// What the tasks of a program share.
struct World {
    numbers: [AtomicU32; 2],
    locks: [Mutex<u32>; 2],
    shared: RwLock<u32>,
    condition: Condvar,
    plain: (go::Sender<u32>, go::Receiver<u32>),
    buffered: (go::Sender<u32>, go::Receiver<u32>),
    sender: mpsc::Sender<u32>,
    group: go::WaitGroup,
    main: thread::Thread,
    start: time::Instant,
}

std::thread_local! {
    /// What the tasks of an execution have seen, each in its own order.
    static SEEN: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

fn see(task: usize, what: impl fmt::Debug) {
    SEEN.with_borrow_mut(|seen| {
        if seen.len() <= task {
            seen.resize(task + 1, String::new());
        }
        seen[task].push_str(&format!(" {what:?}"));
    });
}

fn run(program: &[Vec<Do>]) {
    SEEN.with_borrow_mut(Vec::clear);
    let (sender, receiver) = mpsc::channel();
    let world = Arc::new(World {
        numbers: [AtomicU32::new(0), AtomicU32::new(0)],
        locks: [Mutex::new(0), Mutex::new(0)],
        shared: RwLock::new(0),
        condition: Condvar::new(),
        plain: go::chan(0),
        buffered: go::chan(1),
        sender,
        group: go::WaitGroup::new(),
        main: thread::current(),
        start: time::Instant::now(),
    });
    world.group.add(1);
    let handles: Vec<_> = (1..program.len())
        .map(|task| {
            let (world, steps) = (Arc::clone(&world), program[task].clone());
            thread::spawn(move || steps.iter().for_each(|&step| act(&world, task, step)))
        })
        .collect();
    for &step in &program[0] {
        act(&world, 0, step);
    }
    for handle in handles {
        handle.join().unwrap();
    }
    drop(world);
    see(0, receiver.try_iter().collect::<Vec<_>>());
}

fn act(world: &Arc<World>, task: usize, step: Do) {
    let mine = task as u32 + 1;
    match step {
        Do::Load(i) => see(task, world.numbers[i].load(SeqCst)),
        Do::Store(i) => world.numbers[i].store(mine, SeqCst),
        Do::Add(i) => see(task, world.numbers[i].fetch_add(mine, SeqCst)),
        Do::Weak => see(
            task,
            world.numbers[0].compare_exchange_weak(0, mine, SeqCst, SeqCst),
        ),
        Do::Lock(i) => {
            let mut value = world.locks[i].lock().unwrap();
            see(task, *value);
            *value += mine;
        }
        Do::Nested(i) => {
            let _outer = world.locks[i].lock().unwrap();
            *world.locks[1 - i].lock().unwrap() += mine;
        }
        Do::TryLock(i) => {
            let value = world.locks[i].try_lock();
            see(task, value.is_ok());
            see(task, world.numbers[0].load(SeqCst));
        }
        Do::Read => {
            let value = world.shared.read().unwrap();
            see(task, (*value, world.numbers[1].load(SeqCst)));
        }
        Do::Write => *world.shared.write().unwrap() += mine,
        Do::Wait => {
            let guard = world.locks[0].lock().unwrap();
            see(task, *world.condition.wait(guard).unwrap());
        }
        Do::Notify => world.condition.notify_one(),
        Do::Send => world.plain.0.send(mine),
        Do::Receive => see(task, world.plain.1.recv()),
        Do::SendBuffered => world.buffered.0.send(mine),
        Do::TryReceive => go::select! {
            recv(world.buffered.1) -> value => see(task, value),
            default => see(task, "nothing"),
        },
        Do::Close => world.buffered.0.close(),
        Do::Select => go::select! {
            recv(world.buffered.1) -> value => see(task, ("buffered", value)),
            recv(world.plain.1) -> value => see(task, ("plain", value)),
            send(world.plain.0, mine) => see(task, "sent"),
        },
        Do::Sleep(ms) => thread::sleep(Duration::from_millis(ms)),
        Do::Now => see(task, world.start.elapsed()),
        Do::LockFor => {
            let guard = world.locks[0].lock().unwrap();
            let wait = world
                .condition
                .wait_timeout(guard, Duration::from_millis(1));
            see(task, wait.unwrap().1.timed_out());
        }
        Do::Yield => thread::yield_now(),
        Do::Spin => hint::spin_loop(),
        Do::Spawn => {
            let theirs = Arc::clone(world);
            let inner = task + 10;
            let handle = thread::spawn(move || act(&theirs, inner, Do::Add(1)));
            see(task, world.numbers[1].load(SeqCst));
            handle.join().unwrap();
        }
        Do::Park => thread::park(),
        Do::UnparkMain => world.main.unpark(),
        Do::Mpsc => world.sender.send(mine).unwrap(),
        Do::Done => world.group.done(),
        Do::WaitDone => world.group.wait(),
    }
}

fn encode(program: &[Vec<Do>]) -> Vec<u8> {
    let number = |step: &Do| ALL.iter().position(|s| s == step).unwrap() as u8;
    let tasks = program.iter().map(|task| task.iter().map(number).collect());
    tasks.collect::<Vec<Vec<u8>>>().join(&u8::MAX)
}

fn scenario() -> Scenario {
    Scenario {
        subject: Subject {
            takes_data: true,
            ..subject("random program")
        },
        body: Body::Data(|data| {
            let bytes = data.bytes(data.len())?.to_vec();
            Ok(Box::new(move || {
                let tasks = bytes.split(|&b| b == u8::MAX);
                let program: Vec<Vec<Do>> = tasks
                    .map(|task| task.iter().map(|&b| ALL[b as usize]).collect())
                    .collect();
                run(&program);
            }))
        }),
    }
}

/// What a program can come to, as far as anybody can tell who does not look at the
/// schedule.
#[derive(Clone, Default, PartialEq, Debug)]
struct Outcomes {
    seen: BTreeSet<String>,
    findings: BTreeSet<String>,
}

impl Outcomes {
    /// Whether these show what `all` do. An execution with a finding may end
    /// early, so that what would have come after is not explored; and an
    /// exploration ends with the first finding.
    fn show(&self, all: &Outcomes) -> bool {
        if all.findings.is_empty() {
            self == all
        } else {
            !self.findings.is_empty()
                && self.findings.is_subset(&all.findings)
                && self.seen.is_subset(&all.seen)
        }
    }
}

/// More schedules than this are not worth the wait.
const MOST: u64 = 3_000;

fn explore(
    program: &[Vec<Do>],
    reduction: Reduction,
    mut counts: impl FnMut(&Run) -> bool,
) -> (Verified, Outcomes) {
    let verification = Verification {
        reduction,
        bounds: Bounds {
            steps: 200,
            rare: 1,
        },
        runs: Some(MOST),
        data: encode(program),
        ..Verification::new()
    };
    let mut outcomes = Outcomes::default();
    let progress = Progress::default();
    let verified = verification.explore_with(&Fibers, &scenario(), &progress, |run| {
        if counts(run) {
            match &run.outcome.finding {
                Some(finding) => outcomes.findings.insert(finding.to_string()),
                None => outcomes
                    .seen
                    .insert(SEEN.with_borrow(|seen| format!("{seen:?}"))),
            };
        }
        false
    });
    (verified, outcomes)
}

fn programs() -> impl Strategy<Value = Vec<Vec<Do>>> {
    let step = proptest::sample::select(ALL);
    let task = proptest::collection::vec(step, 1..=3);
    proptest::collection::vec(task, 2..=3)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn one_schedule_of_each_class_shows_what_all_schedules_show(program in programs()) {
        let (all, expected) = explore(&program, Reduction::None, |_| true);
        prop_assume!(matches!(all.end, End::Exhausted));
        let (reduced, outcomes) = explore(&program, Reduction::Sources, |_| true);
        prop_assert!(matches!(reduced.end, End::Exhausted), "{:?}", reduced.end);
        prop_assert!(outcomes.show(&expected), "{:?}\n{:?}", outcomes, expected);
        if expected.findings.is_empty() {
            prop_assert_eq!(reduced.classes, all.classes);
        }
        prop_assert!(reduced.executions <= all.executions);
    }

    #[test]
    fn a_bound_on_preemptions_leaves_out_nothing_else(program in programs(), most in 0..3u32) {
        let within = |run: &Run| run.outcome.preemptions <= most;
        let (all, expected) = explore(&program, Reduction::None, within);
        prop_assume!(matches!(all.end, End::Exhausted));
        let reduction = Reduction::Preemptions(most);
        let (_, outcomes) = explore(&program, reduction, |run| {
            assert!(within(run), "{} preemptions", run.outcome.preemptions);
            true
        });
        prop_assert!(outcomes.show(&expected), "{:?}\n{:?}", outcomes, expected);
    }
}

/// The same few programs each time, so that a check of one thing does not fail for
/// another; `JOSTLE_TEST_EXECUTIONS` asks for so many new ones.
fn config() -> ProptestConfig {
    let asked = std::env::var("JOSTLE_TEST_EXECUTIONS").ok();
    match asked.and_then(|n| n.parse().ok()) {
        Some(cases) => ProptestConfig::with_cases(cases),
        None => ProptestConfig {
            cases: 40,
            rng_seed: RngSeed::Fixed(0),
            ..ProptestConfig::default()
        },
    }
}

/// A task that goes on to spin conflicts with every step, the ones that hold its lock
/// among them: it has to be tried before those that took the lock, not only before the
/// last step of their task.
#[test]
fn who_spins_is_tried_before_whoever_held_its_lock() {
    let program = [vec![Do::Nested(1)], vec![Do::Lock(1), Do::Spin]];
    let (all, _) = explore(&program, Reduction::None, |_| true);
    let (reduced, _) = explore(&program, Reduction::Sources, |_| true);
    assert_eq!((all.classes, reduced.classes), (3, 3));
}
