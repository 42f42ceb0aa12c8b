//! Use after free and double free on some schedules.
use std::cell::UnsafeCell;
use std::mem::ManuallyDrop;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering::*};
use std::sync::{Arc, Mutex};
use std::thread;

/// A raw pointer that may go to another thread.
#[derive(Clone, Copy)]
struct Raw(*mut u64);
// SAFETY: what the tests do with it is their affair.
unsafe impl Send for Raw {}
impl Raw {
    fn new(value: u64) -> Self {
        Raw(Box::into_raw(Box::new(value)))
    }
    fn read(self) -> u64 {
        unsafe { self.0.read() }
    }
    fn free(self) {
        drop(unsafe { Box::from_raw(self.0) });
    }
}

twins! {
    freed_while_read => bug_freed_while_read, ok_freed_while_read;
    both_free => bug_both_free, ok_both_free;
    swapped_and_freed => bug_swapped_and_freed, ok_swapped_and_freed;
    refcount_in_two_steps => bug_refcount_in_two_steps, ok_refcount_in_two_steps;
    refcount_from_zero => bug_refcount_from_zero, ok_refcount_from_zero;
    refcount_relaxed => bug_refcount_relaxed, ok_refcount_relaxed;
    manually_drop => bug_manually_drop, ok_manually_drop;
    read_twice => bug_read_twice, ok_read_twice;
    borrowed_past_clear => bug_borrowed_past_clear, ok_borrowed_past_clear;
    vector_grown => bug_vector_grown, ok_vector_grown;
    arc_from_raw_twice => bug_arc_from_raw_twice, ok_arc_from_raw_twice;
    list_node => bug_list_node, ok_list_node;
    take_cell => bug_take_cell, ok_take_cell;
}

/// Main frees after a flag that the reader sets before it reads. Order: freed before the read.
fn freed_while_read(fixed: bool) {
    let (raw, begun) = (Raw::new(7), Arc::new(AtomicBool::new(false)));
    let reader = {
        let begun = begun.clone();
        thread::spawn(move || {
            if fixed {
                let value = raw.read();
                begun.store(true, SeqCst);
                return value;
            }
            begun.store(true, SeqCst);
            raw.read()
        })
    };
    while !begun.load(SeqCst) {
        thread::yield_now();
    }
    if fixed {
        reader.join().unwrap();
        raw.free();
    } else {
        // What main has to do yet usually takes longer than the read.
        thread::spawn(|| ()).join().unwrap();
        raw.free();
        reader.join().unwrap();
    }
}

/// Whoever sees "not freed yet" frees. Order: both see it.
fn both_free(fixed: bool) {
    let (raw, freed) = (Raw::new(7), Arc::new(AtomicBool::new(false)));
    let free = move |freed: &AtomicBool| {
        let raw = raw;
        let mine = if fixed {
            !freed.swap(true, SeqCst)
        } else {
            let mine = !freed.load(SeqCst);
            freed.store(true, SeqCst);
            mine
        };
        if mine {
            raw.free();
        }
    };
    let other = {
        let freed = freed.clone();
        thread::spawn(move || free(&freed))
    };
    free(&freed);
    other.join().unwrap();
}

/// A writer swaps a pointer and frees the old value. Order: a reader has loaded it, not yet read.
fn swapped_and_freed(fixed: bool) {
    let current = AtomicPtr::new(Raw::new(1).0);
    thread::scope(|s| {
        let reader = s.spawn(|| {
            let value = Raw(current.load(Acquire)).read();
            assert!(value == 1 || value == 2);
        });
        s.spawn(|| ()).join().unwrap();
        let old = Raw(current.swap(Raw::new(2).0, AcqRel));
        if fixed {
            reader.join().unwrap();
        }
        old.free();
    });
    Raw(current.into_inner()).free();
}

