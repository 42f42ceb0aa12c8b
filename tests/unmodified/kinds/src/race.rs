//! Data races on plain memory.
use std::cell::{Cell, RefCell, UnsafeCell};
use std::mem::MaybeUninit;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering::*, fence};
use std::sync::{Mutex, RwLock};
use std::thread;

/// What the types of these tests claim without right: that threads may share it.
struct Shared<T>(T);
// SAFETY: none; the tests that need it are the bugs.
unsafe impl<T> Sync for Shared<T> {}
// SAFETY: none, as above.
unsafe impl<T> Send for Shared<T> {}
impl<T> Shared<T> {
    fn get(&self) -> &T {
        &self.0
    }
}

twins! {
    static_mut => bug_static_mut, ok_static_mut;
    unsafe_cell => bug_unsafe_cell, ok_unsafe_cell;
    shared_cell => bug_shared_cell, ok_shared_cell;
    shared_ref_cell => bug_shared_ref_cell, ok_shared_ref_cell;
    shared_rc => bug_shared_rc, ok_shared_rc;
    relaxed_publication => bug_relaxed_publication, ok_relaxed_publication;
    relaxed_pointer => bug_relaxed_pointer, ok_relaxed_pointer;
    missing_fence => bug_missing_fence, ok_missing_fence;
    other_lock => bug_other_lock, ok_other_lock;
    write_under_read_lock => bug_write_under_read_lock, ok_write_under_read_lock;
    relaxed_unlock => bug_relaxed_unlock, ok_relaxed_unlock;
    double_checked => bug_double_checked, ok_double_checked;
    neighbours => bug_neighbours, ok_neighbours;
    pointer_kept_after_unlock => bug_pointer_kept_after_unlock, ok_pointer_kept_after_unlock;
    sequence_lock => bug_sequence_lock, ok_sequence_lock;
    ring_slot => bug_ring_slot, ok_ring_slot;
    moved_pointer => bug_moved_pointer, ok_moved_pointer;
}

/// Two threads add to one `static mut`. Any order.
fn static_mut(fixed: bool) {
    static mut TOTAL: u64 = 0;
    static LOCK: Mutex<()> = Mutex::new(());
    let add = move || {
        let _guard = fixed.then(|| LOCK.lock().unwrap());
        unsafe { TOTAL += 1 };
    };
    thread::scope(|s| {
        s.spawn(add);
        add();
    });
}

/// A cell declared `Sync` without a lock. Any order.
fn unsafe_cell(fixed: bool) {
    let cell = Shared(UnsafeCell::new(0u32));
    let lock = Mutex::new(());
    let add = || {
        let _guard = fixed.then(|| lock.lock().unwrap());
        unsafe { *cell.get().get() += 1 };
    };
    thread::scope(|s| {
        s.spawn(add);
        add();
    });
}

/// A `Cell` smuggled to another thread. Any order.
fn shared_cell(fixed: bool) {
    let cell = Shared(Cell::new(1));
    thread::scope(|s| {
        let child = s.spawn(|| cell.get().set(2));
        if fixed {
            child.join().unwrap();
        }
        cell.get().set(cell.get().get() + 1);
    });
}

/// The borrow flag of a `RefCell` is no atomic. Any order: both only read.
fn shared_ref_cell(fixed: bool) {
    let cell = Shared(RefCell::new([1, 2]));
    thread::scope(|s| {
        let child = s.spawn(|| cell.get().borrow()[0]);
        if fixed {
            child.join().unwrap();
        }
        assert_eq!(cell.get().borrow()[1], 2);
    });
}

/// Clones of one `Rc` on two threads. Any order; the clones are forgotten, so that no count falls.
fn shared_rc(fixed: bool) {
    let value = Shared(Rc::new(5));
    thread::scope(|s| {
        let child = s.spawn(|| std::mem::forget(value.get().clone()));
        if fixed {
            child.join().unwrap();
        }
        std::mem::forget(value.get().clone());
    });
}

/// A value published by a relaxed flag. Order: the reader sees the flag.
fn relaxed_publication(fixed: bool) {
    let (value, ready) = (Shared(UnsafeCell::new(0)), AtomicBool::new(false));
    let (store, load) = if fixed {
        (Release, Acquire)
    } else {
        (Relaxed, Relaxed)
    };
    thread::scope(|s| {
        s.spawn(|| {
            if ready.load(load) {
                assert_eq!(unsafe { *value.get().get() }, 9);
            }
        });
        unsafe { *value.get().get() = 9 };
        ready.store(true, store);
    });
}

/// A box published by a relaxed pointer. Order: the reader sees the pointer.
fn relaxed_pointer(fixed: bool) {
    let place = AtomicPtr::<[u64; 4]>::default();
    let order = if fixed { Release } else { Relaxed };
    thread::scope(|s| {
        s.spawn(|| place.store(Box::into_raw(Box::new([3; 4])), order));
        let seen = place.load(Acquire);
        if !seen.is_null() {
            assert_eq!(unsafe { (*seen)[3] }, 3);
        }
    });
    drop(unsafe { Box::from_raw(place.into_inner()) });
}

/// A fence on one side only. Order: the reader sees the flag.
fn missing_fence(fixed: bool) {
    let (value, ready) = (Shared(UnsafeCell::new(0)), AtomicBool::new(false));
    thread::scope(|s| {
        s.spawn(|| {
            if ready.load(Relaxed) {
                if fixed {
                    fence(Acquire);
                }
                assert_eq!(unsafe { *value.get().get() }, 9);
            }
        });
        unsafe { *value.get().get() = 9 };
        fence(Release);
        ready.store(true, Relaxed);
    });
}

