//! Panics on some schedules, and what they leave behind.
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, RwLock};
use std::thread;

twins! {
    poisoned => bug_poisoned, ok_poisoned;
    poisoned_read => bug_poisoned_read, ok_poisoned_read;
    underflow => bug_underflow, ok_underflow;
    out_of_bounds => bug_out_of_bounds, ok_out_of_bounds;
    removed_key => bug_removed_key, ok_removed_key;
    divided_by_zero => bug_divided_by_zero, ok_divided_by_zero;
    send_to_none => bug_send_to_none, ok_send_to_none;
    unwrap_once => bug_unwrap_once, ok_unwrap_once;
    not_the_only_owner => bug_not_the_only_owner, ok_not_the_only_owner;
    half_changed => bug_half_changed, ok_half_changed;
    panic_in_a_lost_thread => bug_panic_in_a_lost_thread, ok_panic_in_a_lost_thread;
    unreachable_state => bug_unreachable_state, ok_unreachable_state;
}

/// A worker panics with a lock held if its input is not there, and poisons it. Order: the worker
/// comes before the input.
fn poisoned(fixed: bool) {
    let input = Mutex::new(None);
    thread::scope(|s| {
        let worker = s.spawn(|| {
            let guard = input.lock().unwrap();
            match *guard {
                None if fixed => 0,
                found => found.expect("input"),
            }
        });
        *input.lock().unwrap() = Some(1);
        let _ = worker.join();
    });
    assert_eq!(*input.lock().unwrap(), Some(1));
}

/// A writer panics over what a reader has not yet used; later readers find the lock poisoned.
/// Order: the writer comes first.
fn poisoned_read(fixed: bool) {
    let (table, read) = (RwLock::new(vec![1]), AtomicBool::new(false));
    thread::scope(|s| {
        let writer = s.spawn(|| {
            let result = catch_unwind(AssertUnwindSafe(|| {
                let _table = table.write().unwrap();
                assert!(read.load(SeqCst), "not read yet");
            }));
            if result.is_err() && fixed {
                table.clear_poison();
            }
        });
        if fixed {
            writer.join().unwrap();
        }
        assert_eq!(table.read().unwrap()[0], 1);
        read.store(true, SeqCst);
    });
}

/// A gauge goes down before it went up. Order: the end is counted before the beginning.
fn underflow(fixed: bool) {
    let open = Mutex::new(0u32);
    let (sender, receiver) = channel();
    thread::scope(|s| {
        s.spawn(|| {
            if fixed {
                *open.lock().unwrap() += 1;
                sender.send(()).unwrap();
            } else {
                sender.send(()).unwrap();
                *open.lock().unwrap() += 1;
            }
        });
        receiver.recv().unwrap();
        s.spawn(|| ()).join().unwrap();
        *open.lock().unwrap() -= 1;
    });
}

/// An index is taken from a length read earlier. Order: the list is cut in between.
fn out_of_bounds(fixed: bool) {
    let list = RwLock::new(vec![1, 2, 3]);
    thread::scope(|s| {
        s.spawn(|| {
            if fixed {
                assert!(list.read().unwrap().last().is_some());
            } else {
                let length = list.read().unwrap().len();
                let _ = list.read().unwrap()[length - 1];
            }
        });
        list.write().unwrap().truncate(1);
    });
}

/// A key is looked up, then its value. Order: removed in between.
fn removed_key(fixed: bool) {
    let map = Mutex::new(HashMap::from([("a", 1)]));
    thread::scope(|s| {
        s.spawn(|| map.lock().unwrap().remove("a"));
        if fixed {
            let _ = map.lock().unwrap().get("a").copied();
        } else if map.lock().unwrap().contains_key("a") {
            assert_eq!(map.lock().unwrap()["a"], 1);
        }
    });
}

/// A mean over a count that is reset. Order: reset between look and division.
fn divided_by_zero(fixed: bool) {
    let (sum, count) = (AtomicUsize::new(10), AtomicUsize::new(2));
    thread::scope(|s| {
        s.spawn(|| count.store(0, SeqCst));
        let n = count.load(SeqCst);
        if n != 0 {
            let by = if fixed { n } else { count.load(SeqCst) };
            assert_eq!(sum.load(SeqCst) / by, 5);
        }
    });
}

