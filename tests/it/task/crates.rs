//! Crates that need no particular runtime, unmodified.
//!
//! `async_support` executes everything twice and compares the fingerprints, so
//! that each of these tests also says that the crate brings in no choices of its
//! own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use futures::stream::FuturesUnordered;
use futures::{FutureExt, SinkExt, StreamExt, stream};
use tokio::sync::{Barrier, Mutex, Notify, OnceCell, RwLock, Semaphore};
use tokio::sync::{broadcast, mpsc, oneshot, watch};

use jostle::{task, thread};

use crate::support::explore::{explore, explore_async};

fn sorted(mut list: Vec<u32>) -> String {
    list.sort_unstable();
    format!("{list:?}")
}

#[test]
fn tokio_mpsc_keeps_the_order_of_each_sender() {
    let explored = explore_async(420, || async {
        let (tx, mut rx) = mpsc::channel(1);
        for name in ["a", "b"] {
            let tx = tx.clone();
            task::spawn(async move {
                for i in 0..2 {
                    task::preemptible(tx.send(format!("{name}{i}")))
                        .await
                        .unwrap();
                }
            });
        }
        drop(tx);
        let mut got = Vec::new();
        while let Some(message) = rx.recv().await {
            got.push(message);
        }
        got.join(" ")
    });
    // Every merge of "a0 a1" and "b0 b1".
    explored.gives([
        "a0 a1 b0 b1",
        "a0 b0 a1 b1",
        "a0 b0 b1 a1",
        "b0 a0 a1 b1",
        "b0 a0 b1 a1",
        "b0 b1 a0 a1",
    ]);
}

#[test]
fn tokio_oneshot_between_a_thread_and_a_task() {
    let explored = explore(280, || {
        let (tx, rx) = oneshot::channel();
        let receiver = task::spawn(rx);
        thread::spawn(move || {
            thread::yield_now();
            let _ = tx.send(1);
        });
        receiver.abort();
        match task::block_on(receiver) {
            Ok(value) => format!("{value:?}"),
            Err(error) => error.is_cancelled().to_string(),
        }
    });
    explored.gives(["Ok(1)", "true"]);
}

#[test]
fn tokio_watch_shows_the_latest_value() {
    let explored = explore_async(280, || async {
        let (tx, rx) = watch::channel(0);
        let watchers: Vec<_> = (0..4)
            .map(|_| {
                let mut rx = rx.clone();
                task::spawn(async move {
                    let mut seen = 0;
                    while rx.changed().await.is_ok() {
                        let now = *rx.borrow_and_update();
                        assert!(now > seen, "{now} after {seen}");
                        seen = now;
                    }
                    seen
                })
            })
            .collect();
        drop(rx);
        for value in 1..=3 {
            tx.send(value).unwrap();
            task::yield_now().await;
        }
        drop(tx);
        let mut last = Vec::new();
        for watcher in watchers {
            last.push(watcher.await.unwrap());
        }
        format!("{last:?}")
    });
    explored.gives(["[3, 3, 3, 3]"]);
}

#[test]
fn tokio_broadcast_lags_if_the_receiver_is_slow() {
    let explored = explore_async(420, || async {
        let (tx, mut rx) = broadcast::channel(2);
        let receiver = task::spawn(async move {
            let (mut got, mut lagged) = (0, 0);
            loop {
                match rx.recv().await {
                    Ok(()) => got += 1,
                    Err(broadcast::error::RecvError::Lagged(n)) => lagged += n,
                    Err(broadcast::error::RecvError::Closed) => return (got, lagged),
                }
            }
        });
        for _ in 0..4 {
            tx.send(()).unwrap();
            task::preemptible(std::future::ready(())).await;
        }
        drop(tx);
        let (got, lagged) = receiver.await.unwrap();
        format!("{got} {lagged}")
    });
    explored.gives(["2 2", "3 1", "4 0"]);
}