/// A hand-made reference count, over one value.
struct Counted {
    count: AtomicUsize,
    value: UnsafeCell<u64>,
}
#[derive(Clone, Copy)]
struct Handle(*mut Counted);
// SAFETY: the count says when it is freed, where it is right.
unsafe impl Send for Handle {}
impl Handle {
    fn new(count: usize) -> Self {
        let count = AtomicUsize::new(count);
        Handle(Box::into_raw(Box::new(Counted {
            count,
            value: UnsafeCell::new(3),
        })))
    }
    fn count(self) -> &'static AtomicUsize {
        unsafe { &(*self.0).count }
    }
    fn free(self) {
        drop(unsafe { Box::from_raw(self.0) });
    }
}

/// A count is decremented, then looked at. Order: both decrement before either looks, and the one
/// that looks second looks at freed memory, or frees again.
fn refcount_in_two_steps(fixed: bool) {
    let handle = Handle::new(2);
    let release = move || {
        let handle = handle;
        let last = if fixed {
            handle.count().fetch_sub(1, AcqRel) == 1
        } else {
            handle.count().fetch_sub(1, AcqRel);
            handle.count().load(Acquire) == 0
        };
        if last {
            handle.free();
        }
    };
    let other = thread::spawn(release);
    release();
    other.join().unwrap();
}

/// A handle is taken from a shared place by an increment. Order: the last count falls to zero
/// between finding the handle and the increment.
fn refcount_from_zero(fixed: bool) {
    let handle = Handle::new(1);
    let place = Arc::new(Mutex::new(Some(handle)));
    let taker = {
        let place = place.clone();
        thread::spawn(move || {
            let guard = place.lock().unwrap();
            let Some(handle) = *guard else { return };
            if fixed {
                handle.count().fetch_add(1, Relaxed);
                drop(guard);
            } else {
                drop(guard);
                handle.count().fetch_add(1, Relaxed);
            }
            if handle.count().fetch_sub(1, AcqRel) == 1 {
                handle.free();
            }
        })
    };
    thread::spawn(|| ()).join().unwrap();
    *place.lock().unwrap() = None;
    if handle.count().fetch_sub(1, AcqRel) == 1 {
        handle.free();
    }
    taker.join().unwrap();
}

/// A count that orders nothing: the one who frees does not know of the other's write. Order: the
/// writer lets go first.
fn refcount_relaxed(fixed: bool) {
    let handle = Handle::new(2);
    let order = if fixed { AcqRel } else { Relaxed };
    let release = move |write: bool| {
        let handle = handle;
        if write {
            unsafe { *(*handle.0).value.get() += 1 };
        }
        if handle.count().fetch_sub(1, order) == 1 {
            handle.free();
        }
    };
    let other = thread::spawn(move || release(true));
    release(false);
    other.join().unwrap();
}

/// A value in `ManuallyDrop` is dropped by whoever comes last, by two flags. Order: each sets its
/// flag before it looks at the other's.
fn manually_drop(fixed: bool) {
    struct Slot(
        UnsafeCell<ManuallyDrop<Box<u64>>>,
        [AtomicBool; 2],
        AtomicUsize,
    );
    // SAFETY: the flags are meant to say who drops.
    unsafe impl Sync for Slot {}
    let value = UnsafeCell::new(ManuallyDrop::new(Box::new(1)));
    let slot = Slot(value, Default::default(), AtomicUsize::new(0));
    let leave = |me: usize| {
        let slot = &slot;
        slot.1[me].store(true, SeqCst);
        let last = if fixed {
            slot.2.fetch_add(1, SeqCst) == 1
        } else {
            slot.1[1 - me].load(SeqCst)
        };
        if last {
            unsafe { ManuallyDrop::drop(&mut *slot.0.get()) };
        }
    };
    thread::scope(|s| {
        s.spawn(|| leave(0));
        leave(1);
    });
}

/// A box is moved out with `ptr::read` by two threads that look at a length. Order: both see one.
fn read_twice(fixed: bool) {
    let (item, length) = (ManuallyDrop::new(Box::new(4)), AtomicUsize::new(1));
    let pop = || {
        let mine = if fixed {
            length.swap(0, SeqCst) == 1
        } else {
            let mine = length.load(SeqCst) == 1;
            length.store(0, SeqCst);
            mine
        };
        mine.then(|| unsafe { ptr::read(&*item) })
    };
    thread::scope(|s| {
        s.spawn(pop);
        pop();
    });
}