/// A sender is used after the receiver has been given up. Order: given up before the last send.
fn send_to_none(fixed: bool) {
    let (sender, receiver) = channel();
    let worker = thread::spawn(move || {
        sender.send(1).unwrap();
        let sent = sender.send(2);
        if !fixed {
            sent.unwrap();
        }
    });
    assert_eq!(receiver.recv(), Ok(1));
    thread::spawn(|| ()).join().unwrap();
    drop(receiver);
    worker.join().unwrap();
}

/// A value is taken out once by whoever sees it there. Order: both see it.
fn unwrap_once(fixed: bool) {
    let slot = Mutex::new(Some(String::from("once")));
    let take = || {
        if fixed {
            slot.lock().unwrap().take();
        } else if slot.lock().unwrap().is_some() {
            assert_eq!(slot.lock().unwrap().take().unwrap(), "once");
        }
    };
    thread::scope(|s| {
        s.spawn(take);
        take();
    });
}

/// `Arc::try_unwrap` after the channel says that the worker is done. Order: the worker has sent,
/// and not yet dropped its handle.
fn not_the_only_owner(fixed: bool) {
    let total = Arc::new(Mutex::new(0));
    let (done, wait) = channel();
    let worker = {
        let total = total.clone();
        thread::spawn(move || {
            *total.lock().unwrap() += 1;
            if fixed {
                drop(total);
                done.send(()).unwrap();
            } else {
                done.send(()).unwrap();
                drop(total);
            }
        })
    };
    wait.recv().unwrap();
    thread::spawn(|| ()).join().unwrap();
    assert_eq!(
        Arc::try_unwrap(total)
            .expect("the only owner")
            .into_inner()
            .unwrap(),
        1
    );
    worker.join().unwrap();
}

/// A panic between two changes is caught, and the lock's poison ignored. Order: the change was
/// begun before the limit was raised.
fn half_changed(fixed: bool) {
    let (books, limit) = (Mutex::new((5, 5)), AtomicUsize::new(0));
    thread::scope(|s| {
        s.spawn(|| {
            let _ = catch_unwind(AssertUnwindSafe(|| {
                let mut books = books.lock().unwrap_or_else(|e| e.into_inner());
                if fixed {
                    assert!(limit.load(SeqCst) > 0);
                    books.0 -= 1;
                } else {
                    books.0 -= 1;
                    assert!(limit.load(SeqCst) > 0);
                }
                books.1 += 1;
            }));
        });
        limit.store(1, SeqCst);
    });
    let books = books.lock().unwrap_or_else(|e| e.into_inner());
    assert_eq!(books.0 + books.1, 10);
}

/// A thread that nobody joins panics, and its work is missing. Order: it looks before it is told.
fn panic_in_a_lost_thread(fixed: bool) {
    let (told, done) = (
        Arc::new(AtomicBool::new(fixed)),
        Arc::new(AtomicBool::new(false)),
    );
    let (sender, ended) = channel::<()>();
    {
        let (told, done) = (told.clone(), done.clone());
        thread::spawn(move || {
            let _sender = sender;
            assert!(told.load(SeqCst), "not told");
            done.store(true, SeqCst);
        });
    }
    told.store(true, SeqCst);
    let _ = ended.recv();
    assert!(done.load(SeqCst));
}

/// A state machine in an atomic that is stepped by two threads. Order: both step from the first
/// state, and the second step finds a state that it thinks impossible.
fn unreachable_state(fixed: bool) {
    let state = AtomicUsize::new(0);
    let step = |from: usize, to: usize| {
        let seen = state.load(SeqCst);
        if seen != from {
            return;
        }
        match state.swap(to, SeqCst) {
            before if before == from || fixed => {}
            before => unreachable!("state {before}"),
        }
    };
    thread::scope(|s| {
        s.spawn(|| step(0, 1));
        step(0, 2);
    });
}
