//! Executions that end early: what becomes of the futures that are left.

use std::future::pending;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use jostle::scenario::Options;
use jostle::task::{self, JoinSet};
use jostle::{go, sync, thread};
use jostle_core::finding::Kind;

use crate::support::explore::{Series, explore, explore_async};

/// Runs a closure when it is dropped.
struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// Awaits what nobody does; the waker is not lost.
async fn wait_for_ever() {
    let (_tx, rx) = oneshot::channel::<()>();
    rx.await.unwrap();
}

/// A `park` may end without reason.
fn park_for_ever() {
    loop {
        thread::park();
    }
}

/// Executes a body that leaves tasks behind, each with a destructor that runs in
/// teardown: one whose future waits, one whose future blocks, and one that is the
/// main task itself. Whatever the destructor does, the finding is the same.
fn tear_down(destructor: impl Fn() + Send + Sync + Clone + 'static) {
    let explored = explore_async(21, move || {
        let [a, b, c] = [(); 3].map(|()| OnDrop(destructor.clone()));
        async move {
            task::spawn(async move {
                let _a = a;
                wait_for_ever().await;
            });
            task::spawn(async move {
                let _b = b;
                park_for_ever();
            });
            task::sleep(Duration::from_secs(1)).await;
            let _c = c;
            wait_for_ever().await;
            String::new()
        }
    });
    explored.always_finds(Kind::Deadlock, "");
}

#[test]
fn destructors_may_do_nothing() {
    tear_down(|| {});
}

#[test]
fn destructors_may_lock_what_another_task_holds() {
    thread_local_lock(|lock| drop(lock.lock()));
}

#[test]
fn destructors_may_try_to_lock() {
    thread_local_lock(|lock| drop(lock.try_lock()));
}

fn thread_local_lock(use_it: fn(&sync::Mutex<u32>)) {
    let explored = explore_async(21, move || async move {
        let lock = Arc::new(sync::Mutex::new(0));
        let theirs = Arc::clone(&lock);
        task::spawn(async move {
            let _use = OnDrop(move || use_it(&theirs));
            wait_for_ever().await;
        });
        let theirs = Arc::clone(&lock);
        thread::spawn(move || {
            let _use = OnDrop(move || use_it(&theirs));
            park_for_ever();
        });
        task::sleep(Duration::from_secs(1)).await;
        let _held = lock.lock().unwrap();
        wait_for_ever().await;
        String::new()
    });
    explored.always_finds(Kind::Deadlock, "");
}

#[test]
fn destructors_may_send_and_wait_for_channels() {
    let (tx, rx) = mpsc::unbounded_channel::<u32>();
    let rx = Arc::new(std::sync::Mutex::new(rx));
    tear_down(move || {
        tx.send(1).unwrap();
        let mut rx = rx.lock().unwrap_or_else(PoisonError::into_inner);
        // There is a message, so this does not have to wait.
        task::block_on(rx.recv()).unwrap();
    });
}

#[test]
fn destructors_may_wait_for_what_other_destructors_do() {
    // Each destructor waits until one that runs later has dropped the sender.
    let explored = explore(21, || {
        let (tx, mut rx) = mpsc::channel::<()>(1);
        let older = thread::spawn(move || {
            let _tx = tx;
            park_for_ever();
        });
        thread::spawn(move || {
            let _wait = OnDrop(move || assert!(task::block_on(rx.recv()).is_none()));
            park_for_ever();
        });
        older.join().unwrap();
        String::new()
    });
    explored.always_finds(Kind::Deadlock, "");
}

#[test]
fn a_destructor_that_waits_in_vain_loses_its_stack_and_no_more() {
    let explored = Series::of(7).may_abandon().explore(|| {
        thread::spawn(|| {
            let _wait = OnDrop(|| task::block_on(pending()));
            park_for_ever();
        });
        park_for_ever();
        String::new()
    });
    explored.always_finds(Kind::Deadlock, "");
    assert!(explored.abandoned > 0);
}

#[test]
fn destructors_may_spawn_abort_sleep_and_yield() {
    tear_down(|| {
        drop(task::spawn(async {}));
        drop(task::spawn_blocking(|| ()));
        let mut set = JoinSet::new();
        set.spawn(pending::<()>());
        set.abort_all();
        drop(set);
        drop(task::timeout(
            Duration::from_secs(1),
            task::sleep(Duration::ZERO),
        ));
        thread::yield_now();
        thread::sleep(Duration::from_secs(1));
    });
}

#[test]
fn a_destructor_may_panic_where_the_future_only_waits() {
    let explored = explore_async(21, || async {
        for _ in 0..2 {
            task::spawn(async {
                let _bomb = OnDrop(|| panic!("in teardown"));
                wait_for_ever().await;
            });
        }
        task::sleep(Duration::from_secs(1)).await;
        let _bomb = OnDrop(|| panic!("in teardown"));
        wait_for_ever().await;
        String::new()
    });
    // What counts is what was found before.
    explored.always_finds(Kind::Deadlock, "");
}

#[test]
fn a_destructor_that_panics_during_unwinding_is_a_finding() {
    let explored = Series::of(7).may_abandon().explore_async(|| async {
        let handle = task::spawn(async {
            let _bomb = OnDrop(|| panic!("second"));
            panic!("first");
        });
        let _ = handle.await;
        String::new()
    });
    explored.always_finds(Kind::Panic, "aborts the process");
}

#[test]
fn destructors_may_panic_after_one_that_panicked_during_unwinding() {
    let explored = Series::of(7).may_abandon().explore(|| {
        for _ in 0..2 {
            task::spawn(async {
                let _bomb = OnDrop(|| panic!("in teardown"));
                wait_for_ever().await;
            });
        }
        thread::sleep(Duration::from_secs(1));
        let _bomb = OnDrop(|| panic!("second"));
        panic!("first");
    });
    explored.always_finds(Kind::Panic, "aborts the process");
}

