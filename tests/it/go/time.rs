//! Timers and tickers: what the tests of Go's package `time` check, with the
//! semantics of Go 1.23.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use jostle::go;
use jostle::go::{Ticker, Timer};
use jostle_core::vtime::VInstant;

use crate::support::explore::explore;
use crate::support::log::Log;

const MS: Duration = Duration::from_millis(1);
/// So long that a timer fires only when no task can run; see `go_chan::SETTLE`.
const HOUR: Duration = Duration::from_secs(3600);

fn elapsed() -> Duration {
    go::now().since_start()
}

#[test]
fn sleeping_takes_as_long_as_asked() {
    let seen = explore(40, || {
        go! { go::sleep(HOUR / 2) }
        go::sleep(HOUR);
        assert_eq!(elapsed(), HOUR);
        go::sleep(Duration::ZERO);
        assert_eq!(elapsed(), HOUR);
    });
    assert_eq!(seen.all(), ["ok"]);
}

#[test]
fn after_sends_the_time_it_fires() {
    let seen = explore(40, || {
        for i in 1..=10 {
            let time = go::after(HOUR).recv().unwrap();
            assert_eq!(time, VInstant::START.after(i * HOUR));
            assert_eq!(time, go::now());
        }
    });
    assert_eq!(seen.all(), ["ok"]);
}

#[test]
fn a_timer_of_no_time_fires() {
    let seen = explore(40, || {
        for _ in 0..10 {
            assert_eq!(Timer::new(Duration::ZERO).c.recv(), Some(VInstant::START));
        }
    });
    assert_eq!(seen.all(), ["ok"]);
}

#[test]
fn timers_fire_in_the_order_of_their_deadlines() {
    let seen = explore(120, || {
        const SLOTS: [u32; 13] = [5, 3, 6, 6, 6, 1, 1, 2, 7, 9, 4, 8, 0];
        let (tx, rx) = go::chan(SLOTS.len());
        for slot in SLOTS {
            let (tx, timer) = (tx.clone(), go::after(slot * HOUR));
            go! { tx.send((slot, timer.recv().unwrap())) }
        }
        let mut sorted = SLOTS;
        sorted.sort_unstable();
        for slot in sorted {
            let (got, time) = rx.recv().unwrap();
            assert_eq!((got, time), (slot, VInstant::START.after(slot * HOUR)));
        }
    });
    assert_eq!(seen.all(), ["ok"]);
}

#[test]
fn timers_of_one_deadline_fire_in_any_order() {
    let seen = explore(200, || {
        let log = Log::new();
        for name in ["a", "b"] {
            let log = log.clone();
            go::after_func(HOUR, move || log.push(name));
        }
        go::sleep(2 * HOUR);
        log.read()
    });
    assert_eq!(seen.all(), ["a b", "b a"]);
}

#[test]
fn a_stopped_timer_does_not_fire() {
    let seen = explore(120, || {
        let timer = Timer::new(HOUR);
        let log = Log::new();
        let theirs = log.clone();
        let call = go::after_func(2 * HOUR, move || theirs.push("called"));
        assert!(timer.stop() && call.stop());
        assert!(!timer.stop() && !call.stop());
        go::after(3 * HOUR).recv();
        go::select! { recv(timer.c) => panic!("fired"), default => {} }
        assert_eq!(log.read(), "");
    });
    assert_eq!(seen.all(), ["ok"]);
}

#[test]
fn stopping_takes_back_what_nobody_has_received() {
    let seen = explore(120, || {
        let timer = Timer::new(HOUR);
        go::sleep(2 * HOUR);
        // It has fired, but that cannot be told: the channel is synchronous.
        assert_eq!((timer.c.len(), timer.c.cap()), (0, 0));
        assert!(timer.stop());
        go::select! { recv(timer.c) => panic!("a stale value"), default => {} }
        assert!(!timer.stop());

        let timer = Timer::new(HOUR);
        go::sleep(2 * HOUR);
        assert!(timer.c.recv().is_some());
        assert!(!timer.stop());
    });
    assert_eq!(seen.all(), ["ok"]);
}

