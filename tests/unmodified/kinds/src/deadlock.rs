//! Circles of threads that wait for one another.
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{TryRecvError, sync_channel};
use std::sync::{Arc, Barrier, Condvar, Mutex, Once, RwLock, Weak};
use std::thread;

twins! {
    ab_ba => bug_ab_ba, ok_ab_ba;
    philosophers => bug_philosophers, ok_philosophers;
    transfer => bug_transfer, ok_transfer;
    recursive_read => bug_recursive_read, ok_recursive_read;
    read_then_write => bug_read_then_write, ok_read_then_write;
    crossed_read_and_write => bug_crossed_read_and_write, ok_crossed_read_and_write;
    wait_with_a_lock => bug_wait_with_a_lock, ok_wait_with_a_lock;
    rendezvous => bug_rendezvous, ok_rendezvous;
    join_with_a_lock => bug_join_with_a_lock, ok_join_with_a_lock;
    join_each_other => bug_join_each_other, ok_join_each_other;
    scope_ends_with_a_lock => bug_scope_ends_with_a_lock, ok_scope_ends_with_a_lock;
    barrier_left_out => bug_barrier_left_out, ok_barrier_left_out;
    lock_inside_once => bug_lock_inside_once, ok_lock_inside_once;
    both_park => bug_both_park, ok_both_park;
    callback_with_a_lock => bug_callback_with_a_lock, ok_callback_with_a_lock;
    drop_with_a_lock => bug_drop_with_a_lock, ok_drop_with_a_lock;
    permits_one_by_one => bug_permits_one_by_one, ok_permits_one_by_one;
}

/// AB-BA. Order: each thread takes its first lock before either takes its second.
fn ab_ba(fixed: bool) {
    let locks = (Mutex::new(1), Mutex::new(2));
    thread::scope(|s| {
        s.spawn(|| {
            let a = locks.0.lock().unwrap();
            let b = locks.1.lock().unwrap();
            assert_eq!(*a + *b, 3);
        });
        if fixed {
            let a = locks.0.lock().unwrap();
            let b = locks.1.lock().unwrap();
            assert_eq!(*a + *b, 3);
        } else {
            let b = locks.1.lock().unwrap();
            let a = locks.0.lock().unwrap();
            assert_eq!(*a + *b, 3);
        }
    });
}

/// A ring of three. Order: every philosopher takes the left fork before any takes the right one.
fn philosophers(fixed: bool) {
    let forks = [Mutex::new(()), Mutex::new(()), Mutex::new(())];
    thread::scope(|s| {
        for seat in 0..3 {
            let forks = &forks;
            s.spawn(move || {
                let (mut left, mut right) = (seat, (seat + 1) % 3);
                if fixed && left > right {
                    (left, right) = (right, left);
                }
                let _left = forks[left].lock().unwrap();
                let _right = forks[right].lock().unwrap();
            });
        }
    });
}

/// Money moves both ways between two accounts, the payer locked first. Order: both payers locked,
/// then both payees wanted.
fn transfer(fixed: bool) {
    let accounts = [Mutex::new(10), Mutex::new(10), Mutex::new(10)];
    let pay = |from: usize, to: usize| {
        let (mut payer, mut payee);
        if fixed && to < from {
            payee = accounts[to].lock().unwrap();
            payer = accounts[from].lock().unwrap();
        } else {
            payer = accounts[from].lock().unwrap();
            payee = accounts[to].lock().unwrap();
        }
        *payer -= 1;
        *payee += 1;
    };
    thread::scope(|s| {
        s.spawn(|| pay(0, 1));
        s.spawn(|| pay(2, 0));
        pay(1, 2);
    });
    let sum: i32 = accounts.iter().map(|a| *a.lock().unwrap()).sum();
    assert_eq!(sum, 30);
}

/// A reader reads again. Order: a writer comes to wait between its two read locks, and later
/// readers stand behind the writer.
fn recursive_read(fixed: bool) {
    let table = RwLock::new(vec![1, 2, 3]);
    thread::scope(|s| {
        s.spawn(|| table.write().unwrap().push(4));
        let outer = table.read().unwrap();
        let first = outer[0];
        if fixed {
            drop(outer);
            assert_eq!(table.read().unwrap()[0], first);
        } else {
            assert_eq!(table.read().unwrap()[0], first);
            drop(outer);
        }
    });
}

/// The read guard of a `match` lives through its arms, one of which writes. Order: the child looks
/// before the key is inserted.
fn read_then_write(fixed: bool) {
    let cache = RwLock::new(HashMap::new());
    thread::scope(|s| {
        s.spawn(|| {
            if fixed {
                let found = cache.read().unwrap().get(&1).copied();
                if found.is_none() {
                    cache.write().unwrap().insert(1, "one");
                }
            } else {
                match cache.read().unwrap().get(&1) {
                    Some(_) => {}
                    None => {
                        cache.write().unwrap().insert(1, "one");
                    }
                }
            }
        });
        cache.write().unwrap().insert(1, "one");
    });
    assert_eq!(cache.read().unwrap().len(), 1);
}