/// Two threads lock, but not the same lock. Any order.
fn other_lock(fixed: bool) {
    let total = Shared(UnsafeCell::new(0));
    let locks = [Mutex::new(()), Mutex::new(())];
    let add = |which: usize| {
        let _guard = locks[which].lock().unwrap();
        unsafe { *total.get().get() += 1 };
    };
    thread::scope(|s| {
        s.spawn(|| add(0));
        add(usize::from(!fixed));
    });
}

/// Readers count themselves under the read lock. Order: both hold it.
fn write_under_read_lock(fixed: bool) {
    let (table, reads) = (RwLock::new([1, 2]), Shared(UnsafeCell::new(0)));
    let count = AtomicUsize::new(0);
    let look = || {
        let table = table.read().unwrap();
        if fixed {
            count.fetch_add(1, Relaxed);
        } else {
            unsafe { *reads.get().get() += 1 };
        }
        table[0]
    };
    thread::scope(|s| {
        s.spawn(look);
        look();
    });
}

/// A spin lock given back by a relaxed store. Order: the second holder comes after the first.
fn relaxed_unlock(fixed: bool) {
    let (locked, total) = (AtomicBool::new(false), Shared(UnsafeCell::new(0)));
    let add = || {
        while locked
            .compare_exchange(false, true, Acquire, Relaxed)
            .is_err()
        {
            thread::yield_now();
        }
        unsafe { *total.get().get() += 1 };
        locked.store(false, if fixed { Release } else { Relaxed });
    };
    thread::scope(|s| {
        s.spawn(add);
        add();
    });
}

/// Double-checked initialization whose first look orders nothing. Order: one looks after the other
/// has made it.
fn double_checked(fixed: bool) {
    let (made, lock) = (AtomicBool::new(false), Mutex::new(()));
    let value = Shared(UnsafeCell::new(MaybeUninit::<[u64; 2]>::uninit()));
    let get = || {
        let slot = value.get().get();
        if !made.load(if fixed { Acquire } else { Relaxed }) {
            let _guard = lock.lock().unwrap();
            if !made.load(Relaxed) {
                unsafe { (*slot).write([4, 4]) };
                made.store(true, Release);
            }
        }
        unsafe { (*slot).assume_init_ref()[1] }
    };
    thread::scope(|s| {
        s.spawn(|| assert_eq!(get(), 4));
        assert_eq!(get(), 4);
    });
}

/// Threads own every other element, and one goes one too far. Any order.
fn neighbours(fixed: bool) {
    let cells = Shared([const { UnsafeCell::new(0u8) }; 4]);
    let fill = |from: usize, to: usize| {
        for i in from..to {
            unsafe { *cells.get()[i].get() += 1 };
        }
    };
    thread::scope(|s| {
        s.spawn(|| fill(0, if fixed { 2 } else { 3 }));
        fill(2, 4);
    });
}

/// A pointer into what a lock guards outlives the guard. Order: the write comes beside the push.
fn pointer_kept_after_unlock(fixed: bool) {
    let list = Mutex::new(vec![1, 2, 3, 4]);
    thread::scope(|s| {
        s.spawn(|| list.lock().unwrap()[0] += 1);
        let mut guard = list.lock().unwrap();
        let first = &raw mut guard[0];
        if fixed {
            unsafe { *first += 1 };
            drop(guard);
        } else {
            drop(guard);
            unsafe { *first += 1 };
        }
    });
}

/// A sequence lock over plain words: the reader would discard what it read, but has read it.
/// Order: the read overlaps the write.
fn sequence_lock(fixed: bool) {
    let sequence = AtomicUsize::new(0);
    let words = Shared(UnsafeCell::new([0u64; 2]));
    let atoms = [const { AtomicUsize::new(0) }; 2];
    thread::scope(|s| {
        s.spawn(|| {
            sequence.fetch_add(1, SeqCst);
            if fixed {
                atoms.iter().for_each(|a| a.store(1, SeqCst));
            } else {
                unsafe { *words.get().get() = [1, 1] };
            }
            sequence.fetch_add(1, SeqCst);
        });
        let before = sequence.load(SeqCst);
        let (a, b) = if fixed {
            (atoms[0].load(SeqCst) as u64, atoms[1].load(SeqCst) as u64)
        } else {
            let [a, b] = unsafe { words.get().get().read() };
            (a, b)
        };
        if before % 2 == 0 && sequence.load(SeqCst) == before {
            assert_eq!(a, b);
        }
    });
}

/// A ring of one slot: the producer moves the index before it has written. Order: the consumer
/// reads in between.
fn ring_slot(fixed: bool) {
    let (slot, tail) = (Shared(UnsafeCell::new(0)), AtomicUsize::new(0));
    thread::scope(|s| {
        s.spawn(|| {
            if tail.load(Acquire) == 1 {
                assert_ne!(unsafe { *slot.get().get() }, 7);
            }
        });
        if fixed {
            unsafe { *slot.get().get() = 5 };
            tail.store(1, Release);
        } else {
            tail.store(1, Release);
            unsafe { *slot.get().get() = 5 };
        }
    });
}

/// A raw pointer to a local is sent away and the local used. Any order.
fn moved_pointer(fixed: bool) {
    let mut local = 1u64;
    let pointer = Shared(&raw mut local);
    let child = thread::spawn(move || unsafe { **pointer.get() += 1 });
    if fixed {
        child.join().unwrap();
        local += 1;
    } else {
        unsafe { *(&raw mut local) += 1 };
        child.join().unwrap();
    }
    std::hint::black_box(local);
}
