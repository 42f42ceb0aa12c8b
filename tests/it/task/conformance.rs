//! The same body under Jostle and under tokio's current-thread runtime.
//!
//! The bodies are compiled twice, each time with `task` standing for the one or
//! the other, so that names and signatures agree as well. What tokio's runtime
//! does must be among what Jostle does; a body in `exact` has only one outcome.

use std::future::Future;

use jostle::scenario::Options;
use jostle_core::budget::Budget;

use crate::support::explore::{Explored, Series};

macro_rules! bodies {
    (exact { $($exact:ident)* } sets { $($set:ident)* } $($item:item)*) => {
        mod ours {
            use jostle::task;
            pub(super) type Instant = jostle_core::vtime::VInstant;

            fn since(later: Instant, earlier: Instant) -> std::time::Duration {
                later.since(earlier)
            }

            fn after(start: Instant, time: std::time::Duration) -> Instant {
                start.after(time)
            }

            $($item)*
        }

        mod tokios {
            mod task {
                pub(super) use tokio::select;
                pub(super) use tokio::task::*;
                pub(super) use tokio::time::*;
            }
            pub(super) type Instant = tokio::time::Instant;

            fn since(later: Instant, earlier: Instant) -> std::time::Duration {
                later.duration_since(earlier)
            }

            fn after(start: Instant, time: std::time::Duration) -> Instant {
                start + time
            }

            $($item)*
        }

        $(#[test]
        fn $exact() {
            let theirs = under_tokio(tokios::$exact());
            under_jostle(ours::$exact).gives([theirs]);
        })*

        $(#[test]
        fn $set() {
            let theirs = under_tokio(tokios::$set());
            let ours = under_jostle(ours::$set);
            assert!(ours.count(&theirs) > 0, "{theirs} not in {:?}", ours.all());
            assert_eq!(ours.findings, []);
        })*
    };
}

fn under_tokio(body: impl Future<Output = String>) -> String {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(body)
}

