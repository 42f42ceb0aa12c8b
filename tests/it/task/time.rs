//! Sleeping, timeouts, intervals: what tokio has no word on.

use std::future::poll_fn;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use jostle::scenario::Options;
use jostle::task::{self, Sleep};
use jostle::thread;
use jostle_core::budget::Budget;
use jostle_core::finding::Kind;
use jostle_core::vtime::VInstant;

use crate::support::explore::{Series, explore, explore_async};

const HOUR: Duration = Duration::from_secs(3600);

/// What goes on for ever soon comes to its end.
const SHORT: Options = Options {
    budget: Budget {
        steps: 200,
        ..Budget::DEFAULT
    },
    ..Options::DEFAULT
};

fn now() -> VInstant {
    task::sleep(Duration::ZERO).deadline()
}

#[test]
fn a_dropped_sleep_wakes_nobody() {
    explore_async(35, || async {
        let polls = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&polls);
        let waits = task::spawn(async move {
            let late = task::timeout(Duration::from_millis(1), task::sleep(HOUR)).await;
            assert!(late.is_err());
            poll_fn(|_| {
                counted.fetch_add(1, SeqCst);
                Poll::<()>::Pending
            })
            .await;
        });
        task::sleep(2 * HOUR).await;
        waits.abort();
        assert!(waits.await.unwrap_err().is_cancelled());
        polls.load(SeqCst).to_string()
    })
    .gives(["1"]);
}

#[test]
fn timers_that_are_due_together_fire_in_any_order() {
    let explored = explore_async(280, || async {
        let order = Arc::new(Mutex::new(String::new()));
        let deadline = now().after(HOUR);
        let tasks: Vec<_> = ["a", "b", "c"]
            .into_iter()
            .map(|name| {
                let order = order.clone();
                task::spawn(async move {
                    task::sleep_until(deadline).await;
                    order.lock().unwrap().push_str(name);
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(now(), deadline);
        order.lock().unwrap().clone()
    });
    explored.gives(["abc", "acb", "bac", "bca", "cab", "cba"]);
}

#[test]
fn a_timeout_races_with_what_takes_steps() {
    let explored = explore_async(280, || async {
        let work = task::spawn(async {
            for _ in 0..3 {
                task::yield_now().await;
            }
        });
        match task::timeout(Duration::from_millis(1), work).await {
            Ok(done) => format!("{done:?}"),
            Err(late) => late.to_string(),
        }
    });
    explored.gives(["Ok(())", "deadline has elapsed"]);
}

#[test]
fn blocking_tasks_and_futures_share_the_clock() {
    explore(70, || {
        let sleeper = thread::spawn(|| {
            thread::sleep(HOUR);
            now()
        });
        let handle = task::spawn(async {
            task::sleep(HOUR).await;
            now()
        });
        let (a, b) = (sleeper.join().unwrap(), task::block_on(handle).unwrap());
        (a >= VInstant::START.after(HOUR) && b >= VInstant::START.after(HOUR)).to_string()
    })
    .gives(["true"]);
}

#[test]
fn a_loop_of_empty_sleeps_is_a_livelock_and_not_a_hang() {
    let explored = Series::of(14).options(SHORT).explore_async(|| async {
        loop {
            task::sleep(Duration::ZERO).await;
        }
    });
    explored.always_finds(Kind::Livelock, "");
}

#[test]
fn a_ticker_that_nobody_needs_any_more_is_a_leak() {
    let explored = Series::of(14).options(SHORT).explore_async(|| async {
        task::spawn(async {
            let mut interval = task::interval(HOUR);
            loop {
                interval.tick().await;
            }
        });
        String::new()
    });
    explored.always_finds(Kind::Leak, "");
}

#[test]
fn a_sleep_that_outlives_its_execution_touches_no_other() {
    static KEPT: Mutex<Option<Sleep>> = Mutex::new(None);
    explore_async(21, || async {
        let stale = KEPT.lock().unwrap().take();
        // The first timer of this execution, as the kept one was of its own.
        let sleep = task::spawn(task::sleep(HOUR));
        task::yield_now().await;
        drop(stale);
        sleep.await.unwrap();
        let mut kept = task::sleep(HOUR);
        let pending = futures::poll!(&mut kept).is_pending();
        *KEPT.lock().unwrap() = Some(kept);
        pending.to_string()
    })
    .gives(["true"]);
    // Outside of any execution as well.
    KEPT.lock().unwrap().take();
}

#[test]
#[should_panic(expected = "used outside a scenario")]
fn outside_a_scenario_there_is_no_clock() {
    drop(task::sleep(HOUR));
}
