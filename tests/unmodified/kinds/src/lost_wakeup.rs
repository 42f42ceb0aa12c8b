//! Waits that nobody ends, since the wake-up came too early or went to another.
use futures::executor::block_on;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::*};
use std::sync::mpsc::channel;
use std::sync::{Condvar, Mutex};
use std::task::{Poll, Waker};
use std::thread;

twins! {
    no_predicate => bug_no_predicate, ok_no_predicate;
    flag_outside_lock => bug_flag_outside_lock, ok_flag_outside_lock;
    notify_one_of_two => bug_notify_one_of_two, ok_notify_one_of_two;
    wrong_condition => bug_wrong_condition, ok_wrong_condition;
    park_looks_first => bug_park_looks_first, ok_park_looks_first;
    unpark_before_handle => bug_unpark_before_handle, ok_unpark_before_handle;
    token_used_elsewhere => bug_token_used_elsewhere, ok_token_used_elsewhere;
    waker_stored_late => bug_waker_stored_late, ok_waker_stored_late;
    waker_overwritten => bug_waker_overwritten, ok_waker_overwritten;
    notified_only_when_empty => bug_notified_only_when_empty, ok_notified_only_when_empty;
    sleeping_flag => bug_sleeping_flag, ok_sleeping_flag;
    signal_by_try_send => bug_signal_by_try_send, ok_signal_by_try_send;
    latch => bug_latch, ok_latch;
}

/// A wait without a predicate. Order: the notification comes before the wait.
fn no_predicate(fixed: bool) {
    let (done, changed) = (Mutex::new(false), Condvar::new());
    thread::scope(|s| {
        s.spawn(|| {
            thread::yield_now();
            *done.lock().unwrap() = true;
            changed.notify_one();
        });
        let guard = done.lock().unwrap();
        if fixed {
            drop(changed.wait_while(guard, |done| !*done).unwrap());
        } else {
            drop(changed.wait(guard).unwrap());
        }
    });
}

/// The flag is set and notified without the lock. Order: between the waiter's look and its wait.
fn flag_outside_lock(fixed: bool) {
    let (ready, lock, changed) = (AtomicBool::new(false), Mutex::new(()), Condvar::new());
    thread::scope(|s| {
        s.spawn(|| {
            let mut guard = lock.lock().unwrap();
            while !ready.load(SeqCst) {
                guard = changed.wait(guard).unwrap();
            }
        });
        if fixed {
            let _guard = lock.lock().unwrap();
            ready.store(true, SeqCst);
        } else {
            ready.store(true, SeqCst);
        }
        changed.notify_one();
    });
}

/// Two wait, one is notified and does not pass it on. Order: both wait before the flag is set.
fn notify_one_of_two(fixed: bool) {
    let (open, changed) = (Mutex::new(false), Condvar::new());
    thread::scope(|s| {
        for _ in 0..2 {
            s.spawn(|| {
                drop(
                    changed
                        .wait_while(open.lock().unwrap(), |open| !*open)
                        .unwrap(),
                )
            });
        }
        *open.lock().unwrap() = true;
        if fixed {
            changed.notify_all();
        } else {
            changed.notify_one();
        }
    });
}

/// Producers and consumers of a queue of one share a condition variable. Order: a producer's
/// notification wakes another producer, which waits again.
fn wrong_condition(fixed: bool) {
    let (slot, changed) = (Mutex::new(None), Condvar::new());
    let notify = || {
        if fixed {
            changed.notify_all()
        } else {
            changed.notify_one()
        }
    };
    let put = |value| {
        let mut slot = changed
            .wait_while(slot.lock().unwrap(), |s| s.is_some())
            .unwrap();
        *slot = Some(value);
        notify();
    };
    let take = || {
        let mut slot = changed
            .wait_while(slot.lock().unwrap(), |s| s.is_none())
            .unwrap();
        *slot = None;
        notify();
    };
    thread::scope(|s| {
        s.spawn(|| put(1));
        s.spawn(take);
        s.spawn(|| put(2));
        s.spawn(take);
    });
}

/// A thread says that it sleeps after it has looked. Order: the other looks for a sleeper in
/// between.
fn park_looks_first(fixed: bool) {
    let (work, asleep) = (AtomicBool::new(false), AtomicBool::new(false));
    thread::scope(|s| {
        let worker = s.spawn(|| {
            if fixed {
                asleep.store(true, SeqCst);
            }
            while !work.load(SeqCst) {
                asleep.store(true, SeqCst);
                if fixed && work.load(SeqCst) {
                    break;
                }
                thread::park();
            }
        });
        work.store(true, SeqCst);
        if asleep.load(SeqCst) {
            worker.thread().unpark();
        }
    });
}

/// A waiter leaves its handle after it has looked. Order: the other finds no handle in between.
fn unpark_before_handle(fixed: bool) {
    let (ready, handle) = (AtomicBool::new(false), Mutex::new(None::<thread::Thread>));
    thread::scope(|s| {
        s.spawn(|| {
            if fixed {
                *handle.lock().unwrap() = Some(thread::current());
            }
            if !ready.load(SeqCst) {
                if !fixed {
                    *handle.lock().unwrap() = Some(thread::current());
                }
                while fixed && !ready.load(SeqCst) {
                    thread::park();
                }
                if !fixed {
                    thread::park();
                }
            }
        });
        ready.store(true, SeqCst);
        if let Some(thread) = handle.lock().unwrap().take() {
            thread.unpark();
        }
    });
}