/// A borrow of an element outlives the lock by transmutation. Order: cleared before it is read.
fn borrowed_past_clear(fixed: bool) {
    let list = Mutex::new(vec![Box::new(5)]);
    thread::scope(|s| {
        s.spawn(|| {
            let guard = list.lock().unwrap();
            let Some(first) = guard.first().map(|b| &raw const **b) else {
                return;
            };
            if fixed {
                assert_eq!(unsafe { *first }, 5);
                drop(guard);
            } else {
                drop(guard);
                assert_eq!(unsafe { *first }, 5);
            }
        });
        s.spawn(|| ()).join().unwrap();
        list.lock().unwrap().clear();
    });
}

/// A pointer into a vector. Order: the vector grows, and so moves, before it is used.
fn vector_grown(fixed: bool) {
    let list = Mutex::new(Vec::with_capacity(if fixed { 8 } else { 1 }));
    list.lock().unwrap().push(1u64);
    let lock = Mutex::new(());
    thread::scope(|s| {
        s.spawn(|| {
            let first = list.lock().unwrap().as_ptr();
            let _guard = lock.lock().unwrap();
            assert_eq!(unsafe { *first }, 1);
        });
        s.spawn(|| ()).join().unwrap();
        let _guard = lock.lock().unwrap();
        list.lock().unwrap().extend([2, 3]);
    });
}

/// An address given to a callback is turned into an `Arc` by each call. Order: both calls happen;
/// the second one, a cancellation, is usually too late.
fn arc_from_raw_twice(fixed: bool) {
    let raw = Arc::into_raw(Arc::new(8u64)) as usize;
    let state = Arc::new(AtomicUsize::new(0));
    let finish = move |state: &AtomicUsize| {
        let mine = if fixed {
            state.compare_exchange(0, 1, SeqCst, SeqCst).is_ok()
        } else {
            state.load(SeqCst) == 0
        };
        if mine {
            drop(unsafe { Arc::from_raw(raw as *const u64) });
            state.store(1, SeqCst);
        }
    };
    let callback = {
        let state = state.clone();
        thread::spawn(move || finish(&state))
    };
    thread::spawn(|| ()).join().unwrap();
    finish(&state);
    callback.join().unwrap();
}

/// A list is walked while its first node is unlinked and freed. Order: the walker has the node's
/// address, and the node is freed before it reads `next`.
fn list_node(fixed: bool) {
    struct Node(u64, AtomicPtr<Node>);
    let node = |value, next| Box::into_raw(Box::new(Node(value, AtomicPtr::new(next))));
    let head = AtomicPtr::new(node(1, node(2, ptr::null_mut())));
    let lock = Mutex::new(());
    thread::scope(|s| {
        s.spawn(|| {
            let _guard = fixed.then(|| lock.lock().unwrap());
            let (mut at, mut sum) = (head.load(Acquire), 0);
            while let Some(node) = unsafe { at.as_ref() } {
                sum += node.0;
                at = node.1.load(Acquire);
            }
            assert!(sum == 3 || sum == 2);
        });
        s.spawn(|| ()).join().unwrap();
        let _guard = fixed.then(|| lock.lock().unwrap());
        let first = head.load(Acquire);
        head.store(unsafe { (*first).1.load(Acquire) }, Release);
        drop(unsafe { Box::from_raw(first) });
    });
    drop(unsafe { Box::from_raw(head.into_inner()) });
}

/// A take-once cell without a lock. Order: both find the box.
fn take_cell(fixed: bool) {
    let cell = AtomicPtr::new(Raw::new(6).0);
    let take = || {
        let found = if fixed {
            cell.swap(ptr::null_mut(), AcqRel)
        } else {
            let found = cell.load(Acquire);
            cell.store(ptr::null_mut(), Release);
            found
        };
        if !found.is_null() {
            Raw(found).free();
        }
    };
    thread::scope(|s| {
        s.spawn(take);
        take();
    });
}
