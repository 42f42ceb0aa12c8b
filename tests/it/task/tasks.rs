//! Spawning, joining, aborting.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use std::task::Poll;

use jostle::scenario::Options;
use jostle::task::{self, JoinSet};
use jostle::{sync, thread};
use jostle_core::finding::Kind;

use crate::support::explore::{Series, explore, explore_async};

const BOOM_ALLOWED: Options = Options {
    allowed_panics: &["boom"],
    ..Options::DEFAULT
};

const CANCEL: Options = Options {
    cancel: true,
    ..Options::DEFAULT
};

#[test]
fn a_handle_gives_the_value() {
    explore_async(140, || async {
        let handles: Vec<_> = (0..5).map(|i| task::spawn(async move { i * i })).collect();
        let mut sum = 0;
        for handle in handles {
            sum += handle.await.unwrap();
        }
        sum.to_string()
    })
    .gives(["30"]);
}

#[test]
fn the_first_poll_is_a_scheduling_point() {
    let explored = explore_async(420, || async {
        let order = Arc::new(std::sync::Mutex::new(String::new()));
        let handles: Vec<_> = ["a", "b", "c"]
            .into_iter()
            .map(|name| {
                let order = Arc::clone(&order);
                task::spawn(async move { order.lock().unwrap().push_str(name) })
            })
            .collect();
        for handle in handles {
            handle.await.unwrap();
        }
        order.lock().unwrap().clone()
    });
    explored.gives(["abc", "acb", "bac", "bca", "cab", "cba"]);
}

#[test]
fn dropping_the_handle_detaches() {
    explore_async(140, || async {
        let done = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&done);
        drop(task::spawn(async move {
            task::yield_now().await;
            theirs.store(true, SeqCst);
        }));
        while !done.load(SeqCst) {
            task::yield_now().await;
        }
        "done".to_owned()
    })
    .gives(["done"]);
}

#[test]
fn an_abort_takes_effect_at_an_await_or_comes_too_late() {
    let explored = explore_async(420, || async {
        let steps = Arc::new(AtomicU32::new(0));
        let theirs = Arc::clone(&steps);
        let handle = task::spawn(async move {
            for _ in 0..2 {
                theirs.fetch_add(1, SeqCst);
                task::yield_now().await;
            }
            "value"
        });
        handle.abort();
        match handle.await {
            Ok(value) => value.to_owned(),
            Err(error) => {
                assert!(error.is_cancelled() && !error.is_panic());
                format!("cancelled after {}", steps.load(SeqCst))
            }
        }
    });
    explored.gives([
        "cancelled after 0",
        "cancelled after 1",
        "cancelled after 2",
        "value",
    ]);
}

#[test]
fn an_aborted_task_drops_its_future_before_the_handle_is_ready() {
    struct Note(Arc<AtomicBool>);
    impl Drop for Note {
        fn drop(&mut self) {
            // A destructor may do what a scenario may do.
            thread::yield_now();
            self.0.store(true, SeqCst);
        }
    }
    explore_async(140, || async {
        let dropped = Arc::new(AtomicBool::new(false));
        let note = Note(Arc::clone(&dropped));
        let handle = task::spawn(async move {
            let _note = note;
            std::future::pending::<()>().await;
        });
        task::yield_now().await;
        handle.abort_handle().abort();
        assert!(handle.await.unwrap_err().is_cancelled());
        dropped.load(SeqCst).to_string()
    })
    .gives(["true"]);
}

#[test]
fn a_task_that_blocks_is_aborted_when_it_awaits_again() {
    explore(210, || {
        let lock = Arc::new(sync::Mutex::new(()));
        let held = lock.lock().unwrap();
        let theirs = Arc::clone(&lock);
        let got = Arc::new(AtomicBool::new(false));
        let noted = Arc::clone(&got);
        let handle = task::spawn(async move {
            let guard = theirs.lock().unwrap();
            noted.store(true, SeqCst);
            drop(guard);
            task::yield_now().await;
            unreachable!("it is aborted before it gets here");
        });
        // Until it waits for the lock.
        thread::sleep(std::time::Duration::from_secs(1));
        handle.abort();
        assert!(
            !handle.is_finished(),
            "it cannot be aborted while it blocks"
        );
        drop(held);
        let error = task::block_on(handle).unwrap_err();
        format!("{} {}", error.is_cancelled(), got.load(SeqCst))
    })
    .gives(["true true"]);
}

