//! Bugs of asynchronous tasks on tokio.
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex as StdMutex};
use std::time::Duration;
use tokio::sync::{Barrier, Mutex, Notify, OnceCell, RwLock, Semaphore};
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::task::{JoinSet, spawn_blocking, yield_now};
use tokio::time::{sleep, timeout};

twins! {
    ab_ba => bug_ab_ba, ok_ab_ba;
    lost_update => bug_lost_update, ok_lost_update;
    await_between => bug_await_between, ok_await_between;
    notify_waiters_early => bug_notify_waiters_early, ok_notify_waiters_early;
    notified_late => bug_notified_late, ok_notified_late;
    broadcast_late => bug_broadcast_late, ok_broadcast_late;
    broadcast_lagged => bug_broadcast_lagged, ok_broadcast_lagged;
    watch_skips => bug_watch_skips, ok_watch_skips;
    select_drops => bug_select_drops, ok_select_drops;
    timeout_drops => bug_timeout_drops, ok_timeout_drops;
    abort_half_way => bug_abort_half_way, ok_abort_half_way;
    permits => bug_permits, ok_permits;
    channel_circle => bug_channel_circle, ok_channel_circle;
    oneshot_dropped => bug_oneshot_dropped, ok_oneshot_dropped;
    once_twice => bug_once_twice, ok_once_twice;
    blocking_order => bug_blocking_order, ok_blocking_order;
    reads_then_writes => bug_reads_then_writes, ok_reads_then_writes;
    barrier_short => bug_barrier_short, ok_barrier_short;
    detached => bug_detached, ok_detached;
    single_thread_order => bug_single_thread_order, ok_single_thread_order;
}

/// Runs a future on two workers.
fn on_two<F: Future>(future: F) -> F::Output {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder
        .worker_threads(2)
        .enable_time()
        .build()
        .unwrap()
        .block_on(future)
}

/// What usually takes longer than a step of another task, without a promise.
async fn a_moment() {
    spawn_blocking(|| ()).await.unwrap();
}

/// AB-BA with asynchronous locks. Order: each task has its first lock.
fn ab_ba(fixed: bool) {
    on_two(async {
        let locks = Arc::new([Mutex::new(1), Mutex::new(2)]);
        let add = |locks: Arc<[Mutex<i32>; 2]>, first: usize| async move {
            let held = locks[first].lock().await;
            *locks[1 - first].lock().await += *held;
        };
        let one = tokio::spawn(add(locks.clone(), 0));
        add(locks, usize::from(!fixed)).await;
        one.await.unwrap();
    });
}

/// A counter is loaded and stored by two tasks. Order: both load first, on two workers.
fn lost_update(fixed: bool) {
    on_two(async {
        let count = Arc::new(AtomicUsize::new(0));
        let add = |count: Arc<AtomicUsize>| async move {
            if fixed {
                count.fetch_add(1, SeqCst);
            } else {
                count.store(count.load(SeqCst) + 1, SeqCst);
            }
        };
        let one = tokio::spawn(add(count.clone()));
        let two = tokio::spawn(add(count.clone()));
        one.await.unwrap();
        two.await.unwrap();
        assert_eq!(count.load(SeqCst), 2);
    });
}

/// A look and a change with an `await` between them. Order: the other task runs there.
fn await_between(fixed: bool) {
    on_two(async {
        let stock = Arc::new(Mutex::new(1));
        let buy = |stock: Arc<Mutex<i32>>| async move {
            if fixed {
                let mut stock = stock.lock().await;
                *stock -= i32::from(*stock > 0);
            } else if *stock.lock().await > 0 {
                *stock.lock().await -= 1;
            }
        };
        let one = tokio::spawn(buy(stock.clone()));
        buy(stock.clone()).await;
        one.await.unwrap();
        assert_eq!(*stock.lock().await, 0);
    });
}

/// `notify_waiters` keeps nothing for later. Order: called before the task waits.
fn notify_waiters_early(fixed: bool) {
    on_two(async {
        let notify = Arc::new(Notify::new());
        let waiter = tokio::spawn({
            let notify = notify.clone();
            async move { notify.notified().await }
        });
        a_moment().await;
        if fixed {
            notify.notify_one();
        } else {
            notify.notify_waiters();
        }
        waiter.await.unwrap();
    });
}

/// A flag is looked at before `notified` is made. Order: set and notified in between.
fn notified_late(fixed: bool) {
    on_two(async {
        let state = Arc::new((AtomicBool::new(false), Notify::new()));
        let waiter = tokio::spawn({
            let state = state.clone();
            async move {
                loop {
                    if fixed {
                        let notified = state.1.notified();
                        if state.0.load(SeqCst) {
                            return;
                        }
                        notified.await;
                    } else {
                        if state.0.load(SeqCst) {
                            return;
                        }
                        state.1.notified().await;
                    }
                }
            }
        });
        state.0.store(true, SeqCst);
        state.1.notify_waiters();
        waiter.await.unwrap();
    });
}

