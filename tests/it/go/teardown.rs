//! Executions that end early: destructors of unwound tasks use everything, nothing
//! blocks, nothing is misused, and the next execution starts clean. The helper
//! checks that no stack had to be given up.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use jostle::go;
use jostle::go::{Cond, Mutex, Once, Receiver, RwMutex, Sender, Ticker, Timer, WaitGroup, context};
use jostle_core::budget::Budget;

use jostle::FiberBackend;
use jostle::scenario::Options;
use jostle_core::strategy::Kind;

use crate::support::execute::execute;
use crate::support::explore::{Series, explore, trace};

const HOUR: Duration = Duration::from_secs(3600);

/// Everything a deferred call might do, most of which would wait or panic.
fn use_everything(tx: &Sender<Box<u32>>, rx: &Receiver<Box<u32>>) {
    tx.send(Box::new(1));
    tx.send(Box::new(2));
    rx.recv();
    rx.recv();
    rx.recv();
    let _ = rx.len();
    go::select! { send(tx, Box::new(3)) => {} recv(rx) => {} }
    go::select! { recv(rx) => {} default => {} }
    go::select! { recv(Receiver::<u8>::nil()) -> got => assert_eq!(got, None) }
    go::Select::new()
        .recv(rx, drop)
        .send(tx, Box::new(4), || {})
        .run();
    Receiver::<u8>::nil().recv();
    Sender::nil().send(1);
    Sender::<u8>::nil().close();
    tx.close();
    tx.close();
    tx.send(Box::new(5));
    go::select! { send(tx, Box::new(6)) => {} }
    for value in rx {
        drop(value);
    }

    let group = Arc::new(WaitGroup::new());
    group.done();
    group.add(2);
    group.wait();
    group.go(|| unreachable!("nothing is started any more"));
    let mutex = Mutex::new();
    mutex.unlock();
    mutex.lock();
    mutex.lock();
    let _ = mutex.try_lock();
    let lock = RwMutex::new();
    lock.unlock();
    lock.runlock();
    lock.lock();
    lock.rlock();
    lock.lock();
    let cond = Cond::new(mutex);
    cond.wait();
    cond.signal();
    cond.broadcast();
    let once = Once::new();
    once.do_once(|| once.do_once(|| {}));

    go::spawn(|| unreachable!("nothing is started any more"));
    go::sleep(HOUR);
    go::after(HOUR).recv();
    let timer = Timer::new(HOUR);
    timer.stop();
    timer.reset(HOUR);
    go::after_func(HOUR, || {}).reset(HOUR);
    let ticker = Ticker::new(HOUR);
    ticker.c.recv();
    ticker.reset(HOUR);
    let (parent, cancel) = context::with_timeout(&context::background(), HOUR);
    context::after_func(&parent, || unreachable!("nothing is started any more"));
    let (child, _stop) = context::with_timeout(&parent, HOUR / 2);
    cancel.call();
    child.done().recv();
    child.err();
}

#[test]
fn deferred_calls_of_unwound_tasks_get_through() {
    let seen = explore(160, || {
        for wait in 0..8 {
            let (tx, rx) = go::chan::<Box<u32>>(wait % 3);
            go! {
                let _deferred = go::defer(|| use_everything(&tx, &rx));
                let never = Receiver::<()>::nil();
                match wait {
                    0 => drop(rx.recv()),
                    1 => (0..2).for_each(|_| tx.send(Box::new(9))),
                    2 => go::select! { recv(rx) => {} recv(never) => {} },
                    3 => go::sleep(HOUR),
                    4 => {
                        let mutex = Mutex::new();
                        mutex.lock();
                        mutex.lock();
                    }
                    5 => {
                        let group = WaitGroup::new();
                        group.add(1);
                        group.wait();
                    }
                    6 => {
                        let once = Once::new();
                        once.do_once(|| {
                            let _ = never.recv();
                        });
                    }
                    _ => {
                        let (context, _cancel) =
                            context::with_timeout(&context::background(), HOUR);
                        context.done().recv();
                    }
                }
            }
        }
        panic!("the end");
    });
    assert_eq!(seen.all(), ["panic: the end"]);
}

#[test]
fn locks_that_died_with_their_holder_keep_nobody_from_being_unwound() {
    let seen = explore(160, || {
        let mutex = Arc::new(Mutex::new());
        let lock = Arc::new(RwMutex::new());
        for _ in 0..3 {
            let (mutex, lock) = (mutex.clone(), lock.clone());
            go! {
                let _deferred = go::defer(|| {
                    mutex.lock();
                    lock.lock();
                    lock.unlock();
                    mutex.unlock();
                });
                mutex.lock();
                lock.rlock();
                Receiver::<()>::nil().recv();
            }
        }
        panic!("the end");
    });
    assert_eq!(seen.all(), ["panic: the end"]);
}

