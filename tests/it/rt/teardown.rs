//! Executions that end early leave nothing behind: their tasks are unwound, in
//! any state, without a panic in a destructor and without end.

use std::cell::Cell;
use std::time::Duration;

use jostle::sync::atomic::{AtomicBool, Ordering};
use jostle::sync::{Arc, Barrier, Condvar, LazyLock, Mutex, Once, OnceLock, RwLock, mpsc};
use jostle::thread;
use jostle_core::finding::Kind;
use jostle_core::op::OpKind;

use crate::support::explore::{Series, explore, trace};

std::thread_local! {
    /// How many destructors of `Counted` have run in this execution.
    static DROPPED: Cell<u32> = const { Cell::new(0) };
}

/// Unlike a `park`, this never ends without reason.
fn forever() {
    thread::sleep(Duration::from_secs(1_000_000));
}

/// Says that it was dropped.
struct Counted;

impl Drop for Counted {
    fn drop(&mut self) {
        DROPPED.set(DROPPED.get() + 1);
    }
}

/// Ends the execution while tasks wait in every way there is.
#[test]
fn tasks_are_unwound_wherever_they_wait() {
    let explored = explore(100, || {
        // Eleven tasks, and a message sent and one to be sent.
        let dropped = DROPPED.replace(0);
        assert!(
            dropped == 0 || dropped == 13,
            "{dropped} values were dropped"
        );
        let lock = Arc::new(Mutex::new(()));
        let rw = Arc::new(RwLock::new(()));
        let pair = Arc::new((Mutex::new(()), Condvar::new()));
        let barrier = Arc::new(Barrier::new(50));
        let once = Arc::new(Once::new());
        let cell = Arc::new(OnceLock::new());
        let (tx, rx) = mpsc::channel::<()>();
        let (full, room) = mpsc::sync_channel(1);
        let (offer, accept) = mpsc::sync_channel(0);
        full.send(Counted).unwrap();
        let _held = lock.lock().unwrap();
        let _read = rw.read().unwrap();
        let wait: Vec<Box<dyn FnOnce() + Send>> = vec![
            {
                let lock = Arc::clone(&lock);
                Box::new(move || drop(lock.lock()))
            },
            {
                let rw = Arc::clone(&rw);
                Box::new(move || drop(rw.write()))
            },
            Box::new(move || drop(pair.1.wait(pair.0.lock().unwrap()))),
            Box::new(move || {
                let _ = barrier.wait();
            }),
            Box::new(move || once.wait()),
            Box::new(move || {
                let _: &u32 = cell.wait();
            }),
            Box::new(move || {
                let _ = rx.recv();
            }),
            Box::new(move || drop(full.send(Counted))),
            Box::new(move || {
                let _ = offer.send(());
            }),
            Box::new(thread::park),
            Box::new(|| thread::sleep(Duration::from_secs(1))),
        ];
        for wait in wait {
            let counted = Counted;
            thread::spawn(move || {
                let _counted = counted;
                wait();
            });
        }
        thread::sleep(Duration::from_millis(1));
        let _keep = (tx, room, accept);
        panic!("the end");
    });
    explored.always_finds(Kind::Panic, "the end");
}

/// Ends the execution while tasks have resumed one another, forty deep at most.
#[test]
fn tasks_are_unwound_whoever_resumed_them() {
    let explored = explore(100, || {
        let dropped = DROPPED.replace(0);
        assert!(
            dropped == 0 || dropped == 40,
            "{dropped} values were dropped"
        );
        let left = Arc::new(Mutex::new(500));
        let tasks: Vec<_> = (0..40)
            .map(|_| {
                let (left, counted) = (Arc::clone(&left), Counted);
                thread::spawn(move || {
                    let _counted = counted;
                    loop {
                        thread::yield_now();
                        let mut left = left.lock().unwrap();
                        *left -= 1;
                        assert!(*left > 0, "the end");
                    }
                })
            })
            .collect();
        for task in tasks {
            let _ = task.join();
        }
    });
    explored.always_finds(Kind::Panic, "the end");
}

/// Uses every primitive in its destructor.
struct UsesEverything {
    lock: Arc<Mutex<u32>>,
    rw: Arc<RwLock<u32>>,
    changed: Condvar,
    cell: OnceLock<u32>,
    lazy: LazyLock<u32>,
    once: Once,
    flag: AtomicBool,
    tx: mpsc::Sender<u32>,
}