#[test]
fn spawn_blocking_is_aborted_before_it_begins_or_not_at_all() {
    let explored = explore_async(420, || async {
        let handle = task::spawn_blocking(|| {
            thread::yield_now();
            "value"
        });
        handle.abort();
        match handle.await {
            Ok(value) => value.to_owned(),
            Err(error) => error.is_cancelled().to_string(),
        }
    });
    explored.gives(["true", "value"]);
}

#[test]
fn blocking_and_awaiting_mix() {
    explore(140, || {
        let (tx, mut rx) = tokio::sync::mpsc::channel(1);
        let lock = Arc::new(sync::Mutex::new(0));
        let theirs = Arc::clone(&lock);
        let sender = thread::spawn(move || {
            for i in 0..3 {
                *theirs.lock().unwrap() += 1;
                task::block_on(tx.send(i)).unwrap();
            }
        });
        let receiver = task::spawn(async move {
            let mut sum = 0;
            while let Some(i) = rx.recv().await {
                let sent = *lock.lock().unwrap();
                assert!(sent > i);
                sum += i;
            }
            // A future may join a thread.
            sender.join().unwrap();
            sum
        });
        task::block_on(receiver).unwrap().to_string()
    })
    .gives(["3"]);
}

#[test]
fn a_wake_up_for_the_outer_loop_waits_until_the_inner_one_is_done() {
    explore(420, || {
        let (outer_tx, mut outer_rx) = tokio::sync::oneshot::channel();
        let (inner_tx, mut inner_rx) = tokio::sync::oneshot::channel();
        thread::spawn(move || {
            outer_tx.send(1).unwrap();
            thread::yield_now();
            inner_tx.send(2).unwrap();
        });
        let (mut outer_polls, mut inner_polls) = (0, 0);
        task::block_on(poll_fn(|cx| {
            outer_polls += 1;
            let value = Pin::new(&mut outer_rx).poll(cx);
            // After the outer future was polled: what wakes it may come while
            // the inner one is waited for.
            if outer_polls == 1 {
                task::block_on(poll_fn(|cx| {
                    inner_polls += 1;
                    Pin::new(&mut inner_rx).poll(cx)
                }))
                .unwrap();
            }
            value.map(|value| assert_eq!(value, Ok(1)))
        }));
        assert!(
            outer_polls <= 2 && inner_polls <= 2,
            "{outer_polls} {inner_polls}"
        );
        "once each".to_owned()
    })
    .gives(["once each"]);
}

#[test]
fn wakes_before_a_poll_amount_to_one() {
    explore_async(210, || async {
        let polls = Arc::new(AtomicU32::new(0));
        let waker = Arc::new(std::sync::Mutex::new(None::<std::task::Waker>));
        let (counted, kept) = (Arc::clone(&polls), Arc::clone(&waker));
        let sleeper = task::spawn(poll_fn(move |cx| {
            *kept.lock().unwrap() = Some(cx.waker().clone());
            match counted.fetch_add(1, SeqCst) {
                0 | 1 => Poll::Pending,
                _ => Poll::Ready(()),
            }
        }));
        while polls.load(SeqCst) == 0 {
            task::yield_now().await;
        }
        let waker = waker.lock().unwrap().clone().unwrap();
        waker.wake_by_ref();
        waker.wake_by_ref();
        waker.wake_by_ref();
        task::sleep(std::time::Duration::from_secs(1)).await;
        let seen = polls.load(SeqCst);
        waker.wake();
        sleeper.await.unwrap();
        seen.to_string()
    })
    .gives(["2"]);
}

#[test]
fn a_panic_reaches_the_handle_if_it_is_allowed() {
    let body = || async {
        let error = task::spawn(async {
            task::yield_now().await;
            panic!("boom")
        })
        .await
        .unwrap_err();
        assert!(error.is_panic() && error.to_string().contains("\"boom\""));
        (*error.into_panic().downcast_ref::<&str>().unwrap()).to_owned()
    };
    Series::of(70)
        .options(BOOM_ALLOWED)
        .explore_async(body)
        .gives(["boom"]);
    let explored = explore_async(70, body);
    let finding = explored.always_finds(Kind::Panic, "");
    assert_eq!(finding.message, "boom");
    assert_eq!(finding.place.as_ref().unwrap().file, file!());
}