fn under_jostle<F>(body: impl Fn() -> F + Clone + Send + 'static) -> Explored
where
    F: Future<Output = String>,
{
    let options = Options {
        allowed_panics: &["boom", "all branches are disabled"],
        // Time moves when nothing else does, as tokio's does when it is paused.
        budget: Budget {
            step_time: std::time::Duration::ZERO,
            ..Budget::DEFAULT
        },
        ..Options::DEFAULT
    };
    Series::of(140).options(options).explore_async(body)
}

bodies! {
    exact {
        values_and_errors
        abort_while_it_waits
        abort_comes_too_late
        a_panic_in_poll
        a_panic_in_a_destructor
        a_future_is_gone_before_its_handle_is_ready
        polled_after_completion
        timeouts
        burst_delay_and_skip
        interval_is_reset
        sleeps_are_ordered
        a_sleep_is_reset
        a_join_set
        select_arms
        values_are_dropped_with_the_handle
    }
    sets {
        abort_at_once
        who_comes_first
        which_arm
    }

    use std::future::{Future, pending, poll_fn, ready};
    use std::panic::AssertUnwindSafe;
    use std::pin::{Pin, pin};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
    use std::task::{Context, Poll, Waker};
    use std::time::Duration;

    use crate::support::log::Log;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn now() -> Instant {
        task::sleep(Duration::ZERO).deadline()
    }

    /// Logs its name when it is dropped.
    struct Named(&'static str, Log);

    impl Drop for Named {
        fn drop(&mut self) {
            self.1.push(self.0);
        }
    }

    pub(super) async fn values_and_errors() -> String {
        let value = task::spawn(async { 1 }).await.unwrap();
        let blocking = task::spawn_blocking(|| 2).await.unwrap();
        let nested = task::spawn(async { task::spawn(async { 3 }).await.unwrap() }).await.unwrap();
        let handle = task::spawn(pending::<()>());
        handle.abort();
        let id = handle.id();
        let error = handle.await.unwrap_err();
        assert_eq!(error.id(), id);
        assert_eq!(error.to_string(), format!("task {id} was cancelled"));
        assert!(error.try_into_panic().is_err());
        format!("{value} {blocking} {nested}")
    }

    pub(super) async fn abort_while_it_waits() -> String {
        let log = Log::default();
        let inside = Named("dropped", log.clone());
        let handle = task::spawn(async move {
            inside.1.push("polled");
            pending::<()>().await;
            drop(inside);
        });
        task::sleep(ms(1)).await;
        let abort = handle.abort_handle();
        log.push(abort.is_finished());
        abort.abort();
        abort.abort();
        let error = handle.await.unwrap_err();
        log.push(error.is_cancelled());
        log.push(error.is_panic());
        log.push(abort.is_finished());
        log.read()
    }

    pub(super) async fn abort_comes_too_late() -> String {
        let handle = task::spawn(async { "value" });
        task::sleep(ms(1)).await;
        let finished = handle.is_finished();
        handle.abort();
        format!("{finished} {}", handle.await.unwrap())
    }

    pub(super) async fn a_panic_in_poll() -> String {
        let log = Log::default();
        let inside = Named("dropped", log.clone());
        let handle = task::spawn(async move {
            let _inside = &inside;
            task::yield_now().await;
            if true {
                panic!("boom");
            }
        });
        let id = handle.id();
        let error = handle.await.unwrap_err();
        log.push(error.is_panic());
        log.push(error.to_string().replace(&id.to_string(), "N"));
        log.push(error.into_panic().downcast_ref::<&str>().unwrap());
        log.read()
    }

    pub(super) async fn a_panic_in_a_destructor() -> String {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                panic!("boom");
            }
        }
        let bomb = Bomb;
        let aborted = task::spawn(async move {
            let _bomb = &bomb;
            pending::<()>().await;
        });
        task::sleep(ms(1)).await;
        aborted.abort();
        let aborted = aborted.await.unwrap_err().is_panic();
        let bomb = Bomb;
        let mut bomb = Some(bomb);
        let finished = task::spawn(poll_fn(move |_| {
            let _bomb = &mut bomb;
            Poll::Ready(1)
        }));
        let finished = finished.await.unwrap_err().is_panic();
        format!("{aborted} {finished}")
    }

    pub(super) async fn a_future_is_gone_before_its_handle_is_ready() -> String {
        let log = Log::default();
        let inside = Named("future", log.clone());
        let value = Named("value", log.clone());
        let mut value = Some(value);
        let value = task::spawn(poll_fn(move |_| {
            let _inside = &inside;
            Poll::Ready(value.take().unwrap())
        })).await.unwrap();
        log.push("joined");
        drop(value);
        log.read()
    }

    pub(super) async fn polled_after_completion() -> String {
        let mut handle = task::spawn(async { 1 });
        let value = (&mut handle).await.unwrap();
        let mut cx = Context::from_waker(Waker::noop());
        let again = std::panic::catch_unwind(AssertUnwindSafe(|| {
            Pin::new(&mut handle).poll(&mut cx).is_ready()
        }));
        format!("{value} {:?}", again.unwrap_err().downcast_ref::<&str>().unwrap())
    }

    pub(super) async fn timeouts() -> String {
        let log = Log::default();
        let start = now();
        log.push(task::timeout(ms(10), ready(1)).await.is_ok());
        log.push(task::timeout(Duration::ZERO, ready(1)).await.is_ok());
        log.push(task::timeout(Duration::ZERO, pending::<()>()).await.unwrap_err());
        log.push(task::timeout(ms(10), pending::<()>()).await.is_err());
        log.push(since(now(), start).as_millis());
        log.push(task::timeout(ms(10), task::sleep(ms(9))).await.is_ok());
        log.push(task::timeout_at(now(), task::sleep(ms(9))).await.is_ok());
        log.push(task::timeout(ms(20), task::timeout(ms(10), pending::<()>())).await.unwrap().is_err());
        log.push(since(now(), start).as_millis());
        let inside = Named("dropped", log.clone());
        let timed = task::timeout(ms(1), async move {
            let _inside = &inside;
            pending::<()>().await;
        });
        log.push(timed.await.is_err());
        let error: std::io::Error = task::timeout(ms(1), pending::<()>()).await.unwrap_err().into();
        log.push(error.kind());
        log.push(task::timeout(ms(1), ready(3)).into_inner().await);
        log.read()
    }

    pub(super) async fn burst_delay_and_skip() -> String {
        let log = Log::default();
        for behavior in [
            task::MissedTickBehavior::Burst,
            task::MissedTickBehavior::Delay,
            task::MissedTickBehavior::Skip,
        ] {
            let start = now();
            let mut interval = task::interval(ms(50));
            assert_eq!(interval.missed_tick_behavior(), task::MissedTickBehavior::default());
            interval.set_missed_tick_behavior(behavior);
            log.push(format!("{behavior:?}"));
            for late in [0, 120, 0, 0, 0, 53, 0, 260, 0, 0, 0, 0, 0] {
                let due = interval.tick().await;
                log.push(format!("{}@{}", since(due, start).as_millis(), since(now(), start).as_millis()));
                task::sleep(ms(late)).await;
            }
        }
        log.read()
    }

    pub(super) async fn interval_is_reset() -> String {
        let log = Log::default();
        let start = now();
        let mut interval = task::interval_at(after(start, ms(5)), ms(10));
        assert_eq!(interval.period(), ms(10));
        log.push(since(interval.tick().await, start).as_millis());
        task::sleep(ms(3)).await;
        interval.reset();
        log.push(since(interval.tick().await, start).as_millis());
        interval.reset_immediately();
        log.push(since(interval.tick().await, start).as_millis());
        interval.reset_after(ms(1));
        log.push(since(interval.tick().await, start).as_millis());
        interval.reset_at(after(start, ms(100)));
        log.push(since(interval.tick().await, start).as_millis());
        // A tick that was not waited for to the end is not lost.
        let missed = task::timeout(ms(4), interval.tick()).await.is_err();
        log.push(missed);
        log.push(since(interval.tick().await, start).as_millis());
        log.read()
    }

    pub(super) async fn sleeps_are_ordered() -> String {
        let log = Log::default();
        let start = now();
        let sleepers: Vec<_> = [30, 10, 20].into_iter().map(|n| {
            let log = log.clone();
            task::spawn(async move {
                task::sleep(ms(n)).await;
                log.push(n);
            })
        }).collect();
        for sleeper in sleepers {
            sleeper.await.unwrap();
        }
        log.push(since(now(), start) >= ms(30));
        log.read()
    }

    pub(super) async fn a_sleep_is_reset() -> String {
        let log = Log::default();
        let start = now();
        let mut sleep = pin!(task::sleep(ms(10)));
        // Polled once, then moved: whoever waits is woken at the new deadline.
        let early = poll_fn(|cx| Poll::Ready(sleep.as_mut().poll(cx))).await.is_ready();
        log.push(early);
        sleep.as_mut().reset(after(start, ms(40)));
        log.push(sleep.is_elapsed());
        let mut polls = 0;
        poll_fn(|_| {
            polls += 1;
            if polls == 1 { Poll::Pending } else { Poll::Ready(()) }
        }).await;
        log.push(since(now(), start).as_millis());
        log.push(sleep.is_elapsed());
        sleep.as_mut().await;
        log.push(since(sleep.deadline(), start).as_millis());
        log.read()
    }

    pub(super) async fn a_join_set() -> String {
        let log = Log::default();
        let mut set = task::JoinSet::new();
        log.push(set.join_next().await.is_none());
        for i in 1..=3u64 {
            set.spawn(async move {
                task::sleep(ms(10 * i)).await;
                i
            });
        }
        log.push(set.try_join_next().is_none());
        while let Some(joined) = set.join_next().await {
            log.push(joined.unwrap());
        }
        set.spawn(pending());
        set.spawn_blocking(|| 9);
        task::sleep(ms(1)).await;
        log.push(set.join_next().await.unwrap().unwrap());
        set.abort_all();
        log.push(set.join_next().await.unwrap().unwrap_err().is_cancelled());
        let inside = Named("shut down", log.clone());
        set.spawn(async move {
            let _inside = &inside;
            pending().await
        });
        set.shutdown().await;
        log.push(set.is_empty());
        let inside = Named("dropped", log.clone());
        set.spawn(async move {
            let _inside = &inside;
            pending().await
        });
        drop(set);
        task::sleep(ms(1)).await;
        let mut set = task::JoinSet::new();
        set.spawn(async { 1 });
        set.spawn(async { 2 });
        let mut all = set.join_all().await;
        all.sort_unstable();
        log.push(format!("{all:?}"));
        log.read()
    }

    pub(super) async fn select_arms() -> String {
        let log = Log::default();
        let dropped = Named("other", log.clone());
        let first = task::select! {
            value = ready(1) => {
                log.push("body");
                task::yield_now().await;
                value
            }
            _ = async { let _dropped = &dropped; pending::<()>().await } => 2,
        };
        log.push(first);
        drop(dropped);
        // A value that does not match its pattern is out of the race.
        let mut sources = vec![Some(3), None];
        let second = task::select! {
            Some(value) = ready(sources.pop().unwrap()) => value,
            value = task::sleep(ms(1)) => { let () = value; 4 }
        };
        log.push(second);
        let third = task::select! {
            Some(value) = ready(None::<i32>) => value,
            Ok::<i32, i32>(value @ 1..=3) = ready(Ok(4)) => value,
            value = ready(5), if second == 0 => value,
            else => 6,
        };
        log.push(third);
        let fourth = task::select! { biased; value = ready(7) => value, value = ready(8) => value };
        log.push(fourth);
        // Bodies are outside: they may leave a loop and borrow what the futures
        // borrowed.
        let mut count = 0;
        loop {
            task::select! {
                () = async { count += 1; task::yield_now().await } => if count == 3 { break },
                else => continue,
            }
            count += 10 * i32::from(count > 100);
        }
        log.push(count);
        let nothing = task::spawn(async {
            task::select! { Some(()) = ready(None) => (), () = pending(), if false => () }
        });
        log.push(nothing.await.is_err());
        log.read()
    }

    pub(super) async fn values_are_dropped_with_the_handle() -> String {
        let log = Log::default();
        let value = Named("value", log.clone());
        let handle = task::spawn(async move { value });
        task::sleep(ms(1)).await;
        log.push("finished");
        drop(handle);
        log.push("detached");
        log.read()
    }

    pub(super) async fn abort_at_once() -> String {
        let polls = Arc::new(AtomicU32::new(0));
        let theirs = Arc::clone(&polls);
        let handle = task::spawn(async move {
            theirs.fetch_add(1, SeqCst);
            task::yield_now().await;
            theirs.fetch_add(1, SeqCst);
        });
        handle.abort();
        let result = handle.await.map_err(|error| error.is_cancelled());
        format!("{result:?} {}", polls.load(SeqCst))
    }

    pub(super) async fn who_comes_first() -> String {
        let log = Log::default();
        let tasks: Vec<_> = ["a", "b"].into_iter().map(|name| {
            let log = log.clone();
            task::spawn(async move {
                for i in 0..2 {
                    log.push(format!("{name}{i}"));
                    task::yield_now().await;
                }
            })
        }).collect();
        for task in tasks {
            task.await.unwrap();
        }
        log.read()
    }

    pub(super) async fn which_arm() -> String {
        task::select! {
            a = ready("a") => a,
            b = ready("b") => b,
        }.to_owned()
    }
}
