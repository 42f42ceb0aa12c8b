//! tokio's runtimes, timers and channels.
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;
use tokio::sync::{Notify, Semaphore, broadcast, mpsc, oneshot, watch};
use tokio::task::{JoinSet, LocalSet, spawn_blocking, spawn_local};
use tokio::time::{Instant, interval, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

#[tokio::test]
async fn spawn_and_join() {
    assert_eq!(tokio::spawn(async { 7 }).await.unwrap(), 7);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn join_set() {
    let mut set: JoinSet<_> = (0..4).map(|n| async move { n }).collect();
    let mut sum = 0;
    while let Some(n) = set.join_next().await {
        sum += n.unwrap();
    }
    assert_eq!(sum, 6);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blocking_pool() {
    let jobs = (0..3)
        .map(|n| spawn_blocking(move || n))
        .collect::<FuturesUnordered<_>>();
    assert_eq!(
        jobs.map(|n| n.unwrap())
            .fold(0, |a, b| async move { a + b })
            .await,
        3
    );
}

#[tokio::test]
async fn sleeps_and_timeouts() {
    let start = Instant::now();
    sleep(Duration::from_millis(20)).await;
    assert!(
        timeout(Duration::from_millis(20), std::future::pending::<()>())
            .await
            .is_err()
    );
    assert!(start.elapsed() >= Duration::from_millis(40));
}

#[tokio::test(start_paused = true)]
async fn paused_time() {
    let start = Instant::now();
    sleep(Duration::from_secs(3600)).await;
    assert_eq!(start.elapsed(), Duration::from_secs(3600));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn interval_ticks() {
    let mut ticks = interval(Duration::from_millis(5));
    for _ in 0..3 {
        ticks.tick().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn channels() {
    let (sender, mut receiver) = mpsc::channel(1);
    let (once, answer) = oneshot::channel();
    let (shout, mut heard) = broadcast::channel(4);
    let (show, mut shown) = watch::channel(0);
    let task = tokio::spawn(async move {
        for n in 0..3 {
            sender.send(n).await.unwrap();
        }
        once.send(3).unwrap();
        shout.send(4).unwrap();
        show.send(5).unwrap();
    });
    let mut sum = 0;
    while let Some(n) = receiver.recv().await {
        sum += n;
    }
    sum += answer.await.unwrap() + heard.recv().await.unwrap();
    sum += *shown.wait_for(|n| *n == 5).await.unwrap();
    task.await.unwrap();
    assert_eq!(sum, 15);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn notify_and_semaphore() {
    let (notify, semaphore) = (Arc::new(Notify::new()), Arc::new(Semaphore::new(1)));
    let task = {
        let (notify, semaphore) = (notify.clone(), semaphore.clone());
        tokio::spawn(async move {
            let _permit = semaphore.acquire().await.unwrap();
            notify.notify_one();
        })
    };
    notify.notified().await;
    let _permit = semaphore.acquire().await.unwrap();
    task.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancellation_and_tracker() {
    let (token, tracker) = (CancellationToken::new(), TaskTracker::new());
    for _ in 0..2 {
        let token = token.clone();
        tracker.spawn(async move { token.cancelled().await });
    }
    tracker.close();
    token.cancel();
    tracker.wait().await;
}

#[tokio::test]
async fn local_set() {
    let local = LocalSet::new();
    let n = local.run_until(async { spawn_local(async { std::rc::Rc::new(3) }).await.unwrap() });
    assert_eq!(*n.await, 3);
}

#[tokio::test]
async fn panic_of_a_task() {
    assert!(
        tokio::spawn(async { panic!("as it should") })
            .await
            .unwrap_err()
            .is_panic()
    );
}

#[test]
fn runtime_dropped_with_tasks() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let count = Arc::new(AtomicUsize::new(0));
    for _ in 0..3 {
        let count = count.clone();
        runtime.spawn(async move {
            count.fetch_add(1, SeqCst);
            std::future::pending::<()>().await;
        });
    }
    drop(runtime);
    assert_eq!(Arc::strong_count(&count), 1);
}

#[test]
fn runtime_shut_down_in_time() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.spawn(async { sleep(Duration::from_secs(3600)).await });
    runtime.shutdown_timeout(Duration::from_secs(1));
}

/// Lost update between two tasks of a multi-thread runtime. Order: both load first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bug_lost_update() {
    let count = Arc::new(AtomicUsize::new(0));
    let add = |count: Arc<AtomicUsize>| async move { count.store(count.load(SeqCst) + 1, SeqCst) };
    let tasks = [
        tokio::spawn(add(count.clone())),
        tokio::spawn(add(count.clone())),
    ];
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(count.load(SeqCst), 2);
}
