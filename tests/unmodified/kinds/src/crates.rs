//! The same kinds through parking_lot, crossbeam and rayon.
use crossbeam::atomic::AtomicCell;
use crossbeam::channel::{bounded, select, tick, unbounded};
use crossbeam::queue::{ArrayQueue, SegQueue};
use crossbeam::sync::{Parker, WaitGroup};
use parking_lot::{Condvar, Mutex, Once, ReentrantMutex, RwLock, RwLockUpgradableReadGuard};
use rayon::prelude::*;
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering::*};
use std::thread;
use std::time::Duration;

twins! {
    pl_ab_ba => bug_pl_ab_ba, ok_pl_ab_ba;
    pl_recursive_read => bug_pl_recursive_read, ok_pl_recursive_read;
    pl_upgrade => bug_pl_upgrade, ok_pl_upgrade;
    pl_no_predicate => bug_pl_no_predicate, ok_pl_no_predicate;
    pl_reentrant => bug_pl_reentrant, ok_pl_reentrant;
    pl_once => bug_pl_once, ok_pl_once;
    pl_force_unlock => bug_pl_force_unlock, ok_pl_force_unlock;
    pl_try_lock => bug_pl_try_lock, ok_pl_try_lock;
    cb_atomic_cell => bug_cb_atomic_cell, ok_cb_atomic_cell;
    cb_len_then_pop => bug_cb_len_then_pop, ok_cb_len_then_pop;
    cb_full_queue => bug_cb_full_queue, ok_cb_full_queue;
    cb_channel_circle => bug_cb_channel_circle, ok_cb_channel_circle;
    cb_select_order => bug_cb_select_order, ok_cb_select_order;
    cb_tick_ends_it => bug_cb_tick_ends_it, ok_cb_tick_ends_it;
    cb_wait_group => bug_cb_wait_group, ok_cb_wait_group;
    cb_parker => bug_cb_parker, ok_cb_parker;
    ra_check_then_act => bug_ra_check_then_act, ok_ra_check_then_act;
    ra_counter => bug_ra_counter, ok_ra_counter;
    ra_order => bug_ra_order, ok_ra_order;
    ra_shared_vec => bug_ra_shared_vec, ok_ra_shared_vec;
    ra_lock_in_join => bug_ra_lock_in_join, ok_ra_lock_in_join;
    ra_wait_in_pool => bug_ra_wait_in_pool, ok_ra_wait_in_pool;
}

/// AB-BA with parking_lot. Order: each has its first lock.
fn pl_ab_ba(fixed: bool) {
    let (a, b) = (Mutex::new(0), Mutex::new(0));
    let add = |first: &Mutex<i32>, second: &Mutex<i32>| {
        let first = first.lock();
        *second.lock() += *first;
    };
    thread::scope(|s| {
        s.spawn(|| add(&a, &b));
        if fixed { add(&a, &b) } else { add(&b, &a) }
    });
}

/// A reader reads again. Order: a writer waits in between; parking_lot lets it go first.
fn pl_recursive_read(fixed: bool) {
    let table = RwLock::new(1);
    thread::scope(|s| {
        s.spawn(|| *table.write() += 1);
        let outer = table.read();
        let inner = if fixed {
            table.read_recursive()
        } else {
            table.read()
        };
        assert_eq!(*outer, *inner);
    });
}

/// An upgradable reader is upgraded under another lock, which a reader takes under its read lock.
/// Order: both locks read or held, then each wants the other.
fn pl_upgrade(fixed: bool) {
    let (table, log) = (RwLock::new(1), Mutex::new(Vec::new()));
    thread::scope(|s| {
        s.spawn(|| {
            let table = table.read();
            log.lock().push(*table);
        });
        if fixed {
            let read = table.upgradable_read();
            *RwLockUpgradableReadGuard::upgrade(read) += 1;
            log.lock().push(0);
        } else {
            let mut log = log.lock();
            let read = table.upgradable_read();
            *RwLockUpgradableReadGuard::upgrade(read) += 1;
            log.push(0);
        }
    });
}