/// Each thread reads one table and writes the other. Order: both read guards taken first.
fn crossed_read_and_write(fixed: bool) {
    let (users, groups) = (RwLock::new(1), RwLock::new(1));
    thread::scope(|s| {
        s.spawn(|| {
            let user = users.read().unwrap();
            *groups.write().unwrap() += *user;
        });
        if fixed {
            let group = *groups.read().unwrap();
            *users.write().unwrap() += group;
        } else {
            let group = groups.read().unwrap();
            *users.write().unwrap() += *group;
        }
    });
}

/// A thread waits on a condition variable with another lock in hand. Order: it waits before the
/// notifier, who wants that lock, has set the flag.
fn wait_with_a_lock(fixed: bool) {
    let log = Mutex::new(Vec::new());
    let (ready, changed) = (Mutex::new(false), Condvar::new());
    thread::scope(|s| {
        s.spawn(|| {
            let mut entries = log.lock().unwrap();
            entries.push("waits");
            if fixed {
                drop(entries);
                drop(changed.wait_while(ready.lock().unwrap(), |r| !*r).unwrap());
            } else {
                drop(changed.wait_while(ready.lock().unwrap(), |r| !*r).unwrap());
                drop(entries);
            }
        });
        log.lock().unwrap().push("ready");
        *ready.lock().unwrap() = true;
        changed.notify_one();
    });
}

/// Both sides send before they receive, over channels without room. Order: the child looks for a
/// message before the other side has come to send one.
fn rendezvous(fixed: bool) {
    let room = usize::from(fixed);
    let (to_child, from_main) = sync_channel(room);
    let (to_main, from_child) = sync_channel(room);
    thread::scope(|s| {
        s.spawn(move || match from_main.try_recv() {
            Ok(n) => to_main.send(n).unwrap(),
            Err(TryRecvError::Empty) => {
                to_main.send(0).unwrap();
                from_main.recv().unwrap();
            }
            Err(TryRecvError::Disconnected) => unreachable!(),
        });
        to_child.send(1).unwrap();
        from_child.recv().unwrap();
    });
}

/// A thread is joined with a lock in hand that it wants. Order: the worker has not had its turn
/// when main takes the lock, for which another thread was waited for.
fn join_with_a_lock(fixed: bool) {
    let total = Arc::new(Mutex::new(0));
    let worker = {
        let total = total.clone();
        thread::spawn(move || *total.lock().unwrap() += 1)
    };
    thread::spawn(|| ()).join().unwrap();
    if fixed {
        worker.join().unwrap();
        *total.lock().unwrap() += 1;
    } else {
        let mut guard = total.lock().unwrap();
        worker.join().unwrap();
        *guard += 1;
    }
    assert_eq!(*total.lock().unwrap(), 2);
}

/// Two threads look for each other's handle and join it. Order: both handles are there before
/// either thread looks.
fn join_each_other(fixed: bool) {
    let handles: Arc<[Mutex<Option<thread::JoinHandle<()>>>; 2]> = Arc::default();
    let (alive, ended) = sync_channel::<()>(0);
    let start = |me: usize| {
        let (handles, alive) = (handles.clone(), alive.clone());
        thread::spawn(move || {
            let _alive = alive;
            if fixed && me == 0 {
                return;
            }
            let other = handles[1 - me].lock().unwrap().take();
            if let Some(other) = other {
                other.join().unwrap();
            }
        })
    };
    let first = start(0);
    *handles[0].lock().unwrap() = Some(first);
    let second = start(1);
    *handles[1].lock().unwrap() = Some(second);
    drop(alive);
    assert!(ended.recv().is_err());
}

/// A scope waits for its threads while it returns a guard. Order: the worker has not had
/// its turn when main takes the lock.
fn scope_ends_with_a_lock(fixed: bool) {
    let total = Mutex::new(0);
    let guard = thread::scope(|s| {
        let worker = s.spawn(|| *total.lock().unwrap() += 1);
        s.spawn(|| ()).join().unwrap();
        if fixed {
            worker.join().unwrap();
        }
        total.lock().unwrap()
    });
    assert_eq!(*guard, 1);
}