/// libtest takes the panic hook when it is done, which waits until nobody is
/// inside the hook.
#[test]
fn a_process_ends_after_a_panic_during_unwinding() {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "task::teardown::a_destructor_that_panics_during_unwinding_is_a_finding",
        ])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let id = child.id();
    let (done, ended) = std::sync::mpsc::channel();
    std::thread::spawn(move || done.send(child.wait()));
    match ended.recv_timeout(Duration::from_secs(60)) {
        Ok(status) => assert!(status.unwrap().success()),
        Err(_) => {
            let kill = Command::new("kill").arg(id.to_string()).status();
            panic!("it hangs; killed: {kill:?}");
        }
    }
}

#[test]
fn a_panic_ends_the_execution_with_futures_in_every_state() {
    let explored = explore_async(70, || async {
        let (tx, mut rx) = mpsc::channel::<u32>(1);
        let (full, _kept) = mpsc::channel::<u32>(1);
        let held = Arc::new(tokio::sync::Mutex::new(()));
        let guard = Arc::clone(&held).lock_owned().await;
        // Waits for a lock, a message, a timer, room; is ready; has a handle.
        let theirs = Arc::clone(&held);
        task::spawn(async move { drop(theirs.lock().await) });
        task::spawn(async move { while rx.recv().await.is_some() {} });
        task::spawn(task::sleep(Duration::from_secs(9)));
        task::spawn(async move { while full.send(1).await.is_ok() {} });
        task::spawn(async {
            for _ in 0..9 {
                task::yield_now().await;
            }
        });
        let waits = task::spawn(pending::<()>());
        task::spawn(async move { waits.await.map_err(drop) });
        task::spawn(async move {
            task::yield_now().await;
            let _guard = guard;
            panic!("over");
        });
        wait_for_ever().await;
        drop((tx, held));
        String::new()
    });
    assert_eq!(explored.always_finds(Kind::Panic, "").message, "over");
}

#[test]
fn what_timers_hold_is_dropped_by_a_task() {
    let reached = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&reached);
    let explored = explore(7, move || {
        let counted = Arc::clone(&counted);
        let held = OnDrop(move || {
            counted.fetch_add(1, SeqCst);
            // Where there is no task to unwind, this ends worse.
            thread::yield_now();
        });
        let held = std::sync::Mutex::new(held);
        drop(go::after_func(Duration::from_secs(1), move || {
            drop(held.lock())
        }));
        thread::spawn(park_for_ever);
        panic!("over");
    });
    assert_eq!(explored.always_finds(Kind::Panic, "").message, "over");
    assert_eq!(u64::from(reached.load(SeqCst)), explored.executions);
}

#[test]
fn a_task_that_blocks_for_ever_cannot_be_aborted() {
    let explored = explore_async(35, || async {
        let handle = task::spawn(async {
            park_for_ever();
        });
        task::sleep(Duration::from_secs(1)).await;
        handle.abort();
        let _ = handle.await;
        String::new()
    });
    let finding = explored.always_finds(Kind::Deadlock, "");
    assert!(
        finding
            .waits
            .iter()
            .any(|w| w.op == jostle_core::op::OpKind::Park)
    );
}

#[test]
fn what_a_detached_task_panics_with_is_dropped() {
    struct Payload(Arc<AtomicU32>);
    impl Drop for Payload {
        fn drop(&mut self) {
            self.0.fetch_add(1, SeqCst);
        }
    }
    let options = Options {
        allowed_panics: &["Box<dyn Any>"],
        ..Options::DEFAULT
    };
    let explored = Series::of(35).options(options).explore_async(|| async {
        let dropped = Arc::new(AtomicU32::new(0));
        let payload = Payload(Arc::clone(&dropped));
        drop(task::spawn(async move { std::panic::panic_any(payload) }));
        let payload = Payload(Arc::clone(&dropped));
        let handle = task::spawn(async move { std::panic::panic_any(payload) });
        task::sleep(Duration::from_secs(1)).await;
        drop(handle);
        dropped.load(SeqCst).to_string()
    });
    explored.gives(["2"]);
}

#[test]
fn a_leaked_task_holds_its_future_until_teardown() {
    static DROPPED: AtomicU32 = AtomicU32::new(0);
    let explored = explore_async(14, || async {
        task::spawn(async {
            let _count = OnDrop(|| _ = DROPPED.fetch_add(1, SeqCst));
            let (_tx, rx) = oneshot::channel::<()>();
            rx.await.unwrap();
        });
        task::sleep(Duration::from_secs(1)).await;
        String::new()
    });
    explored.always_finds(Kind::Leak, "");
    assert_eq!(u64::from(DROPPED.load(SeqCst)), explored.executions);
}

#[test]
fn a_task_that_spins_is_unwound_while_another_one_is_stuck() {
    // The younger task unwinds and waits for a lock in its destructor. The older
    // one holds the lock and does nothing but yield.
    let explored = explore(7, || {
        let lock = Arc::new(sync::Mutex::new(()));
        let theirs = Arc::clone(&lock);
        thread::spawn(move || {
            let _held = theirs.lock().unwrap();
            loop {
                thread::yield_now();
            }
        });
        thread::sleep(Duration::from_secs(1));
        let theirs = Arc::clone(&lock);
        thread::spawn(move || {
            let _lock = OnDrop(move || drop(theirs.lock()));
            park_for_ever();
        });
        thread::sleep(Duration::from_secs(1));
        panic!("over");
    });
    explored.always_finds(Kind::Panic, "");
}