/// A wait without a predicate. Order: notified before the wait.
fn pl_no_predicate(fixed: bool) {
    let (done, changed) = (Mutex::new(false), Condvar::new());
    thread::scope(|s| {
        s.spawn(|| {
            *done.lock() = true;
            changed.notify_one();
        });
        let mut guard = done.lock();
        if fixed {
            changed.wait_while(&mut guard, |done| !*done);
        } else {
            changed.wait(&mut guard);
        }
    });
}

/// A reentrant lock does not guard a look and a change that take it one by one. Order: the other
/// comes in between.
fn pl_reentrant(fixed: bool) {
    let total = ReentrantMutex::new(Cell::new(0));
    let add = || {
        let _outer = fixed.then(|| total.lock());
        let seen = total.lock().get();
        total.lock().set(seen + 1);
    };
    thread::scope(|s| {
        s.spawn(add);
        add();
    });
    assert_eq!(total.lock().get(), 2);
}

/// `Once::state` is looked at instead of called. Order: the initializer has begun and not ended.
fn pl_once(fixed: bool) {
    let (once, value) = (Once::new(), AtomicU32::new(0));
    let init = || {
        value.store(1, SeqCst);
        value.store(7, SeqCst);
    };
    thread::scope(|s| {
        s.spawn(|| once.call_once(init));
        let there = match once.state() {
            parking_lot::OnceState::New => false,
            parking_lot::OnceState::Done => true,
            _ => !fixed,
        };
        if there {
            assert_eq!(value.load(SeqCst), 7);
        }
    });
}

/// A lock is opened by force by one who thinks that its holder is gone. Order: the holder is not.
fn pl_force_unlock(fixed: bool) {
    let total = Mutex::new(0u64);
    thread::scope(|s| {
        let holder = s.spawn(|| {
            let mut guard = total.lock();
            *guard += 1;
            std::mem::forget(guard);
        });
        s.spawn(|| ()).join().unwrap();
        if fixed {
            holder.join().unwrap();
        }
        if total.is_locked() {
            // SAFETY: none if the holder runs yet.
            unsafe { total.force_unlock() };
        }
        if let Some(mut guard) = total.try_lock() {
            *guard += 1;
        }
    });
}

/// Who does not get the lock thinks that the other will do its work. Order: the other has looked
/// already and not yet let go.
fn pl_try_lock(fixed: bool) {
    let (work, lock, done) = (AtomicU32::new(0), Mutex::new(()), AtomicU32::new(0));
    let submit = || {
        work.fetch_add(1, SeqCst);
        loop {
            let Some(guard) = lock.try_lock() else { return };
            done.fetch_add(work.swap(0, SeqCst), SeqCst);
            drop(guard);
            if !fixed || work.load(SeqCst) == 0 {
                return;
            }
        }
    };
    thread::scope(|s| {
        s.spawn(submit);
        submit();
    });
    assert_eq!(done.load(SeqCst), 2);
}

/// `AtomicCell` of a struct, loaded and stored. Order: both load before either stores.
fn cb_atomic_cell(fixed: bool) {
    #[derive(Clone, Copy, PartialEq, Eq)]
    struct Point(u64, u64, u64);
    let cell = AtomicCell::new(Point(0, 0, 0));
    let step = || {
        let mut at = cell.load();
        if fixed {
            while let Err(seen) = cell.compare_exchange(at, Point(at.0 + 1, 0, 0)) {
                at = seen;
            }
        } else {
            cell.store(Point(at.0 + 1, 0, 0));
        }
    };
    thread::scope(|s| {
        s.spawn(step);
        step();
    });
    assert_eq!(cell.load().0, 2);
}

/// A queue is looked at, then popped and unwrapped. Order: both see the last item.
fn cb_len_then_pop(fixed: bool) {
    let queue = SegQueue::new();
    queue.push(1);
    let pop = || {
        if !queue.is_empty() {
            let item = queue.pop();
            if !fixed {
                item.expect("not empty");
            }
        }
    };
    thread::scope(|s| {
        s.spawn(pop);
        pop();
    });
}

