//! Memory that nobody can reach any more, on one schedule and not on others.
use std::cell::UnsafeCell;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering::*};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread;

twins! {
    lazy_box => bug_lazy_box, ok_lazy_box;
    exchanged_box => bug_exchanged_box, ok_exchanged_box;
    stored_over => bug_stored_over, ok_stored_over;
    circle => bug_circle, ok_circle;
    count_stays => bug_count_stays, ok_count_stays;
    raw_in_channel => bug_raw_in_channel, ok_raw_in_channel;
    pushed_after_close => bug_pushed_after_close, ok_pushed_after_close;
    nobody_is_last => bug_nobody_is_last, ok_nobody_is_last;
    forgotten_on_cancel => bug_forgotten_on_cancel, ok_forgotten_on_cancel;
    list_push => bug_list_push, ok_list_push;
}

fn boxed(value: u64) -> *mut u64 {
    Box::into_raw(Box::new(value))
}

fn free(pointer: *mut u64) {
    if !pointer.is_null() {
        drop(unsafe { Box::from_raw(pointer) });
    }
}

/// A lazily made box, stored by whoever found none. Order: both find none.
fn lazy_box(fixed: bool) {
    let slot = AtomicPtr::<u64>::default();
    let get = || {
        if slot.load(Acquire).is_null() {
            let new = boxed(1);
            if !fixed {
                slot.store(new, Release);
            } else if slot
                .compare_exchange(ptr::null_mut(), new, AcqRel, Acquire)
                .is_err()
            {
                free(new);
            }
        }
    };
    thread::scope(|s| {
        s.spawn(get);
        get();
    });
    free(slot.into_inner());
}

/// The same with an exchange whose loser forgets its box. Order: both find none.
fn exchanged_box(fixed: bool) {
    let slot = AtomicPtr::<u64>::default();
    let get = || {
        if slot.load(Acquire).is_null() {
            let new = boxed(1);
            let result = slot.compare_exchange(ptr::null_mut(), new, AcqRel, Acquire);
            if fixed && result.is_err() {
                free(new);
            }
        }
    };
    thread::scope(|s| {
        s.spawn(get);
        get();
    });
    free(slot.into_inner());
}

/// A mailbox of one letter is emptied, then filled. Order: filled by two after both emptied it.
fn stored_over(fixed: bool) {
    let mailbox = AtomicPtr::new(boxed(0));
    let put = |value| {
        if fixed {
            free(mailbox.swap(boxed(value), AcqRel));
        } else {
            free(mailbox.swap(ptr::null_mut(), AcqRel));
            mailbox.store(boxed(value), Release);
        }
    };
    thread::scope(|s| {
        s.spawn(|| put(1));
        put(2);
    });
    free(mailbox.into_inner());
}

/// Two nodes that find each other point at each other. Order: both find the other.
fn circle(fixed: bool) {
    #[derive(Default)]
    struct Node(Mutex<Option<Arc<Node>>>, AtomicBool);
    let nodes: [Arc<Node>; 2] = Default::default();
    let link = |me: usize| {
        let (own, other) = (&nodes[me], &nodes[1 - me]);
        own.1.store(true, SeqCst);
        if other.1.load(SeqCst) && (!fixed || me == 0) {
            *own.0.lock().unwrap() = Some(other.clone());
        }
    };
    thread::scope(|s| {
        s.spawn(|| link(0));
        link(1);
    });
}

/// A hand-made count goes down by load and store. Order: one decrement is lost, and it never falls
/// to zero.
fn count_stays(fixed: bool) {
    struct Counted(AtomicUsize, #[allow(dead_code)] UnsafeCell<[u64; 4]>);
    // SAFETY: only the count is used by several threads.
    unsafe impl Sync for Counted {}
    let counted = Box::leak(Box::new(Counted(
        AtomicUsize::new(2),
        UnsafeCell::new([1; 4]),
    )));
    let address = &raw mut *counted as usize;
    let release = move || {
        let counted = address as *mut Counted;
        let count = unsafe { &(*counted).0 };
        let before = if fixed {
            count.fetch_sub(1, AcqRel)
        } else {
            let before = count.load(Acquire);
            count.store(before - 1, Release);
            before
        };
        if before == 1 {
            drop(unsafe { Box::from_raw(counted) });
        }
    };
    thread::scope(|s| {
        s.spawn(release);
        release();
    });
}

/// Raw pointers are sent, and the receiver leaves with some unread. Order: the receiver looks
/// before the second one is there, and drops its end after.
fn raw_in_channel(fixed: bool) {
    let (sender, receiver) = channel::<usize>();
    thread::scope(|s| {
        let producer = s.spawn(move || {
            sender.send(boxed(1) as usize).unwrap();
            if let Err(back) = sender.send(boxed(2) as usize) {
                free(back.0 as *mut u64);
            }
        });
        free(receiver.recv().unwrap() as *mut u64);
        s.spawn(|| ()).join().unwrap();
        if fixed {
            producer.join().unwrap();
        }
        while let Ok(pointer) = receiver.try_recv() {
            free(pointer as *mut u64);
        }
        drop(receiver);
    });
}

/// A list is emptied when closed. Order: pushed after it was emptied, by one that had seen it open.
fn pushed_after_close(fixed: bool) {
    let (closed, list) = (AtomicBool::new(false), Mutex::new(Vec::<usize>::new()));
    let drain = || {
        list.lock()
            .unwrap()
            .drain(..)
            .for_each(|p| free(p as *mut u64))
    };
    thread::scope(|s| {
        let pusher = s.spawn(|| {
            if !closed.load(SeqCst) {
                list.lock().unwrap().push(boxed(1) as usize);
            }
        });
        s.spawn(|| ()).join().unwrap();
        closed.store(true, SeqCst);
        if fixed {
            pusher.join().unwrap();
        }
        drain();
    });
}

/// The last of two frees, and each takes the other for the last. Order: both look before either
/// leaves.
fn nobody_is_last(fixed: bool) {
    let (here, value) = (AtomicUsize::new(2), boxed(1) as usize);
    let leave = || {
        let last = if fixed {
            here.fetch_sub(1, AcqRel) == 1
        } else {
            let last = here.load(Acquire) == 1;
            here.fetch_sub(1, AcqRel);
            last
        };
        if last {
            free(value as *mut u64);
        }
    };
    thread::scope(|s| {
        s.spawn(leave);
        leave();
    });
}

/// A worker owns a raw buffer and leaves early when cancelled. Order: cancelled after it was made.
fn forgotten_on_cancel(fixed: bool) {
    let cancelled = AtomicBool::new(false);
    thread::scope(|s| {
        s.spawn(|| {
            let buffer = boxed(1);
            if cancelled.load(SeqCst) && !fixed {
                return;
            }
            free(buffer);
        });
        s.spawn(|| ()).join().unwrap();
        cancelled.store(true, SeqCst);
    });
}

/// Nodes are pushed by load and store of `head`. Order: one push overwrites the other.
fn list_push(fixed: bool) {
    struct Node(*mut Node);
    let head = AtomicPtr::<Node>::default();
    let push = || {
        let mut next = head.load(Acquire);
        let node = Box::into_raw(Box::new(Node(next)));
        if !fixed {
            head.store(node, Release);
            return;
        }
        while let Err(seen) = head.compare_exchange(next, node, AcqRel, Acquire) {
            next = seen;
            unsafe { (*node).0 = next };
        }
    };
    thread::scope(|s| {
        s.spawn(push);
        push();
    });
    let mut at = head.into_inner();
    while !at.is_null() {
        at = unsafe { Box::from_raw(at) }.0;
    }
}
