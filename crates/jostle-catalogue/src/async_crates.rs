//! Crates that need no particular runtime run unmodified: `tokio::sync`,
//! `async-channel` and `futures`.

use std::sync::Arc;

use futures::stream::{FuturesUnordered, StreamExt};
use futures::{FutureExt, join, select_biased};
use tokio::sync::{Mutex, Notify, Semaphore, broadcast, mpsc, oneshot, watch};

use jostle::task;

/// `tokio::sync::mpsc` and `oneshot`: requests with a way to answer each.
#[jostle::scenario]
async fn tokio_request_response() {
    let (requests, mut inbox) = mpsc::channel::<(u32, oneshot::Sender<u32>)>(1);
    let server = task::spawn(async move {
        while let Some((n, answer)) = inbox.recv().await {
            // Whoever asked may have given up.
            let _ = answer.send(n * n);
        }
    });
    let clients: Vec<_> = (2..4)
        .map(|n| {
            let requests = requests.clone();
            task::spawn(async move {
                let (send, answer) = oneshot::channel();
                requests.send((n, send)).await.unwrap();
                assert_eq!(answer.await, Ok(n * n));
            })
        })
        .collect();
    drop(requests);
    for client in clients {
        client.await.unwrap();
    }
    server.await.unwrap();
}

/// `tokio::sync::watch` and `broadcast`: everybody sees the last value, and every
/// message.
#[jostle::scenario]
async fn tokio_watch_and_broadcast() {
    let (state, observed) = watch::channel(0);
    let (events, _) = broadcast::channel(4);
    let watchers: Vec<_> = (0..2)
        .map(|_| {
            let mut observed = observed.clone();
            let mut events = events.subscribe();
            task::spawn(async move {
                assert_eq!(observed.wait_for(|v| *v == 2).await.map(|v| *v).unwrap(), 2);
                assert_eq!(events.recv().await, Ok("a"));
                assert_eq!(events.recv().await, Ok("b"));
            })
        })
        .collect();
    events.send("a").unwrap();
    state.send(1).unwrap();
    task::yield_now().await;
    events.send("b").unwrap();
    state.send(2).unwrap();
    for watcher in watchers {
        watcher.await.unwrap();
    }
}

/// `tokio::sync::Semaphore`, `Mutex` and `Notify`: no more than two inside, and
/// nobody is forgotten.
#[jostle::scenario]
async fn tokio_semaphore_mutex_notify() {
    let gate = Arc::new(Semaphore::new(2));
    let inside = Arc::new(Mutex::new((0, 0)));
    let all_through = Arc::new(Notify::new());
    for _ in 0..3 {
        let (gate, inside, all_through) = (
            Arc::clone(&gate),
            Arc::clone(&inside),
            Arc::clone(&all_through),
        );
        task::spawn(async move {
            let _permit = gate.acquire().await.unwrap();
            inside.lock().await.0 += 1;
            task::yield_now().await;
            let mut counts = inside.lock().await;
            assert!(counts.0 <= 2, "three inside");
            counts.0 -= 1;
            counts.1 += 1;
            if counts.1 == 3 {
                all_through.notify_one();
            }
        });
    }
    all_through.notified().await;
    assert_eq!(*inside.lock().await, (0, 3));
}

/// `async-channel`: several consumers share the messages.
#[jostle::scenario]
async fn async_channel_workers() {
    let (send, receive) = async_channel::bounded(1);
    let workers: FuturesUnordered<_> = (0..2)
        .map(|_| {
            let receive = receive.clone();
            task::spawn(async move {
                let mut sum = 0;
                while let Ok(n) = receive.recv().await {
                    sum += n;
                }
                sum
            })
        })
        .collect();
    drop(receive);
    for n in 1..=4 {
        send.send(n).await.unwrap();
    }
    drop(send);
    let sum: u32 = workers
        .map(Result::unwrap)
        .fold(0, |a, n| async move { a + n })
        .await;
    assert_eq!(sum, 10);
}

/// `futures`: `join!`, `select_biased!` and a stream.
#[jostle::scenario]
async fn futures_combinators() {
    let (send, receive) = futures::channel::mpsc::unbounded();
    let sender = async {
        for n in 0..3 {
            send.unbounded_send(n).unwrap();
            task::yield_now().await;
        }
        send.close_channel();
    };
    let (stop, mut stopped) = futures::channel::oneshot::channel::<()>();
    let receiver = async {
        let mut receive = receive.fuse();
        let mut seen = Vec::new();
        loop {
            select_biased! {
                n = receive.next() => match n {
                    Some(n) => seen.push(n),
                    None => break,
                },
                _ = (&mut stopped).fuse() => break,
            }
        }
        seen
    };
    let ((), seen) = join!(sender, receiver);
    drop(stop);
    assert_eq!(seen, [0, 1, 2]);
}