/// A subscriber subscribes in its own task. Order: the message is sent before that.
fn broadcast_late(fixed: bool) {
    on_two(async {
        let (sender, receiver) = broadcast::channel(4);
        let early = fixed.then(|| sender.subscribe());
        let subscriber = tokio::spawn({
            let sender = sender.clone();
            async move {
                let mut receiver = early.unwrap_or_else(|| sender.subscribe());
                drop(sender);
                receiver.recv().await
            }
        });
        a_moment().await;
        sender.send(1).unwrap();
        drop((sender, receiver));
        assert_eq!(subscriber.await.unwrap(), Ok(1));
    });
}

/// A slow subscriber of a short channel. Order: three messages come before it reads one.
fn broadcast_lagged(fixed: bool) {
    on_two(async {
        let (sender, mut receiver) = broadcast::channel(if fixed { 4 } else { 2 });
        let subscriber = tokio::spawn(async move {
            let mut sum = 0;
            while let Ok(n) = receiver.recv().await {
                sum += n;
            }
            sum
        });
        for n in 1..=3 {
            sender.send(n).unwrap();
            a_moment().await;
        }
        drop(sender);
        assert_eq!(subscriber.await.unwrap(), 6);
    });
}

/// A `watch` shows the last value only. Order: two values are sent between two looks.
fn watch_skips(fixed: bool) {
    on_two(async {
        let (sender, mut receiver) = watch::channel(0);
        let counter = tokio::spawn(async move {
            let (mut seen, mut last) = (0, 0);
            while receiver.changed().await.is_ok() {
                last = *receiver.borrow_and_update();
                seen += 1;
            }
            if fixed { last } else { seen }
        });
        for n in 1..=2 {
            sender.send(n).unwrap();
            a_moment().await;
        }
        drop(sender);
        assert_eq!(counter.await.unwrap(), 2);
    });
}

/// A `select!` drops a future that has taken an item and not yet handed it on. Order: the stop
/// comes in between.
fn select_drops(fixed: bool) {
    on_two(async {
        let (sender, mut items) = mpsc::channel(1);
        let stop = Arc::new(Notify::new());
        let taken = Arc::new(AtomicUsize::new(0));
        let worker = tokio::spawn({
            let (stop, taken) = (stop.clone(), taken.clone());
            async move {
                let take = async {
                    let item: usize = items.recv().await.unwrap();
                    yield_now().await;
                    taken.fetch_add(item, SeqCst);
                };
                if fixed {
                    take.await;
                } else {
                    tokio::select! {
                        biased;
                        () = stop.notified() => {}
                        () = take => {}
                    }
                }
                items.close();
                items.recv().await.unwrap_or(0)
            }
        });
        sender.send(1).await.unwrap();
        a_moment().await;
        stop.notify_one();
        let left = worker.await.unwrap();
        assert_eq!(taken.load(SeqCst) + left, 1);
    });
}

/// A timeout around a change of two steps. Order: it fires between the steps.
fn timeout_drops(fixed: bool) {
    on_two(async {
        let books = Arc::new(StdMutex::new((5, 5)));
        let transfer = {
            let books = books.clone();
            async move {
                if !fixed {
                    books.lock().unwrap().0 -= 1;
                }
                sleep(Duration::from_millis(1)).await;
                let mut books = books.lock().unwrap();
                if fixed {
                    books.0 -= 1;
                }
                books.1 += 1;
            }
        };
        let _ = timeout(Duration::from_millis(100), transfer).await;
        let books = books.lock().unwrap();
        assert_eq!(books.0 + books.1, 10);
    });
}

/// A task is aborted between taking and giving back. Order: the abort comes at its `await`.
fn abort_half_way(fixed: bool) {
    struct Back(Arc<AtomicUsize>);
    impl Drop for Back {
        fn drop(&mut self) {
            self.0.fetch_add(1, SeqCst);
        }
    }
    on_two(async {
        let free = Arc::new(AtomicUsize::new(1));
        let task = tokio::spawn({
            let free = free.clone();
            async move {
                free.fetch_sub(1, SeqCst);
                let back = Back(free.clone());
                if fixed {
                    yield_now().await;
                    drop(back);
                } else {
                    std::mem::forget(back);
                    yield_now().await;
                    free.fetch_add(1, SeqCst);
                }
            }
        });
        a_moment().await;
        task.abort();
        let _ = task.await;
        assert_eq!(free.load(SeqCst), 1);
    });
}

/// Two tasks take two of two permits one by one. Order: each has one.
fn permits(fixed: bool) {
    on_two(async {
        let semaphore = Arc::new(Semaphore::new(2));
        let job = |s: Arc<Semaphore>| async move {
            if fixed {
                let _both = s.acquire_many(2).await.unwrap();
            } else {
                let _one = s.acquire().await.unwrap();
                let _two = s.acquire().await.unwrap();
            }
        };
        let one = tokio::spawn(job(semaphore.clone()));
        let two = tokio::spawn(job(semaphore));
        one.await.unwrap();
        two.await.unwrap();
    });
}