#[test]
fn a_panic_of_a_destructor_on_abort_reaches_the_handle() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("boom");
        }
    }
    let body = || async {
        let handle = task::spawn(async {
            let _bomb = Bomb;
            std::future::pending::<()>().await;
        });
        task::sleep(std::time::Duration::from_secs(1)).await;
        handle.abort();
        handle.await.unwrap_err().is_panic().to_string()
    };
    Series::of(70)
        .options(BOOM_ALLOWED)
        .explore_async(body)
        .gives(["true"]);
    let explored = explore_async(70, body);
    assert_eq!(explored.always_finds(Kind::Panic, "").message, "boom");
}

#[test]
fn any_await_may_be_cancelled_if_the_scenario_says_so() {
    let body = || async {
        let handle = task::spawn(async {
            task::yield_now().await;
            task::yield_now().await;
            7
        });
        match handle.await {
            Ok(value) => value.to_string(),
            Err(error) => error.is_cancelled().to_string(),
        }
    };
    Series::of(420)
        .options(CANCEL)
        .explore_async(body)
        .gives(["7", "true"]);
    explore_async(420, body).gives(["7"]);
}

#[test]
fn a_join_set_gives_every_task_and_aborts_the_rest() {
    let explored = explore_async(210, || async {
        let mut set = JoinSet::new();
        for i in 0..3 {
            set.spawn(async move { i });
        }
        let first = set.join_next().await.unwrap().unwrap();
        let hang = set.spawn(std::future::pending());
        let mut rest = vec![
            set.join_next().await.unwrap().unwrap(),
            set.join_next().await.unwrap().unwrap(),
            first,
        ];
        rest.sort_unstable();
        assert_eq!(rest, [0, 1, 2]);
        assert!(set.try_join_next().is_none());
        drop(set);
        while !hang.is_finished() {
            task::yield_now().await;
        }
        first.to_string()
    });
    explored.gives(["0", "1", "2"]);
}

#[test]
fn names_are_used() {
    explore(7, || {
        let named = task::Builder::new().name("worker");
        let inside = async { thread::current().name().map(str::to_owned) };
        let name = task::block_on(named.spawn(inside).unwrap()).unwrap();
        name.unwrap()
    })
    .gives(["worker"]);
}

#[test]
fn a_yield_lets_tasks_with_a_lower_priority_go_first() {
    // Under PCT a task that spins and does not yield would use up the budget.
    let options = Options {
        budget: jostle_core::budget::Budget {
            steps: 200,
            ..jostle_core::budget::Budget::DEFAULT
        },
        ..Options::DEFAULT
    };
    Series::of(420)
        .options(options)
        .explore_async(|| async {
            let flag = Arc::new(AtomicBool::new(false));
            let theirs = Arc::clone(&flag);
            task::spawn(async move { theirs.store(true, SeqCst) });
            let mut polls = 0;
            while !flag.load(SeqCst) {
                polls += 1;
                task::yield_now().await;
            }
            (polls < 50).to_string()
        })
        .gives(["true"]);
}

#[test]
fn handles_have_tokios_bounds() {
    fn check<T: Send + Sync + Unpin + std::fmt::Debug>() {}
    fn safe<T: std::panic::UnwindSafe + std::panic::RefUnwindSafe>() {}
    check::<task::JoinHandle<std::cell::Cell<std::marker::PhantomPinned>>>();
    check::<task::AbortHandle>();
    check::<task::JoinError>();
    check::<task::Sleep>();
    safe::<task::JoinHandle<std::cell::Cell<u8>>>();
    safe::<task::AbortHandle>();
    fn send<T: Send>(_: &T) {}
    let _ = || {
        send(&task::timeout(std::time::Duration::ZERO, async {}));
        send(&task::interval(std::time::Duration::ZERO));
        send(&task::yield_now());
    };
}
