//! `go::context`: what the tests of Go's package `context` check.

use std::sync::Arc;
use std::time::Duration;

use jostle::go;
use jostle::go::context::{self, Cause, Context, Error};
use jostle::go::{Receiver, WaitGroup};

use crate::support::explore::{explore, trace};
use crate::support::log::Log;

const MS: Duration = Duration::from_millis(1);
const HOUR: Duration = Duration::from_secs(3600);

fn is_done(context: &Context) -> bool {
    go::select! { recv(context.done()) => true, default => false }
}

fn error(context: &Context) -> Option<Error> {
    let error = context.err();
    assert_eq!(is_done(context), error.is_some());
    error
}

#[test]
fn the_background_never_ends() {
    let seen = explore(8, || {
        for context in [context::background(), context::todo()] {
            assert!(context.done().is_nil());
            assert_eq!(error(&context), None);
            assert!(context.cause().is_none() && context.deadline().is_none());
            assert!(context.value::<u32>().is_none());
        }
    });
    assert_eq!(seen.all(), ["ok"]);
}

#[test]
fn cancelling_ends_the_context_and_nothing_above() {
    let seen = explore(80, || {
        let (parent, _cancel) = context::with_cancel(&context::background());
        for parent in [context::background(), parent] {
            let (child, cancel) = context::with_cancel(&parent);
            assert_eq!(child.done(), child.done());
            assert_eq!(error(&child), None);
            cancel.call();
            assert_eq!(error(&child), Some(Error::Canceled));
            assert_eq!(error(&parent), None);
            cancel.call();
            assert_eq!(error(&child), Some(Error::Canceled));
        }
    });
    assert_eq!(seen.all(), ["ok"]);
}

#[test]
fn cancelling_ends_everything_below() {
    let seen = explore(80, || {
        let (parent, cancel) = context::with_cancel(&context::background());
        let (child, _stop) = context::with_cancel(&parent);
        let value = context::with_value(&parent, "value");
        let (timed, _stop) = context::with_timeout(&value, HOUR);
        let (deep, _stop) = context::with_cancel(&timed);
        let all = [&parent, &child, &value, &timed, &deep];
        assert!(all.iter().all(|context| error(context).is_none()));
        cancel.call();
        for context in all {
            assert_eq!(error(context), Some(Error::Canceled));
        }
        // What is made below a context that has ended has ended.
        let late = context::with_value(&parent, 1);
        assert_eq!(error(&late), Some(Error::Canceled));
        let (late, _stop) = context::with_cancel(&parent);
        assert_eq!(error(&late), Some(Error::Canceled));
        let (late, _stop) = context::with_timeout(&parent, MS);
        assert_eq!(error(&late), Some(Error::Canceled));
    });
    assert_eq!(seen.all(), ["ok"]);
}

#[test]
fn a_child_may_be_seen_to_end_after_its_parent() {
    // Go cancels node after node. The parent's err can be read in between.
    let seen = explore(800, || {
        let (parent, cancel) = context::with_cancel(&context::background());
        let (child, _stop) = context::with_cancel(&parent);
        go! { cancel.call() }
        parent.done().recv();
        child.err().is_some()
    });
    assert_eq!(seen.all(), ["false", "true"]);
    // Once cancel has returned, all have ended.
    let seen = explore(400, || {
        let (parent, cancel) = context::with_cancel(&context::background());
        let (child, _stop) = context::with_cancel(&parent);
        let (called, has_called) = go::chan(0);
        go! {
            cancel.call();
            called.send(());
        }
        has_called.recv();
        assert_eq!(error(&child), Some(Error::Canceled));
    });
    assert_eq!(seen.all(), ["ok"]);
}

#[test]
fn everybody_who_waits_for_the_end_is_woken() {
    let seen = explore(200, || {
        let (parent, cancel) = context::with_cancel(&context::background());
        let all = Arc::new(WaitGroup::new());
        let (child, _stop) = context::with_cancel(&parent);
        for context in [parent.clone(), child.clone(), parent] {
            let child = child.clone();
            all.go(move || {
                // Two arms that one cancellation makes ready.
                go::select! { recv(context.done()) => {} recv(child.done()) => {} }
            });
        }
        cancel.call();
        all.wait();
    });
    assert_eq!(seen.all(), ["ok"]);
}

fn times_out(context: &Context) {
    go::select! {
        recv(go::after(HOUR)) => panic!("should have timed out"),
        recv(context.done()) => {}
    }
    assert_eq!(error(context), Some(Error::DeadlineExceeded));
}