#[test]
fn resetting_says_whether_the_timer_was_still_to_expire() {
    let seen = explore(120, || {
        let timer = Timer::new(2 * HOUR);
        go::sleep(HOUR);
        assert!(timer.reset(3 * HOUR));
        go::sleep(2 * HOUR);
        go::select! { recv(timer.c) => panic!("fired early"), default => {} }
        go::sleep(2 * HOUR);
        let time = go::select! {
            recv(timer.c) -> time => time.unwrap(),
            default => panic!("did not fire"),
        };
        // The time at which it fired, not that at which it was received.
        assert_eq!(time, VInstant::START.after(4 * HOUR));
        assert!(!timer.reset(MS));
        assert!(timer.c.recv().is_some());

        // The stale value of before the reset is never received.
        assert!(!timer.reset(HOUR));
        go::sleep(2 * HOUR);
        let before = go::now();
        assert!(timer.reset(HOUR));
        assert_eq!(timer.c.recv(), Some(before.after(HOUR)));
    });
    assert_eq!(seen.all(), ["ok"]);
}

#[test]
fn the_usual_loop_with_reset_never_times_out_early() {
    // Before Go 1.23 the value of an expired timer could survive its Reset.
    let seen = explore(100, || {
        let (tx, rx) = go::chan(0);
        go! {
            for i in 0..4 {
                go::sleep(3 * MS);
                tx.send(i);
            }
            tx.close();
        }
        let timer = Timer::new(2 * MS);
        loop {
            let armed = go::now();
            timer.reset(2 * MS);
            go::select! {
                recv(rx) -> next => if next.is_none() { break },
                recv(timer.c) -> time => assert!(time.unwrap() >= armed.after(2 * MS)),
            }
        }
    });
    assert_eq!(seen.all(), ["ok"]);
}

#[test]
fn after_func_runs_on_a_goroutine_of_its_own() {
    let seen = explore(80, || {
        // Calls that start each other, each of which goes on for a while.
        fn chain(n: u32, done: &go::Sender<()>) {
            let done = done.clone();
            go::after_func(Duration::ZERO, move || {
                if n == 0 {
                    done.send(());
                } else {
                    chain(n - 1, &done);
                    go::sleep(HOUR);
                }
            });
        }
        let (done, is_done) = go::chan(0);
        chain(10, &done);
        is_done.recv();
        assert!(elapsed() < HOUR);
    });
    assert_eq!(seen.all(), ["ok"]);
}

#[test]
fn after_func_can_be_reset() {
    let seen = explore(80, || {
        let calls = Arc::new(AtomicU32::new(0));
        let theirs = calls.clone();
        let timer = go::after_func(HOUR, move || {
            theirs.fetch_add(1, Relaxed);
        });
        assert!(timer.c.is_nil());
        assert!(timer.reset(2 * HOUR));
        go::sleep(HOUR + MS);
        assert_eq!(calls.load(Relaxed), 0);
        go::sleep(HOUR);
        assert_eq!(calls.load(Relaxed), 1);
        assert!(!timer.reset(HOUR));
        go::sleep(2 * HOUR);
        assert_eq!(calls.load(Relaxed), 2);
    });
    assert_eq!(seen.all(), ["ok"]);
}

#[test]
fn a_timer_that_nobody_waits_for_is_no_leak() {
    let seen = explore(8, || {
        let _ = go::after(HOUR);
        go::after_func(HOUR, || {});
        let _ = Ticker::new(HOUR);
    });
    assert_eq!(seen.all(), ["ok"]);
}

#[test]
fn a_timer_can_expire_while_its_stop_is_about_to_happen() {
    let seen = explore(400, || {
        let log = Log::new();
        let theirs = log.clone();
        let timer = go::after_func(Duration::ZERO, move || theirs.push("called"));
        let stopped = timer.stop();
        go::sleep(HOUR);
        format!("{stopped} {}", log.read())
    });
    assert_eq!(seen.all(), ["false called", "true "]);
}

