//! What safe code must not be able to do to the runtime: reach into it while it
//! works, or get two executions at one primitive.

use jostle::sync::{Mutex, mpsc};
use jostle::{FiberBackend, hint, thread, time};
use jostle_core::backend::Outcome;
use jostle_core::budget::Budget;
use jostle_core::finding::Kind;
use jostle_core::strategy;
use jostle_core::subject::Options;

use crate::support::execute::execute;
use crate::support::explore::Series;

fn random(body: impl FnOnce() + Send + 'static) -> Outcome {
    let mut backend = FiberBackend::new();
    let random = strategy::Kind::Random;
    execute(&mut backend, random, 0, &Options::DEFAULT, body)
}

fn budget(change: impl FnOnce(&mut Budget)) -> Options {
    let mut options = Options::DEFAULT;
    change(&mut options.budget);
    options
}

/// Uses the runtime when it is dropped, as the end of a channel does.
struct Talkative(mpsc::Sender<u32>);

impl Drop for Talkative {
    fn drop(&mut self) {
        self.0.send(1).expect("the receiver is there");
        thread::yield_now();
    }
}

#[test]
fn the_body_of_a_refused_task_is_dropped_like_any_value() {
    let explored = Series::of(50).options(budget(|b| b.tasks = 1)).explore(|| {
        let (tx, rx) = mpsc::channel::<u32>();
        let refused = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let talkative = Talkative(tx);
            thread::spawn(move || drop(talkative));
        }));
        assert!(refused.is_err(), "there is no room for a second task");
        (rx.recv(), rx.recv().is_err())
    });
    explored.gives([(Ok::<u32, mpsc::RecvError>(1), true)]);
}

#[test]
fn a_task_too_many_is_a_finding() {
    let explored = Series::of(50).options(budget(|b| b.tasks = 1)).explore(|| {
        let (tx, _rx) = mpsc::channel();
        thread::spawn(move || tx.send(1));
    });
    explored.always_finds(Kind::Panic, "has spawned 1 tasks, its budget");
}

#[test]
fn time_may_pass_as_fast_as_it_can() {
    const SECOND: std::time::Duration = std::time::Duration::from_secs(1);
    let options = budget(|b| b.step_time = std::time::Duration::MAX);
    let explored = Series::of(50).options(options).explore(|| {
        let sleeper = thread::spawn(|| thread::sleep(SECOND));
        for _ in 0..10 {
            thread::yield_now();
        }
        sleeper.join().is_ok()
    });
    explored.gives([true]);
    let explored = Series::of(50).options(options).explore(|| {
        let start = time::Instant::now();
        while start.elapsed() < SECOND {
            hint::spin_loop();
        }
        thread::sleep(SECOND);
        start.elapsed() >= 2 * SECOND
    });
    explored.gives([true]);
}

#[test]
fn what_a_task_unwinds_with_may_panic_when_it_is_dropped() {
    struct Bad;
    impl Drop for Bad {
        fn drop(&mut self) {
            std::panic::panic_any("in the drop of a payload");
        }
    }
    thread::thread_local! {
        static KEPT: Option<Bad> = const { None };
        static OTHER: Loud = const { Loud };
    }
    struct Loud;
    impl Drop for Loud {
        fn drop(&mut self) {
            std::panic::panic_any(Bad);
        }
    }
    let explored = Series::of(20).explore(|| {
        drop(thread::spawn(|| {
            KEPT.with(|_| ());
            OTHER.with(|_| ());
            // The local's destructor unwinds as well, and only one payload is kept.
            std::panic::panic_any(Bad);
        }));
        drop(thread::spawn(|| std::panic::panic_any(Bad)));
    });
    explored.always_finds(Kind::Panic, "Box<dyn Any>");
}

/// However many OS threads have executed anything before or do meanwhile.
#[test]
fn two_executions_never_share_a_static() {
    static SHARED: Mutex<u32> = Mutex::new(0);
    let (locked, is_locked) = std::sync::mpsc::channel();
    let (done, wait) = std::sync::mpsc::channel::<()>();
    let first = std::thread::spawn(move || {
        let outcome = random(move || {
            let mut guard = SHARED.lock().unwrap();
            locked.send(()).expect("the test waits");
            // While this task waits in earnest, others execute on other threads.
            assert!(wait.recv().is_err());
            *guard += 1;
        });
        assert_eq!(outcome.finding, None);
    });
    is_locked.recv().expect("it gets the lock");
    for _ in 0..600 {
        let other = || random(|| ());
        let outcome = std::thread::spawn(other).join().expect("it ends");
        assert_eq!(outcome.finding, None);
    }
    // More of them than there were ever room for, all at once.
    let others: Vec<FiberBackend> = (0..600).map(|_| FiberBackend::new()).collect();
    let outcome = random(|| {
        *SHARED.lock().unwrap() += 1;
    });
    let finding = outcome.finding.expect("somebody else has the lock");
    assert!(
        finding
            .message
            .contains("used by two executions at the same time"),
        "{finding}"
    );
    drop((others, done));
    first.join().expect("it ends");
}
