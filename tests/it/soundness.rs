//! What safe code must not be able to do to the runtime: reach into it while it
//! works, or get two executions at one primitive.

use std::panic::Location;
use std::rc::Rc;

use jostle_core::budget::Budget;
use jostle_core::decision::Script;
use jostle_core::finding::Kind;
use jostle::scenario::Options;
use jostle::sync::{Mutex, mpsc};
use jostle::{Executor, Outcome, Plan, hint, strategy, thread, time};

use crate::explore::explore_with;

fn execute(executor: &mut Executor, options: Options, body: impl FnOnce() + 'static) -> Outcome {
    let plan = Plan {
        options: &options,
        profile: &Default::default(),
        seed: 0,
        script: Script::free(),
    };
    let mut strategy = strategy::Kind::Random.build();
    executor.execute(plan, &mut strategy, Location::caller(), Box::new(body))
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
    let explored = explore_with(50, budget(|b| b.tasks = 1), || {
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
    let explored = explore_with(50, budget(|b| b.tasks = 1), || {
        let (tx, _rx) = mpsc::channel();
        thread::spawn(move || tx.send(1));
    });
    explored.always_finds(Kind::Panic, "has spawned 1 tasks, its budget");
}

#[test]
fn the_body_of_a_main_task_that_gets_no_stack_is_dropped_outside() {
    /// Finds nothing to yield to when the execution is over.
    struct Outside(Rc<std::cell::Cell<bool>>);
    impl Drop for Outside {
        fn drop(&mut self) {
            let inside = std::panic::catch_unwind(thread::yield_now).is_ok();
            self.0.set(!inside);
        }
    }
    for options in [
        budget(|b| b.tasks = 0),
        budget(|b| b.stack = usize::MAX / 4),
    ] {
        let mut executor = Executor::new();
        let dropped = Rc::new(std::cell::Cell::new(false));
        let outside = Outside(Rc::clone(&dropped));
        let outcome = execute(&mut executor, options, move || drop(outside));
        let finding = outcome.finding.expect("there is no main task");
        assert_eq!(finding.kind, Kind::Panic);
        assert!(dropped.get(), "{finding}");
        let outcome = execute(&mut executor, Options::DEFAULT, thread::yield_now);
        assert_eq!(outcome.finding, None);
    }
}

#[test]
fn time_may_pass_as_fast_as_it_can() {
    const SECOND: std::time::Duration = std::time::Duration::from_secs(1);
    let options = budget(|b| b.step_time = std::time::Duration::MAX);
    let explored = explore_with(50, options, || {
        let sleeper = thread::spawn(|| thread::sleep(SECOND));
        for _ in 0..10 {
            thread::yield_now();
        }
        sleeper.join().is_ok()
    });
    explored.gives([true]);
    let explored = explore_with(50, options, || {
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
    let explored = explore_with(20, Options::DEFAULT, || {
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
        let outcome = execute(&mut Executor::new(), Options::DEFAULT, move || {
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
        let other = || execute(&mut Executor::new(), Options::DEFAULT, || ());
        let outcome = std::thread::spawn(other).join().expect("it ends");
        assert_eq!(outcome.finding, None);
    }
    // More of them than there were ever room for, all at once.
    let others: Vec<Executor> = (0..600).map(|_| Executor::new()).collect();
    let outcome = execute(&mut Executor::new(), Options::DEFAULT, || {
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