/// A bounded queue whose refusal is ignored. Order: both pushes come before the first pop.
fn cb_full_queue(fixed: bool) {
    let (queue, closed) = (ArrayQueue::new(1), AtomicBool::new(false));
    let mut popped = 0;
    thread::scope(|s| {
        s.spawn(|| {
            for n in 0..2 {
                let mut refused = queue.push(n);
                while fixed && refused.is_err() {
                    thread::yield_now();
                    refused = queue.push(n);
                }
                for _ in 0..3 {
                    thread::spawn(|| ()).join().unwrap();
                }
            }
            closed.store(true, SeqCst);
        });
        while !closed.load(SeqCst) || !queue.is_empty() {
            popped += queue.pop().map_or(0, |_| 1);
            thread::yield_now();
        }
    });
    assert_eq!(popped, 2);
}

/// A stage and its user send to each other over channels of one. Order: nothing has come back when
/// the user looks, once, and both channels are full later.
fn cb_channel_circle(fixed: bool) {
    let (there, back) = (bounded(1), bounded(if fixed { 4 } else { 1 }));
    thread::scope(|s| {
        s.spawn(|| {
            for _ in 0..4 {
                let n: u32 = there.1.recv().unwrap();
                back.0.send(n).unwrap();
            }
        });
        let mut got = 0;
        for n in 0..4 {
            there.0.send(n).unwrap();
            if n == 1 {
                s.spawn(|| ()).join().unwrap();
                got += back.1.try_iter().count();
            }
        }
        while got < 4 {
            back.1.recv().unwrap();
            got += 1;
        }
    });
}

/// A `select!` over work and stop. Order: both are ready, and stop is taken first.
fn cb_select_order(fixed: bool) {
    let (work, todo) = unbounded();
    let (stop, stopped) = unbounded::<()>();
    let worker = thread::spawn(move || {
        let mut done = 0;
        loop {
            select! {
                recv(todo) -> _ => done += 1,
                recv(stopped) -> _ => return done + if fixed { todo.try_iter().count() } else { 0 },
            }
        }
    });
    work.send(1).unwrap();
    thread::spawn(|| ()).join().unwrap();
    stop.send(()).unwrap();
    assert_eq!(worker.join().unwrap(), 1);
}

/// A result is given up at a tick. Order: the tick comes before the result.
fn cb_tick_ends_it(fixed: bool) {
    let (sender, result) = bounded(1);
    thread::scope(|s| {
        s.spawn(move || sender.send(1));
        let ticks = tick(Duration::from_millis(50));
        let got = loop {
            select! {
                recv(result) -> n => break n.ok(),
                recv(ticks) -> _ => if !fixed { break None },
            }
        };
        assert_eq!(got, Some(1));
    });
}

/// A wait group is cloned inside the thread that it should wait for. Order: waited before cloned.
fn cb_wait_group(fixed: bool) {
    let (group, done) = (WaitGroup::new(), AtomicBool::new(false));
    let weak = std::sync::Mutex::new(Some(group.clone()));
    thread::scope(|s| {
        if !fixed {
            let kept = weak.lock().unwrap().take();
            s.spawn(|| {
                done.store(true, SeqCst);
            });
            drop(kept);
        } else {
            let kept = weak.lock().unwrap().take();
            let done = &done;
            s.spawn(move || {
                done.store(true, SeqCst);
                drop(kept);
            });
        }
        s.spawn(|| ()).join().unwrap();
        group.wait();
        assert!(done.load(SeqCst));
    });
}