#[test]
fn a_very_long_timer_does_not_fire() {
    let seen = explore(40, || {
        go::select! {
            recv(go::after(Duration::MAX)) => panic!("fired"),
            recv(go::after(25 * MS)) => {}
        }
    });
    assert_eq!(seen.all(), ["ok"]);
}

#[test]
fn a_ticker_keeps_its_period() {
    let seen = explore(80, || {
        let ticker = Ticker::new(HOUR);
        for i in 1..=5 {
            assert_eq!(ticker.c.recv(), Some(VInstant::START.after(i * HOUR)));
        }
        ticker.reset(2 * HOUR);
        for _ in 0..5 {
            ticker.c.recv();
        }
        assert_eq!(elapsed(), 15 * HOUR);
        ticker.stop();
        go::sleep(10 * HOUR);
        go::select! { recv(ticker.c) => panic!("did not stop"), default => {} }
    });
    assert_eq!(seen.all(), ["ok"]);
}

#[test]
fn a_slow_receiver_misses_ticks() {
    let seen = explore(80, || {
        let ticker = Ticker::new(2 * HOUR);
        go::sleep(7 * HOUR);
        assert_eq!((ticker.c.len(), ticker.c.cap()), (0, 0));
        // One tick is kept, the oldest; those at 4 and 6 hours are dropped, and
        // the next is again on the grid.
        assert_eq!(ticker.c.recv(), Some(VInstant::START.after(2 * HOUR)));
        assert_eq!(ticker.c.recv(), Some(VInstant::START.after(8 * HOUR)));
        assert_eq!(go::now(), VInstant::START.after(8 * HOUR));
        // Exactly on the grid.
        go::sleep(4 * HOUR);
        assert_eq!(ticker.c.recv(), Some(VInstant::START.after(10 * HOUR)));
        assert_eq!(ticker.c.recv(), Some(VInstant::START.after(14 * HOUR)));
        // Resetting takes a tick back that nobody has received.
        go::sleep(4 * HOUR);
        ticker.reset(3 * HOUR);
        assert_eq!(ticker.c.recv(), Some(VInstant::START.after(21 * HOUR)));
        ticker.stop();
    });
    assert_eq!(seen.all(), ["ok"]);
}

#[test]
fn a_ticker_and_a_loop_that_polls_it_get_on() {
    // Time passes although somebody can always run.
    let seen = explore(8, || {
        let ticker = Ticker::new(MS);
        let mut ticks = 0;
        while ticks < 3 {
            go::select! { recv(ticker.c) => ticks += 1, default => {} }
        }
    });
    assert_eq!(seen.all(), ["ok"]);
}

#[test]
fn ranging_over_a_ticker_that_is_stopped_leaks() {
    let seen = explore(80, || {
        let ticker = Ticker::new(HOUR);
        let ticks = ticker.c.clone();
        go! { ticks.range().for_each(drop) }
        go::sleep(5 * HOUR);
        ticker.stop();
    });
    assert_eq!(seen.all(), ["leak: 1 task leaked: [receive (leaked)]"]);
}

#[test]
fn intervals_must_be_positive() {
    let new = explore(8, || {
        let _ = Ticker::new(Duration::ZERO);
    });
    assert_eq!(new.all(), ["misuse: non-positive interval for NewTicker"]);
    let reset = explore(8, || Ticker::new(MS).reset(Duration::ZERO));
    assert_eq!(
        reset.all(),
        ["misuse: non-positive interval for Ticker.Reset"]
    );
    let tick = explore(8, || {
        assert!(go::tick(Duration::ZERO).is_nil());
        assert!(go::tick(MS).recv().is_some());
    });
    assert_eq!(tick.all(), ["ok"]);
}