/// Two workers meet at a barrier unless they were told to stop. Order: the stop comes between the
/// looks of the two, so that one waits alone.
fn barrier_left_out(fixed: bool) {
    let (barrier, stop) = (Barrier::new(2), AtomicBool::new(false));
    thread::scope(|s| {
        for _ in 0..2 {
            s.spawn(|| {
                if fixed {
                    barrier.wait();
                    let _ = stop.load(SeqCst);
                } else if !stop.load(SeqCst) {
                    barrier.wait();
                }
            });
        }
        s.spawn(|| stop.store(true, SeqCst));
    });
}

/// An initializer wants a lock, under which another thread waits for the initializer. Order: the
/// initializer runs, and the lock is taken, before either goes on.
fn lock_inside_once(fixed: bool) {
    let (once, config) = (Once::new(), Mutex::new(0));
    let init = || once.call_once(|| *config.lock().unwrap() = 7);
    thread::scope(|s| {
        s.spawn(init);
        if fixed {
            init();
            assert_eq!(*config.lock().unwrap(), 7);
        } else {
            let guard = config.lock().unwrap();
            // Who finds it done does not wait.
            if *guard == 0 {
                init_elsewhere(&once);
            }
        }
    });
}

/// Waits until an initializer that has begun has ended.
fn init_elsewhere(once: &Once) {
    once.call_once(|| {});
}

/// The first of two to arrive parks until the second one wakes it. Order: both read "nobody is
/// here" before either says that it is.
fn both_park(fixed: bool) {
    let (arrived, released) = (AtomicUsize::new(0), AtomicBool::new(false));
    let threads = Mutex::new(Vec::new());
    thread::scope(|s| {
        for _ in 0..2 {
            s.spawn(|| {
                threads.lock().unwrap().push(thread::current());
                let before = if fixed {
                    arrived.fetch_add(1, SeqCst)
                } else {
                    let before = arrived.load(SeqCst);
                    arrived.store(before + 1, SeqCst);
                    before
                };
                if before == 0 {
                    while !released.load(SeqCst) {
                        thread::park();
                    }
                } else {
                    released.store(true, SeqCst);
                    threads
                        .lock()
                        .unwrap()
                        .iter()
                        .for_each(thread::Thread::unpark);
                }
            });
        }
    });
}

/// Listeners are called under the registry's lock and want the state's, under which another thread
/// registers. Order: state locked, registry locked, then both go on.
fn callback_with_a_lock(fixed: bool) {
    type Listener = Arc<dyn Fn() + Send + Sync>;
    let state = Arc::new(Mutex::new(0));
    let listeners: Mutex<Vec<Listener>> = Mutex::default();
    let add = || -> Listener {
        let state = state.clone();
        Arc::new(move || *state.lock().unwrap() += 1)
    };
    listeners.lock().unwrap().push(add());
    thread::scope(|s| {
        s.spawn(|| {
            if fixed {
                let copy = listeners.lock().unwrap().clone();
                copy.iter().for_each(|call| call());
            } else {
                listeners.lock().unwrap().iter().for_each(|call| call());
            }
        });
        let guard = state.lock().unwrap();
        listeners.lock().unwrap().push(add());
        drop(guard);
    });
}

/// A connection takes itself off a list when dropped; it is dropped under the list's lock. Order:
/// the user of the connection lets go first, so that the list's own handle is the last.
fn drop_with_a_lock(fixed: bool) {
    #[derive(Default)]
    struct List(Mutex<Vec<Arc<Connection>>>, Mutex<usize>);
    struct Connection(Weak<List>);
    impl Drop for Connection {
        fn drop(&mut self) {
            if let Some(list) = self.0.upgrade() {
                list.0
                    .lock()
                    .unwrap()
                    .retain(|c| Weak::strong_count(&c.0) > 0);
                *list.1.lock().unwrap() += 1;
            }
        }
    }
    let list = Arc::new(List::default());
    let connection = Arc::new(Connection(Arc::downgrade(&list)));
    list.0.lock().unwrap().push(connection.clone());
    let user = thread::spawn(move || drop(connection));
    if fixed {
        let removed = list.0.lock().unwrap().pop();
        drop(removed);
    } else {
        list.0.lock().unwrap().clear();
    }
    user.join().unwrap();
    assert_eq!(*list.1.lock().unwrap(), 1);
}

/// Two jobs need two of two permits and take them one by one. Order: each gets one.
fn permits_one_by_one(fixed: bool) {
    let (free, returned) = (Mutex::new(2), Condvar::new());
    let take = |n: usize| {
        let mut free = returned
            .wait_while(free.lock().unwrap(), |free| *free < n)
            .unwrap();
        *free -= n;
    };
    thread::scope(|s| {
        for _ in 0..2 {
            s.spawn(|| {
                if fixed {
                    take(2);
                } else {
                    take(1);
                    take(1);
                }
                *free.lock().unwrap() += 2;
                returned.notify_all();
            });
        }
    });
}