#[test]
fn a_deadline_ends_the_context() {
    let seen = explore(120, || {
        let root = context::background();
        let (short, _stop) = context::with_timeout(&root, 50 * MS);
        assert_eq!(short.deadline(), Some(go::now().after(50 * MS)));
        times_out(&short);
        assert_eq!(go::now().since_start(), 50 * MS);

        // The nearer deadline holds, wherever it is.
        let (short, _stop) = context::with_timeout(&root, 50 * MS);
        let (longer, _stop) = context::with_timeout(&short, HOUR / 2);
        assert_eq!(longer.deadline(), short.deadline());
        times_out(&longer);
        let (long, _stop) = context::with_timeout(&root, HOUR / 2);
        let (shorter, _stop) = context::with_timeout(&long, 50 * MS);
        times_out(&shorter);
        assert_eq!(long.err(), None);

        // Now and in the past.
        let (now, _stop) = context::with_deadline(&root, go::now());
        assert_eq!(error(&now), Some(Error::DeadlineExceeded));
        let past = jostle_core::vtime::VInstant::START;
        let (past, _stop) = context::with_deadline(&root, past);
        assert_eq!(error(&past), Some(Error::DeadlineExceeded));
    });
    assert_eq!(seen.all(), ["ok"]);
}

#[test]
fn a_deadline_ends_what_is_below() {
    let seen = explore(200, || {
        let (parent, _stop) = context::with_timeout(&context::background(), 50 * MS);
        let (child, _stop) = context::with_cancel(&parent);
        let (grandchild, _stop) = context::with_cancel(&child);
        times_out(&grandchild);
        assert_eq!(error(&child), Some(Error::DeadlineExceeded));
        assert_eq!(error(&parent), Some(Error::DeadlineExceeded));
    });
    assert_eq!(seen.all(), ["ok"]);
}

#[test]
fn cancelling_before_the_deadline_wins() {
    let seen = explore(80, || {
        let (parent, _stop) = context::with_timeout(&context::background(), HOUR);
        let (child, cancel) = context::with_timeout(&parent, 2 * HOUR);
        cancel.call();
        assert_eq!(error(&child), Some(Error::Canceled));
        let (other, cancel) = context::with_timeout(&context::background(), HOUR);
        cancel.call();
        go::sleep(2 * HOUR);
        assert_eq!(error(&other), Some(Error::Canceled));
    });
    assert_eq!(seen.all(), ["ok"]);
}

#[test]
fn cancelling_stops_the_timer_of_the_deadline() {
    let time = |cancels: bool| {
        let trace = trace(move || {
            let (_context, cancel) = context::with_timeout(&context::background(), HOUR);
            if cancels {
                cancel.call();
            }
        });
        Duration::from_nanos(trace.time)
    };
    assert_eq!(time(false), HOUR);
    assert_eq!(time(true), Duration::ZERO);
}

#[test]
fn layers_of_all_kinds_end_together() {
    // Thirty layers of values, cancellations and deadlines in a fixed mixture;
    // cancelling any of them ends the innermost.
    for way in 0..4 {
        let seen = explore(20, [|| body(0), || body(1), || body(2), || body(3)][way]);
        assert_eq!(seen.all(), ["ok"]);
    }

    fn body(way: usize) {
        let mut context = context::background();
        let mut cancels = Vec::new();
        for layer in 0..30usize {
            match layer * 7 % 3 {
                0 => context = context::with_value(&context, layer),
                1 => {
                    let (child, cancel) = context::with_cancel(&context);
                    context = child;
                    cancels.push(cancel);
                }
                _ => {
                    let (child, cancel) = context::with_timeout(&context, HOUR);
                    context = child;
                    cancels.push(cancel);
                }
            }
        }
        let value = |context: &Context| context.value::<usize>().as_deref().copied();
        assert_eq!((error(&context), value(&context)), (None, Some(27)));
        let expected = match way {
            0 => {
                context.done().recv();
                Error::DeadlineExceeded
            }
            way => {
                cancels[way * 6].call();
                Error::Canceled
            }
        };
        assert_eq!(
            (error(&context), value(&context)),
            (Some(expected), Some(27))
        );
    }
}

#[test]
fn cancelling_and_the_deadline_race() {
    let seen = explore(400, || {
        let (context, cancel) = context::with_timeout(&context::background(), MS);
        go! {
            go::sleep(MS);
            cancel.call();
        }
        context.done().recv();
        context.err().unwrap().to_string()
    });
    let both = ["context canceled", "context deadline exceeded"];
    assert_eq!(seen.all(), both);
}