#[test]
fn deferred_calls_of_a_panicking_goroutine_are_made() {
    let seen = explore(80, || {
        let group = Arc::new(WaitGroup::new());
        let (tx, rx) = go::chan(0);
        group.go(move || {
            let _close = go::defer(|| tx.close());
            tx.send(1);
            std::panic::resume_unwind(Box::new("quiet"));
        });
        assert_eq!(rx.range().collect::<Vec<u32>>(), [1]);
        group.wait();
        "ok"
    });
    // The panic is what is found, after the deferred calls.
    assert_eq!(seen.all(), ["panic: quiet"]);
}

#[test]
fn values_in_buffers_queues_and_timers_are_dropped_with_the_execution() {
    thread_local! {
        static ALIVE: RefCell<i32> = const { RefCell::new(0) };
    }
    struct Counted;
    impl Counted {
        fn new() -> Counted {
            ALIVE.with_borrow_mut(|n| *n += 1);
            Counted
        }
    }
    impl Drop for Counted {
        fn drop(&mut self) {
            ALIVE.with_borrow_mut(|n| *n -= 1);
        }
    }
    let seen = explore(80, || {
        // Whatever the execution before left would be counted here.
        assert_eq!(ALIVE.with_borrow(|n| *n), 0);
        let (tx, rx) = go::chan(1);
        tx.send(Counted::new());
        let waits = tx.clone();
        go! { waits.send(Counted::new()) }
        let selects = tx.clone();
        go! {
            go::select! {
                send(selects, Counted::new()) => {}
                recv(Receiver::<()>::nil()) => {}
            }
        }
        let in_timer = Counted::new();
        go::after_func(HOUR, move || {
            let _kept = &in_timer;
        });
        let in_context = Counted::new();
        let (context, _cancel) = context::with_timeout(&context::background(), HOUR);
        context::after_func(&context, move || drop(in_context));
        let _value = context::with_value(&context, std::sync::Mutex::new(Counted::new()));
        go::sleep(Duration::from_millis(2));
        let keep = rx.clone();
        go! {
            let _keep = keep;
            Receiver::<()>::nil().recv();
        }
        panic!("the end");
    });
    assert_eq!(seen.all(), ["panic: the end"]);
    assert_eq!(ALIVE.with_borrow(|n| *n), 0);
}

#[test]
fn the_trace_ends_where_the_execution_did() {
    // The body deadlocks, so that the last step is its own.
    let steps = |deferred: fn(&WaitGroup, &Mutex)| {
        let trace = trace(move || {
            let mutex = Mutex::new();
            let group = WaitGroup::new();
            mutex.lock();
            let _deferred = go::defer(|| deferred(&group, &mutex));
            Receiver::<()>::nil().recv();
        });
        let step = |step: &jostle_core::trace::Step| (step.kind, step.value);
        trace.steps.iter().map(step).collect::<Vec<_>>()
    };
    let plain = steps(|_, _| {});
    assert_eq!(plain, steps(|group, _| group.add(7)));
    assert_eq!(plain, steps(|_, mutex| mutex.unlock()));
}

#[test]
fn the_clock_may_use_up_the_budget_of_tasks() {
    let options = Options {
        budget: Budget {
            tasks: 5,
            ..Budget::DEFAULT
        },
        ..Options::DEFAULT
    };
    let seen = Series::of(40).options(options).explore(|| {
        for _ in 0..20 {
            go::after_func(HOUR, || {});
        }
        go::sleep(2 * HOUR);
        "ok"
    });
    assert_eq!(seen.all().len(), 1);
    assert!(seen.all()[0].starts_with("panic: the scenario has spawned"));
}

#[test]
fn ends_that_outlive_their_execution_say_so() {
    thread_local! {
        static KEPT: RefCell<Option<Sender<u32>>> = const { RefCell::new(None) };
    }
    let mut backend = FiberBackend::new();
    let mut find = |body: fn()| {
        let outcome = execute(&mut backend, Kind::Random, 0, &Options::DEFAULT, body);
        outcome.finding
    };
    let made = find(|| {
        let (tx, _rx) = go::chan(1);
        KEPT.set(Some(tx));
    });
    assert_eq!(made, None);
    let used = find(|| KEPT.with_borrow(|tx| tx.as_ref().unwrap().send(1)));
    let text = used.unwrap().message;
    assert!(
        text.contains("of one execution was used in another one"),
        "{text}"
    );
    // Dropping it, wherever that happens, does nothing.
    KEPT.set(None);
}

#[test]
fn outside_a_scenario_it_says_so() {
    let message = |f: fn()| {
        let payload = std::panic::catch_unwind(f).unwrap_err();
        payload.downcast_ref::<String>().unwrap().clone()
    };
    let chan = message(|| drop(go::chan::<u32>(0)));
    assert!(
        chan.starts_with("jostle's channel was used outside a scenario"),
        "{chan}"
    );
    let group = message(|| WaitGroup::new().add(1));
    assert!(
        group.starts_with("jostle's WaitGroup was used outside"),
        "{group}"
    );
    assert!(message(|| go::spawn(|| {})).starts_with("jostle's spawn was used outside"));
}