impl Drop for UsesEverything {
    fn drop(&mut self) {
        *self.lock.lock().unwrap() += 1;
        drop(self.lock.try_lock());
        *self.rw.write().unwrap() += 1;
        drop(self.rw.read().unwrap());
        self.changed.notify_one();
        let held = self.lock.lock().unwrap();
        let limit = Duration::from_millis(1);
        drop(self.changed.wait_timeout(held, limit).unwrap());
        self.cell.get_or_init(|| 1);
        assert_eq!(*self.lazy, 1);
        self.once.call_once(|| {});
        self.flag.store(true, Ordering::SeqCst);
        let _ = self.tx.send(1);
        let (tx, rx) = mpsc::channel();
        tx.send(1).unwrap();
        assert_eq!((rx.recv(), rx.try_recv().is_err()), (Ok(1), true));
        drop(tx);
        assert!(rx.recv().is_err() && rx.recv_timeout(limit).is_err());
        thread::yield_now();
        thread::park_timeout(limit);
        thread::sleep(limit);
        thread::current().unpark();
        jostle::hint::spin_loop();
        DROPPED.set(DROPPED.get() + 1);
    }
}

#[test]
fn destructors_use_primitives() {
    let explored = explore(200, || {
        let dropped = DROPPED.replace(0);
        assert!(dropped == 0 || dropped == 2, "{dropped} destructors ended");
        let lock = Arc::new(Mutex::new(0));
        let rw = Arc::new(RwLock::new(0));
        let (tx, rx) = mpsc::channel();
        for _ in 0..2 {
            let user = UsesEverything {
                lock: Arc::clone(&lock),
                rw: Arc::clone(&rw),
                changed: Condvar::new(),
                cell: OnceLock::new(),
                lazy: LazyLock::new(|| 1),
                once: Once::new(),
                flag: AtomicBool::new(false),
                tx: tx.clone(),
            };
            let lock = Arc::clone(&lock);
            thread::spawn(move || {
                let user = user;
                // Held when the execution ends, and then released before the
                // destructor takes it.
                let _held = lock.lock().unwrap();
                forever();
                drop(user);
            });
        }
        thread::sleep(Duration::from_millis(1));
        drop(rx);
        panic!("the end");
    });
    explored.always_finds(Kind::Panic, "the end");
}

/// Waits for a flag in its destructor.
struct WaitsInDrop(Arc<(Mutex<bool>, Condvar)>);

impl Drop for WaitsInDrop {
    fn drop(&mut self) {
        let (flag, changed) = &*self.0;
        let mut set = flag.lock().unwrap();
        while !*set {
            set = changed.wait(set).unwrap();
        }
    }
}

#[test]
fn a_destructor_that_waits_for_ever_does_not_hang_the_teardown() {
    let explored = Series::of(50).once().may_abandon().explore(|| {
        let shared = Arc::new((Mutex::new(false), Condvar::new()));
        let theirs = WaitsInDrop(shared);
        thread::spawn(move || {
            let _theirs = theirs;
            forever();
        });
        panic!("the end");
    });
    explored.always_finds(Kind::Panic, "the end");
    assert_eq!(explored.abandoned, 50);
}

/// Sets a flag in its destructor.
struct SetsInDrop(Arc<(Mutex<bool>, Condvar)>);

impl Drop for SetsInDrop {
    fn drop(&mut self) {
        *self.0.0.lock().unwrap() = true;
        self.0.1.notify_all();
    }
}

/// The older task is unwound after the younger one whose destructor waits for
/// it, and by then this OS thread is panicking already.
#[test]
fn a_destructor_that_waits_for_an_older_task_gets_its_turn_again() {
    let explored = explore(50, || {
        let shared = Arc::new((Mutex::new(false), Condvar::new()));
        let sets = SetsInDrop(Arc::clone(&shared));
        let (tx, rx) = mpsc::channel::<()>();
        thread::spawn(move || {
            let _sets = sets;
            // Never ends by itself, not even if nothing is received.
            while rx.recv().is_ok() || !thread::panicking() {}
        });
        let waits = WaitsInDrop(shared);
        thread::spawn(move || {
            let _waits = waits;
            forever();
        });
        std::mem::forget(tx);
        panic!("the end");
    });
    explored.always_finds(Kind::Panic, "the end");
}