#[test]
fn a_deadline_may_pass_while_a_task_is_about_to_send() {
    // The work is done in time or abandoned, and the worker never leaks, since
    // its channel has room.
    for (cap, expected) in [
        (1, &["abandoned", "done"][..]),
        (0, &["done", "leak: 1 task leaked: [send (leaked)]"]),
    ] {
        let seen = explore(800, if cap == 1 { body::<1> } else { body::<0> });
        assert_eq!(seen.all(), expected, "with capacity {cap}");
    }

    fn body<const CAP: usize>() -> &'static str {
        let (context, cancel) = context::with_timeout(&context::background(), MS);
        let _cancel = go::defer(|| cancel.call());
        let (tx, rx) = go::chan(CAP);
        go! { tx.send("done") }
        go::select! {
            recv(rx) -> result => result.unwrap(),
            recv(context.done()) => "abandoned",
        }
    }
}

#[test]
fn the_cause_is_that_of_the_first_cancellation() {
    #[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
    #[error("cause {0}")]
    struct Because(u32);

    let seen = explore(80, || {
        let because = |n| Some(Cause::new(Because(n)));
        let cause = |context: &Context| context.cause().map(|cause| cause.to_string());
        let text = |text: &str| Some(text.to_owned());
        let root = context::background();

        let (parent, cancel) = context::with_cancel_cause(&root);
        let (child, cancel_child) = context::with_cancel_cause(&parent);
        assert_eq!(cause(&child), None);
        cancel.call(because(1));
        cancel_child.call(because(2));
        cancel.call(because(3));
        assert_eq!(error(&child), Some(Error::Canceled));
        assert_eq!(child.cause().unwrap().downcast_ref(), Some(&Because(1)));
        assert_eq!(cause(&parent), text("cause 1"));

        let (parent, cancel) = context::with_cancel_cause(&root);
        let (child, cancel_child) = context::with_cancel_cause(&parent);
        cancel_child.call(because(2));
        cancel.call(because(1));
        assert_eq!(cause(&parent), text("cause 1"));
        assert_eq!(cause(&child), text("cause 2"));

        // Made below a context that has ended.
        let (late, _stop) = context::with_cancel(&parent);
        assert_eq!(cause(&late), text("cause 1"));

        // Without a cause it is the error.
        let (parent, cancel) = context::with_cancel_cause(&root);
        cancel.call(None);
        assert_eq!(cause(&parent), text("context canceled"));
        let (timed, _stop) = context::with_timeout(&root, MS);
        timed.done().recv();
        assert_eq!(cause(&timed), text("context deadline exceeded"));
        let (parent, cancel) = context::with_cancel_cause(&root);
        let (timed, _stop) = context::with_timeout(&parent, HOUR);
        cancel.call(because(1));
        assert_eq!(cause(&timed), text("cause 1"));
    });
    assert_eq!(seen.all(), ["ok"]);
}

#[test]
fn the_cause_is_there_when_the_context_is_done() {
    let seen = explore(400, || {
        let (context, cancel) = context::with_cancel_cause(&context::background());
        for cause in [Error::Canceled, Error::DeadlineExceeded] {
            let cancel = cancel.clone();
            go! { cancel.call(Some(Cause::new(cause))) }
        }
        context.done().recv();
        context.cause().unwrap().to_string()
    });
    let both = ["context canceled", "context deadline exceeded"];
    assert_eq!(seen.all(), both);
}