/// The token of `unpark` is used up by another wait of the same thread. Order: both wake-ups come
/// before the first park.
fn token_used_elsewhere(fixed: bool) {
    let events = AtomicUsize::new(0);
    thread::scope(|s| {
        let waiter = s.spawn(|| {
            for n in 1..=2 {
                if fixed {
                    while events.load(SeqCst) < n {
                        thread::park();
                    }
                } else {
                    thread::park();
                }
            }
        });
        for _ in 0..2 {
            events.fetch_add(1, SeqCst);
            waiter.thread().unpark();
            s.spawn(|| ()).join().unwrap();
        }
    });
}

/// A future stores its waker after it has looked. Order: completed in between.
fn waker_stored_late(fixed: bool) {
    let (ready, waker) = (AtomicBool::new(false), Mutex::new(None::<Waker>));
    thread::scope(|s| {
        s.spawn(|| {
            block_on(poll_fn(|cx| {
                if fixed {
                    *waker.lock().unwrap() = Some(cx.waker().clone());
                }
                if ready.load(SeqCst) {
                    return Poll::Ready(());
                }
                if !fixed {
                    *waker.lock().unwrap() = Some(cx.waker().clone());
                }
                Poll::Pending
            }));
        });
        ready.store(true, SeqCst);
        if let Some(waker) = waker.lock().unwrap().take() {
            waker.wake();
        }
    });
}

/// Two tasks wait at a place for one waker. Order: both wait; the first one's waker is lost.
fn waker_overwritten(fixed: bool) {
    let ready = AtomicBool::new(false);
    let wakers = Mutex::new(Vec::<Waker>::new());
    thread::scope(|s| {
        for _ in 0..2 {
            s.spawn(|| {
                block_on(poll_fn(|cx| {
                    let mut wakers = wakers.lock().unwrap();
                    if ready.load(SeqCst) {
                        return Poll::Ready(());
                    }
                    if !fixed {
                        wakers.clear();
                    }
                    wakers.push(cx.waker().clone());
                    Poll::Pending
                }));
            });
        }
        ready.store(true, SeqCst);
        wakers.lock().unwrap().drain(..).for_each(Waker::wake);
    });
}

/// A queue notifies only if it was empty. Order: two consumers wait, two items come before the
/// first of them has woken.
fn notified_only_when_empty(fixed: bool) {
    let (queue, changed) = (Mutex::new(VecDeque::new()), Condvar::new());
    thread::scope(|s| {
        for _ in 0..2 {
            s.spawn(|| {
                let guard = queue.lock().unwrap();
                let mut guard = changed.wait_while(guard, |q| q.is_empty()).unwrap();
                guard.pop_front();
            });
        }
        for n in 0..2 {
            let mut queue = queue.lock().unwrap();
            if fixed || queue.is_empty() {
                changed.notify_one();
            }
            queue.push_back(n);
        }
    });
}

/// A worker clears its "asleep" flag after waking, which hides the second wake-up. Order: work
/// comes between its last look and the flag.
fn sleeping_flag(fixed: bool) {
    let (work, pending) = (AtomicUsize::new(0), AtomicBool::new(false));
    thread::scope(|s| {
        let worker = s.spawn(|| {
            let mut done = 0;
            while done < 2 {
                if fixed {
                    pending.store(false, SeqCst);
                }
                done += work.swap(0, SeqCst);
                if done < 2 {
                    if !fixed {
                        pending.store(false, SeqCst);
                    }
                    thread::park();
                }
            }
        });
        for _ in 0..2 {
            work.fetch_add(1, SeqCst);
            if !pending.swap(true, SeqCst) {
                worker.thread().unpark();
            }
            s.spawn(|| ()).join().unwrap();
        }
    });
}

/// A wake-up is a message without room for it. Order: the signal comes before the wait.
fn signal_by_try_send(fixed: bool) {
    let (signal, wait) = std::sync::mpsc::sync_channel(usize::from(fixed));
    let (ready, told) = channel();
    thread::scope(|s| {
        s.spawn(move || {
            ready.send(()).unwrap();
            // Looks for the signal once more before it waits: the sender is kept.
            wait.recv().unwrap();
        });
        told.recv().unwrap();
        s.spawn(|| ()).join().unwrap();
        let _ = signal.try_send(());
        if fixed {
            drop(signal);
        } else {
            std::mem::forget(signal);
        }
    });
}

/// A latch whose last arrival notifies only if it sees a waiter. Order: counted down between the
/// waiter's look and its announcement.
fn latch(fixed: bool) {
    let (left, waiters) = (AtomicUsize::new(2), AtomicUsize::new(0));
    let (lock, opened) = (Mutex::new(()), Condvar::new());
    let arrive = || {
        if left.fetch_sub(1, SeqCst) == 1 && (fixed || waiters.load(SeqCst) > 0) {
            let _guard = lock.lock().unwrap();
            opened.notify_all();
        }
    };
    thread::scope(|s| {
        s.spawn(|| {
            let mut guard = lock.lock().unwrap();
            while left.load(SeqCst) > 0 {
                waiters.fetch_add(1, SeqCst);
                guard = opened.wait(guard).unwrap();
            }
        });
        s.spawn(arrive);
        arrive();
    });
}