/// The point before an unlock that somebody's `try_lock` can tell is where the
/// execution ends. The lock must come free all the same.
#[test]
fn a_lock_is_released_although_the_execution_ends_in_the_release() {
    let explored = explore(300, || {
        let locks = Arc::new((Mutex::new(()), RwLock::new(()), RwLock::new(())));
        let theirs = Arc::clone(&locks);
        let others: Vec<_> = (0..3)
            .map(|n| {
                let locks = Arc::clone(&theirs);
                thread::spawn(move || match n {
                    0 => drop(locks.0.lock()),
                    1 => drop(locks.1.write()),
                    _ => drop(locks.2.read()),
                })
            })
            .collect();
        let failed = locks.0.try_lock().is_err()
            || locks.1.try_read().is_err()
            || locks.2.try_write().is_err();
        assert!(!failed, "somebody holds it");
        struct Takes(Arc<(Mutex<()>, RwLock<()>, RwLock<()>)>);
        impl Drop for Takes {
            fn drop(&mut self) {
                drop((self.0.0.lock(), self.0.1.write(), self.0.2.write()));
            }
        }
        let _takes = Takes(locks);
        for other in others {
            other.join().unwrap();
        }
    });
    explored.finds(Kind::Panic, "somebody holds it");
    assert!(explored.count("ok") > 0);
}

/// The point before the last sender goes is where the execution ends. The
/// receiver must learn of it all the same, or its destructor waits for ever.
#[test]
fn a_channel_is_disconnected_although_the_execution_ends_there() {
    struct Drains(mpsc::Receiver<u32>);
    impl Drop for Drains {
        fn drop(&mut self) {
            while self.0.recv().is_ok() {}
        }
    }
    let explored = explore(100, || {
        let (tx, rx) = mpsc::channel();
        let drains = Drains(rx);
        thread::spawn(move || {
            let _drains = drains;
            forever();
        });
        let stop = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&stop);
        thread::spawn(move || {
            tx.send(1).unwrap();
            drop(tx);
            theirs.store(true, Ordering::SeqCst);
        });
        assert!(stop.load(Ordering::SeqCst), "too early");
    });
    assert!(explored.count("panic: too early") > 0);
}

/// An initialization that is cut off is not poisoned: destructors of other tasks
/// may still want the value, and a panic there would end the process.
#[test]
fn an_initialization_that_was_cut_off_can_be_done_by_a_destructor() {
    struct Initializes(Arc<(OnceLock<u32>, Once, LazyLock<u32>)>);
    impl Drop for Initializes {
        fn drop(&mut self) {
            assert_eq!(*self.0.0.get_or_init(|| 2), 2);
            self.0.1.call_once(|| {});
            assert_eq!(*self.0.2, 3);
        }
    }
    let explored = explore(50, || {
        let lazy = LazyLock::new(
            (|| {
                if !thread::panicking() {
                    thread::park();
                }
                3
            }) as fn() -> u32,
        );
        let cells = Arc::new((OnceLock::new(), Once::new(), lazy));
        let initializes = Initializes(Arc::clone(&cells));
        thread::spawn(move || {
            let _initializes = initializes;
            forever();
        });
        for n in 0..3 {
            let cells = Arc::clone(&cells);
            thread::spawn(move || match n {
                0 => {
                    cells.0.get_or_init(|| {
                        forever();
                        1
                    });
                }
                1 => cells.1.call_once(forever),
                _ => {
                    let _: u32 = *cells.2;
                }
            });
        }
        thread::sleep(Duration::from_millis(1));
        panic!("the end");
    });
    explored.always_finds(Kind::Panic, "the end");
}

/// What destructors do afterwards is not part of what happened.
#[test]
fn the_record_ends_with_the_execution() {
    let trace = trace(|| {
        let lock = Arc::new(Mutex::new(()));
        let theirs = Arc::clone(&lock);
        thread::spawn(move || {
            let _held = theirs.lock().unwrap();
            forever();
        });
        thread::sleep(Duration::from_millis(1));
        panic!("the end");
    });
    let kinds: Vec<_> = trace.steps.iter().map(|s| s.kind).collect();
    assert!(kinds.contains(&OpKind::Lock));
    assert!(!kinds.contains(&OpKind::Unlock), "{kinds:?}");
}
