//! Known bugs that are found, each beside its fixed twin.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use std::task::{Poll, Waker};
use std::time::Duration;

use tokio::sync::{Mutex, Notify, mpsc, oneshot};

use jostle::scenario::Options;
use jostle::{sync, task, thread};
use jostle_core::finding::Kind;
use jostle_core::op::OpKind;

use crate::support::explore::{Series, explore, explore_async};

/// A future that checks a flag and forgets to leave its waker.
#[test]
fn a_future_that_drops_its_waker_is_a_lost_wake_up() {
    let explored = explore_async(140, || async {
        let flag = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&flag);
        let waiter = task::spawn(poll_fn(move |_| match theirs.load(SeqCst) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }));
        flag.store(true, SeqCst);
        waiter.await.unwrap();
        "seen".to_owned()
    });
    // It goes well if the flag is set before the first poll.
    explored.gives(["seen"]);

    let explored = explore_async(140, || async {
        let flag = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&flag);
        let waiter = task::spawn(poll_fn(move |_| match theirs.load(SeqCst) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }));
        task::yield_now().await;
        flag.store(true, SeqCst);
        waiter.await.unwrap();
        "seen".to_owned()
    });
    explored.returns(["seen"]);
    let finding = explored.finds(Kind::LostWakeup, "");
    assert_eq!(
        finding.waits.len(),
        1,
        "the task that waits for it is no culprit"
    );
    assert_eq!(finding.waits[0].op, OpKind::Poll);
}