/// A `Parker` keeps one token. Order: both unparks before the first park.
fn cb_parker(fixed: bool) {
    let (parker, events) = (Parker::new(), AtomicUsize::new(0));
    let unparker = parker.unparker().clone();
    let events = &events;
    thread::scope(|s| {
        s.spawn(move || {
            for n in 1..=2 {
                if fixed {
                    while events.load(SeqCst) < n {
                        parker.park();
                    }
                } else {
                    parker.park();
                }
            }
        });
        for _ in 0..2 {
            events.fetch_add(1, SeqCst);
            unparker.unpark();
            s.spawn(|| ()).join().unwrap();
        }
    });
}

/// A pool of two for each test, so that its threads end with it.
fn pool() -> rayon::ThreadPool {
    rayon::ThreadPoolBuilder::new()
        .num_threads(2)
        .build()
        .unwrap()
}

/// Two halves of a join look and act. Order: the second half was stolen, and both look first.
fn ra_check_then_act(fixed: bool) {
    let (free, taken) = (AtomicBool::new(true), AtomicU32::new(0));
    let take = || {
        let mine = if fixed {
            free.swap(false, SeqCst)
        } else {
            free.load(SeqCst)
        };
        if mine {
            free.store(false, SeqCst);
            taken.fetch_add(1, SeqCst);
        }
    };
    pool().join(take, take);
    assert_eq!(taken.load(SeqCst), 1);
}

/// A parallel loop counts by load and store. Order: two loads before a store.
fn ra_counter(fixed: bool) {
    let count = AtomicUsize::new(0);
    pool().install(|| {
        (0..4).into_par_iter().for_each(|_| {
            if fixed {
                count.fetch_add(1, SeqCst);
            } else {
                count.store(count.load(SeqCst) + 1, SeqCst);
            }
        });
    });
    assert_eq!(count.load(SeqCst), 4);
}

/// A parallel loop pushes in the order in which it runs. Order: the right half first.
fn ra_order(fixed: bool) {
    let list = std::sync::Mutex::new(Vec::new());
    pool().install(|| {
        if fixed {
            *list.lock().unwrap() = (0..4).into_par_iter().collect();
        } else {
            (0..4)
                .into_par_iter()
                .for_each(|n| list.lock().unwrap().push(n));
        }
    });
    assert_eq!(*list.lock().unwrap(), [0, 1, 2, 3]);
}

/// A parallel loop writes to one place of a shared slice. Order: two threads share the loop.
fn ra_shared_vec(fixed: bool) {
    let mut sums = vec![0u64; 4];
    let address = sums.as_mut_ptr() as usize;
    pool().install(|| {
        (0..4usize).into_par_iter().for_each(|i| {
            let at = if fixed { i } else { i / 4 };
            unsafe { *(address as *mut u64).add(at) += 1 };
        });
    });
    assert!(sums.iter().sum::<u64>() <= 4);
}

/// Both halves of two joins lock in opposite order. Order: each half has its first lock.
fn ra_lock_in_join(fixed: bool) {
    let (a, b) = (Mutex::new(0), Mutex::new(0));
    let both = |first: &Mutex<i32>, second: &Mutex<i32>| {
        let first = first.lock();
        *second.lock() += *first;
    };
    pool().join(
        || both(&a, &b),
        || if fixed { both(&a, &b) } else { both(&b, &a) },
    );
}

/// One half of a join waits for a message of the other. Order: nobody steals the other half before
/// the pool's second thread has begun to wait in another such pair.
fn ra_wait_in_pool(fixed: bool) {
    let pool = pool();
    let (done, ended) = unbounded();
    for _ in 0..2 {
        let done = done.clone();
        pool.spawn(move || {
            let (sender, receiver) = bounded(1);
            let wait = move || receiver.recv().unwrap();
            let send = move || sender.send(1).unwrap();
            if fixed {
                rayon::join(send, || ());
                wait();
            } else {
                rayon::join(wait, send);
            }
            done.send(()).unwrap();
        });
        // Usually longer than the first pair takes.
        for _ in 0..4 {
            thread::spawn(|| ()).join().unwrap();
        }
    }
    drop(done);
    assert_eq!(ended.iter().count(), 2);
}