#[test]
fn tokio_notify_keeps_one_permit() {
    let explored = explore_async(280, || async {
        let notify = Arc::new(Notify::new());
        let theirs = Arc::clone(&notify);
        let waiter = task::spawn(async move { theirs.notified().await });
        notify.notify_one();
        waiter.await.unwrap();
        // The permit is gone again.
        let more = task::timeout(std::time::Duration::from_secs(1), notify.notified()).await;
        more.is_err().to_string()
    });
    explored.gives(["true"]);
}

#[test]
fn tokio_semaphore_admits_as_many_as_it_has_permits() {
    let explored = explore_async(280, || async {
        let semaphore = Arc::new(Semaphore::new(2));
        let (inside, most) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
        let tasks: Vec<_> = (0..4)
            .map(|_| {
                let (semaphore, inside, most) = (
                    Arc::clone(&semaphore),
                    Arc::clone(&inside),
                    Arc::clone(&most),
                );
                task::spawn(async move {
                    let _permit = semaphore.acquire().await.unwrap();
                    most.fetch_max(inside.fetch_add(1, SeqCst) + 1, SeqCst);
                    task::preemptible(std::future::ready(())).await;
                    inside.fetch_sub(1, SeqCst);
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        most.load(SeqCst).to_string()
    });
    explored.gives(["1", "2"]);
}

#[test]
fn tokio_mutex_excludes() {
    let explored = explore_async(280, || async {
        let total = Arc::new(Mutex::new(0));
        let tasks: Vec<_> = (0..3)
            .map(|_| {
                let total = Arc::clone(&total);
                task::spawn(async move {
                    let mut total = total.lock().await;
                    let before = *total;
                    task::yield_now().await;
                    *total = before + 1;
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        total.lock().await.to_string()
    });
    explored.gives(["3"]);
}

#[test]
fn tokio_rwlock_lets_readers_in_together_and_writers_alone() {
    let explored = explore_async(420, || async {
        let lock = Arc::new(RwLock::new(()));
        let (readers, most) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
        let mut tasks = Vec::new();
        for _ in 0..2 {
            let (lock, readers, most) =
                (Arc::clone(&lock), Arc::clone(&readers), Arc::clone(&most));
            tasks.push(task::spawn(async move {
                let _guard = lock.read().await;
                most.fetch_max(readers.fetch_add(1, SeqCst) + 1, SeqCst);
                task::yield_now().await;
                readers.fetch_sub(1, SeqCst);
            }));
        }
        let (theirs, readers) = (Arc::clone(&lock), Arc::clone(&readers));
        tasks.push(task::spawn(async move {
            let _guard = theirs.write().await;
            assert_eq!(readers.load(SeqCst), 0);
            task::yield_now().await;
            assert_eq!(readers.load(SeqCst), 0);
        }));
        for task in tasks {
            task.await.unwrap();
        }
        most.load(SeqCst).to_string()
    });
    explored.gives(["1", "2"]);
}

#[test]
fn tokio_barrier_and_once_cell() {
    let explored = explore_async(280, || async {
        let barrier = Arc::new(Barrier::new(3));
        let cell = Arc::new(OnceCell::new());
        let tasks: Vec<_> = (0..3)
            .map(|i| {
                let (barrier, cell) = (Arc::clone(&barrier), Arc::clone(&cell));
                task::spawn(async move {
                    let leader = barrier.wait().await.is_leader();
                    let first = *cell
                        .get_or_init(|| async {
                            task::yield_now().await;
                            i
                        })
                        .await;
                    (leader, first)
                })
            })
            .collect();
        let (mut leaders, mut firsts) = (0, Vec::new());
        for task in tasks {
            let (leader, first) = task.await.unwrap();
            leaders += u32::from(leader);
            firsts.push(first);
        }
        firsts.dedup();
        assert_eq!((leaders, firsts.len()), (1, 1));
        firsts[0].to_string()
    });
    explored.gives(["0", "1", "2"]);
}

#[test]
fn async_channel_gives_each_message_to_one_receiver() {
    let explored = explore_async(420, || async {
        let (tx, rx) = async_channel::bounded(1);
        let receivers: Vec<_> = (0..2)
            .map(|_| {
                let rx = rx.clone();
                task::spawn(async move {
                    let mut got = Vec::new();
                    while let Ok(n) = rx.recv().await {
                        got.push(n);
                    }
                    got
                })
            })
            .collect();
        for n in 0..3 {
            tx.send(n).await.unwrap();
        }
        tx.close();
        let mut all = Vec::new();
        let mut shares = Vec::new();
        for receiver in receivers {
            let got = receiver.await.unwrap();
            shares.push(got.len());
            all.extend(got);
        }
        assert_eq!(sorted(all), "[0, 1, 2]");
        format!("{shares:?}")
    });
    explored.gives(["[0, 3]", "[1, 2]", "[2, 1]", "[3, 0]"]);
}

#[test]
fn event_listener_wakes_whoever_listens() {
    let explored = explore_async(280, || async {
        let event = Arc::new(event_listener::Event::new());
        let ready = Arc::new(AtomicU32::new(0));
        let waiters: Vec<_> = (0..3)
            .map(|_| {
                let (event, ready) = (Arc::clone(&event), Arc::clone(&ready));
                task::spawn(async move {
                    let listener = event.listen();
                    if ready.load(SeqCst) == 0 {
                        listener.await;
                    }
                    ready.fetch_add(1, SeqCst)
                })
            })
            .collect();
        task::yield_now().await;
        ready.store(1, SeqCst);
        event.notify(usize::MAX);
        let mut order = Vec::new();
        for waiter in waiters {
            order.push(waiter.await.unwrap());
        }
        sorted(order)
    });
    explored.gives(["[1, 2, 3]"]);
}

#[test]
fn futures_join_and_select_biased() {
    let explored = explore_async(280, || async {
        let (tx, rx) = oneshot::channel();
        let (a, b) = futures::join!(
            async {
                task::yield_now().await;
                tx.send(1).unwrap();
                2
            },
            async { rx.await.unwrap() }
        );
        let mut slow = Box::pin(task::spawn(async { "task" }).fuse());
        let mut sleep = task::sleep(std::time::Duration::from_millis(1)).fuse();
        let first = futures::select_biased! {
            value = slow => value.unwrap(),
            () = sleep => "sleep",
        };
        format!("{a} {b} {first}")
    });
    explored.gives(["2 1 sleep", "2 1 task"]);
}

#[test]
fn futures_unordered_gives_results_as_they_come() {
    let explored = explore_async(420, || async {
        let mut all: FuturesUnordered<_> = (0..3)
            .map(|i| task::spawn(async move { i }).map(Result::unwrap))
            .collect();
        let mut order = String::new();
        while let Some(i) = all.next().await {
            order.push_str(&i.to_string());
        }
        order
    });
    explored.gives(["012", "021", "102", "120", "201", "210"]);
}

#[test]
fn futures_streams_and_channels() {
    let explored = explore_async(210, || async {
        let (tx, rx) = futures::channel::mpsc::channel(0);
        for i in 0..3 {
            let mut tx = tx.clone();
            task::spawn(async move { tx.send(i).await.unwrap() });
        }
        drop(tx);
        let doubled = rx
            .map(|i| async move {
                task::yield_now().await;
                2 * i
            })
            .buffer_unordered(2);
        let counted: Vec<u32> = doubled.collect().await;
        let lock = Arc::new(futures::lock::Mutex::new(0));
        stream::iter(counted.clone())
            .for_each_concurrent(None, |n| {
                let lock = Arc::clone(&lock);
                async move { *lock.lock().await += n }
            })
            .await;
        let shared = async { 5 }.shared();
        let other = task::spawn(shared.clone());
        assert_eq!((shared.await, other.await.unwrap()), (5, 5));
        format!("{} {}", sorted(counted), *lock.lock().await)
    });
    explored.gives(["[0, 2, 4] 6"]);
}