/// A cell that keeps one waker, used by two tasks.
#[test]
fn a_waker_that_another_one_replaces_is_a_lost_wake_up() {
    async fn wait(slot: Arc<std::sync::Mutex<(bool, Vec<Waker>)>>, keep: usize) {
        poll_fn(|cx| {
            let mut slot = slot.lock().unwrap();
            if slot.0 {
                return Poll::Ready(());
            }
            let from = slot.1.len().saturating_sub(keep - 1);
            slot.1.drain(..from);
            slot.1.push(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }
    let run = |keep: usize| {
        explore_async(140, move || async move {
            let slot = Arc::new(std::sync::Mutex::new((false, Vec::new())));
            let waiters = [0, 1].map(|_| task::spawn(wait(Arc::clone(&slot), keep)));
            task::sleep(Duration::from_secs(1)).await;
            let wakers = {
                let mut slot = slot.lock().unwrap();
                slot.0 = true;
                std::mem::take(&mut slot.1)
            };
            wakers.into_iter().for_each(Waker::wake);
            for waiter in waiters {
                waiter.await.unwrap();
            }
            "woken".to_owned()
        })
    };
    run(1).always_finds(Kind::LostWakeup, "");
    run(2).gives(["woken"]);
}

/// The waker is left after the check, in a second critical section.
#[test]
fn a_flag_that_is_set_between_check_and_registration_hangs() {
    #[derive(Default)]
    struct Flag {
        set: sync::Mutex<bool>,
        waker: sync::Mutex<Option<Waker>>,
    }
    let run = |fixed: bool| {
        explore(420, move || {
            let flag = Arc::new(Flag::default());
            let theirs = Arc::clone(&flag);
            thread::spawn(move || {
                *theirs.set.lock().unwrap() = true;
                let waker = theirs.waker.lock().unwrap().take();
                if let Some(waker) = waker {
                    waker.wake();
                }
            });
            task::block_on(poll_fn(|cx| {
                if !fixed && *flag.set.lock().unwrap() {
                    return Poll::Ready(());
                }
                *flag.waker.lock().unwrap() = Some(cx.waker().clone());
                if fixed && *flag.set.lock().unwrap() {
                    return Poll::Ready(());
                }
                Poll::Pending
            }));
            "set".to_owned()
        })
    };
    let explored = run(false);
    explored.returns(["set"]);
    explored.finds(Kind::Deadlock, "");
    run(true).gives(["set"]);
}

/// `recv().await` and then another await, both inside one arm of `select!`: when
/// the other arm wins in between, the message is gone.
#[test]
fn select_loses_a_message_that_a_dropped_future_has_received() {
    let run = |fixed: bool| {
        explore_async(420, move || async move {
            let (tx, mut rx) = mpsc::channel(4);
            let (stop, mut stopped) = oneshot::channel::<()>();
            let worker = task::spawn(async move {
                let mut done = 0;
                loop {
                    let process = async |_message: u32| task::yield_now().await;
                    if fixed {
                        task::select! {
                            Some(message) = rx.recv() => {
                                process(message).await;
                                done += 1;
                            }
                            _ = &mut stopped => break,
                        }
                    } else {
                        task::select! {
                            () = async {
                                match rx.recv().await {
                                    Some(message) => process(message).await,
                                    None => std::future::pending().await,
                                }
                            } => done += 1,
                            _ = &mut stopped => break,
                        }
                    }
                }
                rx.close();
                while rx.recv().await.is_some() {
                    done += 1;
                }
                done
            });
            for message in 0..2 {
                tx.send(message).await.unwrap();
                task::yield_now().await;
            }
            stop.send(()).unwrap();
            drop(tx);
            assert_eq!(worker.await.unwrap(), 2, "a message is lost");
            "all".to_owned()
        })
    };
    let explored = run(false);
    explored.returns(["all"]);
    explored.finds(Kind::Panic, "a message is lost");
    run(true).gives(["all"]);
}

/// The same, without a `select!`: whoever holds the handle may abort.
#[test]
fn a_cancelled_task_loses_what_it_holds() {
    let options = Options {
        cancel: true,
        ..Options::DEFAULT
    };
    let run = |fixed: bool| {
        Series::of(420)
            .options(options)
            .explore_async(move || async move {
                let stock = Arc::new(AtomicU32::new(1));
                let theirs = Arc::clone(&stock);
                struct Return(Arc<AtomicU32>);
                impl Drop for Return {
                    fn drop(&mut self) {
                        self.0.fetch_add(1, SeqCst);
                    }
                }
                let borrow = task::spawn(async move {
                    theirs.fetch_sub(1, SeqCst);
                    let guard = fixed.then(|| Return(Arc::clone(&theirs)));
                    task::yield_now().await;
                    if guard.is_none() {
                        theirs.fetch_add(1, SeqCst);
                    }
                });
                let _ = borrow.await;
                assert_eq!(stock.load(SeqCst), 1, "it was never given back");
                "back".to_owned()
            })
    };
    let explored = run(false);
    explored.returns(["back"]);
    explored.finds(Kind::Panic, "it was never given back");
    run(true).gives(["back"]);
}

/// `notify_waiters` keeps no permit: who asks too late waits for ever.
#[test]
fn a_notification_that_nobody_waits_for_is_missed() {
    let run = |fixed: bool| {
        explore_async(280, move || async move {
            let notify = Arc::new(Notify::new());
            let ready = Arc::new(AtomicBool::new(false));
            let (theirs, set) = (Arc::clone(&notify), Arc::clone(&ready));
            task::spawn(async move {
                set.store(true, SeqCst);
                theirs.notify_waiters();
            });
            let early = notify.notified();
            if !ready.load(SeqCst) {
                task::preemptible(async {
                    if fixed {
                        early.await;
                    } else {
                        notify.notified().await;
                    }
                })
                .await;
            }
            "notified".to_owned()
        })
    };
    let explored = run(false);
    explored.returns(["notified"]);
    explored.finds(Kind::Deadlock, "");
    run(true).gives(["notified"]);
}

/// Two stages that feed each other through bounded channels.
#[test]
fn a_circle_of_bounded_channels_deadlocks() {
    let run = |capacity: usize| {
        explore_async(420, move || async move {
            let (to_b, mut from_a) = mpsc::channel(capacity);
            let (to_a, mut from_b) = mpsc::channel(capacity);
            let a = task::spawn(async move {
                for i in 0..4 {
                    to_b.send(i).await.unwrap();
                }
                drop(to_b);
                let mut echoed = 0;
                while from_b.recv().await.is_some() {
                    echoed += 1;
                }
                echoed
            });
            let b = task::spawn(async move {
                while let Some(i) = from_a.recv().await {
                    to_a.send(i).await.unwrap();
                }
            });
            b.await.unwrap();
            a.await.unwrap().to_string()
        })
    };
    let explored = run(1);
    let finding = explored.always_finds(Kind::Deadlock, "");
    assert_eq!(finding.waits.len(), 3);
    run(4).gives(["4"]);
}

/// Two locks, taken in both orders, held across an await.
#[test]
fn locks_in_both_orders_deadlock() {
    let run = |fixed: bool| {
        explore_async(420, move || async move {
            let locks = Arc::new([Mutex::new(()), Mutex::new(())]);
            let tasks = [[0, 1], if fixed { [0, 1] } else { [1, 0] }].map(|order| {
                let locks = Arc::clone(&locks);
                task::spawn(async move {
                    let _first = locks[order[0]].lock().await;
                    task::yield_now().await;
                    let _second = locks[order[1]].lock().await;
                })
            });
            for task in tasks {
                task.await.unwrap();
            }
            "both".to_owned()
        })
    };
    let explored = run(false);
    explored.returns(["both"]);
    explored.finds(Kind::Deadlock, "");
    run(true).gives(["both"]);
}

/// Check and act in two critical sections. The lock is free, so that neither
/// await waits, and only `preemptible` lets the other task in.
#[test]
fn check_and_act_in_two_critical_sections() {
    let run = |preemptible: bool| {
        explore_async(420, move || async move {
            let total = Arc::new(Mutex::new(0));
            let tasks = [0, 1].map(|_| {
                let total = Arc::clone(&total);
                task::spawn(async move {
                    let before = *total.lock().await;
                    if preemptible {
                        *task::preemptible(total.lock()).await = before + 1;
                    } else {
                        *total.lock().await = before + 1;
                    }
                })
            });
            for task in tasks {
                task.await.unwrap();
            }
            total.lock().await.to_string()
        })
    };
    run(true).gives(["1", "2"]);
    run(false).gives(["2"]);
}

#[test]
fn a_detached_task_that_waits_for_ever_is_a_leak() {
    let explored = explore_async(140, || async {
        let (tx, mut rx) = mpsc::channel::<()>(1);
        let keeps = tx.clone();
        task::spawn(async move {
            let _keeps = keeps;
            while rx.recv().await.is_some() {}
        });
        drop(tx);
        String::new()
    });
    let finding = explored.always_finds(Kind::Leak, "");
    assert_eq!(finding.waits.len(), 1);
    assert_eq!(finding.waits[0].place.file, file!());
}

#[test]
fn a_task_that_joins_itself_is_a_leak() {
    let explored = explore_async(35, || async {
        let slot = Arc::new(std::sync::Mutex::new(None::<task::JoinHandle<()>>));
        let theirs = Arc::clone(&slot);
        let (go, gone) = oneshot::channel();
        let handle = task::spawn(async move {
            gone.await.unwrap();
            let own = theirs.lock().unwrap().take();
            if let Some(own) = own {
                own.await.unwrap();
            }
        });
        *slot.lock().unwrap() = Some(handle);
        go.send(()).unwrap();
        while slot.lock().unwrap().is_some() {
            task::yield_now().await;
        }
        String::new()
    });
    explored.always_finds(Kind::Leak, "");
}

/// A handle that was polled and dropped leaves no waker behind that could pass
/// for a live one.
#[test]
fn a_dropped_handle_does_not_hide_a_lost_wake_up() {
    let explored = explore_async(35, || async {
        let mut other = task::spawn(task::sleep(Duration::from_secs(1)));
        assert!(futures::poll!(&mut other).is_pending());
        drop(other);
        // A task that outlives the main task's wait.
        let mut stuck = task::spawn(async {
            let (_tx, rx) = oneshot::channel::<()>();
            let _ = rx.await;
        });
        assert!(futures::poll!(&mut stuck).is_pending());
        drop(stuck);
        std::future::pending::<()>().await;
        String::new()
    });
    let finding = explored.always_finds(Kind::LostWakeup, "");
    assert_eq!(finding.waits[0].task, jostle_core::id::TaskId::MAIN);
}