/// An echo and its user send over channels of one. Order: nothing has come back when the user
/// looks, once, and both channels are full later.
fn channel_circle(fixed: bool) {
    on_two(async {
        let (to_echo, mut asked) = mpsc::channel(1);
        let (reply, mut replies) = mpsc::channel(if fixed { 4 } else { 1 });
        let echo = tokio::spawn(async move {
            while let Some(n) = asked.recv().await {
                reply.send(n).await.unwrap();
            }
        });
        let mut got = 0;
        for n in 0..4 {
            to_echo.send(n).await.unwrap();
            if n == 1 {
                a_moment().await;
                while replies.try_recv().is_ok() {
                    got += 1;
                }
            }
        }
        drop(to_echo);
        while replies.recv().await.is_some() {
            got += 1;
        }
        echo.await.unwrap();
        assert_eq!(got, 4);
    });
}

/// The answering task is aborted with the server. Order: before it has answered.
fn oneshot_dropped(fixed: bool) {
    on_two(async {
        let (sender, answer) = oneshot::channel();
        let mut server = JoinSet::new();
        server.spawn(async move { sender.send(1) });
        a_moment().await;
        if fixed {
            while server.join_next().await.is_some() {}
        }
        server.abort_all();
        assert_eq!(answer.await, Ok(1));
    });
}

/// Initialization that looks whether it was done. Order: both tasks see that it was not.
fn once_twice(fixed: bool) {
    on_two(async {
        let runs = Arc::new(AtomicUsize::new(0));
        let cell = Arc::new(OnceCell::new());
        let get = |cell: Arc<OnceCell<usize>>, runs: Arc<AtomicUsize>| async move {
            let init = || async { runs.fetch_add(1, SeqCst) };
            if fixed {
                cell.get_or_init(init).await;
            } else if !cell.initialized() {
                let value = init().await;
                let _ = cell.set(value);
            }
        };
        let one = tokio::spawn(get(cell.clone(), runs.clone()));
        get(cell, runs.clone()).await;
        one.await.unwrap();
        assert_eq!(runs.load(SeqCst), 1);
    });
}

/// Blocking jobs run in the order of their submission, it is thought. Order: the second first.
fn blocking_order(fixed: bool) {
    on_two(async {
        let log = Arc::new(StdMutex::new(Vec::new()));
        let job = |n| {
            let log = log.clone();
            spawn_blocking(move || log.lock().unwrap().push(n))
        };
        let first = job(1);
        if fixed {
            first.await.unwrap();
            job(2).await.unwrap();
        } else {
            a_moment().await;
            job(2).await.unwrap();
            first.await.unwrap();
        }
        assert_eq!(*log.lock().unwrap(), [1, 2]);
    });
}

/// Read lock, then write lock. Order: both tasks read first.
fn reads_then_writes(fixed: bool) {
    on_two(async {
        let total = Arc::new(RwLock::new(0));
        let add = |total: Arc<RwLock<i32>>| async move {
            if fixed {
                *total.write().await += 1;
            } else {
                let seen = *total.read().await;
                *total.write().await = seen + 1;
            }
        };
        let one = tokio::spawn(add(total.clone()));
        add(total.clone()).await;
        one.await.unwrap();
        assert_eq!(*total.read().await, 2);
    });
}

/// A task that finds a stop does not come to the barrier. Order: the stop falls between the looks.
fn barrier_short(fixed: bool) {
    on_two(async {
        let state = Arc::new((Barrier::new(2), AtomicBool::new(false)));
        let meet = |state: Arc<(Barrier, AtomicBool)>| async move {
            if fixed || !state.1.load(SeqCst) {
                state.0.wait().await;
            }
        };
        let one = tokio::spawn(meet(state.clone()));
        let two = tokio::spawn(meet(state.clone()));
        a_moment().await;
        state.1.store(true, SeqCst);
        one.await.unwrap();
        two.await.unwrap();
    });
}

/// A detached task writes what is read soon after. Order: read first.
fn detached(fixed: bool) {
    on_two(async {
        let done = Arc::new(AtomicBool::new(false));
        let task = tokio::spawn({
            let done = done.clone();
            async move { done.store(true, SeqCst) }
        });
        if fixed {
            task.await.unwrap();
        } else {
            a_moment().await;
        }
        assert!(done.load(SeqCst));
    });
}

/// One worker, one order: on the current-thread runtime the second task never runs between the
/// first one's steps, on two workers it does.
fn single_thread_order(fixed: bool) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let stock = Arc::new(AtomicUsize::new(1));
        let buy = |stock: Arc<AtomicUsize>| async move {
            if fixed {
                let _ = stock.compare_exchange(1, 0, SeqCst, SeqCst);
            } else if stock.load(SeqCst) == 1 {
                stock.fetch_sub(1, SeqCst);
            }
        };
        let one = tokio::spawn(buy(stock.clone()));
        let two = tokio::spawn(buy(stock.clone()));
        one.await.unwrap();
        two.await.unwrap();
        assert_eq!(stock.load(SeqCst), 0);
    });
}