#[test]
fn values_are_found_by_type_the_nearest_first() {
    #[derive(Debug, PartialEq)]
    struct User(&'static str);

    let seen = explore(8, || {
        let root = context::background();
        let c1 = context::with_value(&root, User("one"));
        let c2 = context::with_value(&c1, 2u32);
        let (c3, _stop) = context::with_cancel(&c2);
        let c4 = context::with_value(&c3, User("four"));
        let user = |context: &Context| context.value::<User>().map(|user| user.0);
        assert_eq!(
            (user(&root), user(&c1), user(&c3)),
            (None, Some("one"), Some("one"))
        );
        assert_eq!(user(&c4), Some("four"));
        assert_eq!(c1.value::<u32>(), None);
        assert_eq!(c4.value::<u32>().as_deref(), Some(&2));
        assert_eq!(c4.value::<i32>(), None);
    });
    assert_eq!(seen.all(), ["ok"]);
}

#[test]
fn without_cancel_keeps_the_values_alone() {
    let seen = explore(80, || {
        let valued = context::with_value(&context::background(), 7u8);
        let (parent, cancel) = context::with_timeout(&valued, HOUR);
        let free = context::without_cancel(&parent);
        assert!(free.done().is_nil() && free.deadline().is_none());
        let (child, _stop) = context::with_cancel(&free);
        cancel.call();
        assert_eq!((free.err(), error(&child)), (None, None));
        assert_eq!(free.value::<u8>().as_deref(), Some(&7));
    });
    assert_eq!(seen.all(), ["ok"]);
}

#[test]
fn a_tree_that_is_cancelled_everywhere_at_once_ends() {
    let seen = explore(40, || {
        let (root, cancel) = context::with_cancel(&context::background());
        let mut all = vec![(root, cancel)];
        let mut parent = 0;
        while all.len() < 20 {
            for _ in 0..3 {
                let child = context::with_cancel(&all[parent].0);
                all.push(child);
            }
            parent += 1;
        }
        let called = Arc::new(WaitGroup::new());
        for (_, cancel) in &all {
            let cancel = cancel.clone();
            called.go(move || cancel.call());
        }
        for (context, _) in &all {
            context.done().recv();
        }
        called.wait();
    });
    assert_eq!(seen.all(), ["ok"]);
}

#[test]
fn parent_and_child_may_be_cancelled_at_the_same_time() {
    let seen = explore(400, || {
        let (parent, cancel) = context::with_cancel(&context::background());
        let (child, cancel_child) = context::with_cancel(&parent);
        go! { cancel_child.call() }
        cancel.call();
        child.done().recv();
    });
    assert_eq!(seen.all(), ["ok"]);
}

#[test]
fn after_func_runs_once_on_its_own_goroutine() {
    let seen = explore(200, || {
        let (context, cancel) = context::with_cancel(&context::background());
        let (ran, has_run) = go::chan::<u32>(2);
        let stop = context::after_func(&context, {
            let ran = ran.clone();
            move || ran.send(1)
        });
        go::sleep(MS);
        go::select! { recv(has_run) => panic!("ran early"), default => {} }
        cancel.call();
        assert_eq!(has_run.recv(), Some(1));
        assert!(!stop.call());
        // On a context that has ended it runs now.
        let stop = context::after_func(&context, move || ran.send(2));
        assert_eq!(has_run.recv(), Some(2));
        assert!(!stop.call());
    });
    assert_eq!(seen.all(), ["ok"]);
}

#[test]
fn a_stopped_after_func_does_not_run() {
    let seen = explore(200, || {
        let (context, cancel) = context::with_cancel(&context::background());
        let stop = context::after_func(&context, || panic!("ran"));
        assert!(stop.call());
        assert!(!stop.call());
        cancel.call();
        let never = context::after_func(&context::background(), || panic!("ran"));
        assert!(never.call());
    });
    assert_eq!(seen.all(), ["ok"]);
}

#[test]
fn stopping_an_after_func_races_with_the_end() {
    let seen = explore(400, || {
        let (context, cancel) = context::with_timeout(&context::background(), MS);
        let log = Log::new();
        let theirs = log.clone();
        let stop = context::after_func(&context, move || theirs.push("ran"));
        go! { cancel.call() }
        let stopped = stop.call();
        go::sleep(HOUR);
        format!("{stopped} {}", log.read())
    });
    assert_eq!(seen.all(), ["false ran", "true "]);
}

#[test]
fn the_pipeline_of_the_documentation_stops_where_it_is_told() {
    // A generator that selects between its output and the end of its context
    // leaks nothing; without the context it does.
    fn numbers(context: &Context) -> Receiver<u32> {
        let (tx, rx) = go::chan(0);
        let context = context.clone();
        go! {
            let mut n = 1;
            loop {
                go::select! {
                    recv(context.done()) => return,
                    send(tx, n) => n += 1,
                }
            }
        }
        rx
    }
    fn body(cancels: bool) {
        let (context, cancel) = context::with_cancel(&context::background());
        for n in numbers(&context).range() {
            if n == 5 {
                break;
            }
        }
        if cancels {
            cancel.call();
        }
    }
    assert_eq!(explore(400, || body(true)).all(), ["ok"]);
    let leak = explore(400, || body(false));
    assert_eq!(leak.all(), ["leak: 1 task leaked: [select (leaked)]"]);
}
