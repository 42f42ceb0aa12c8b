//! Atomics by their orderings, and fences.

use std::sync::Arc;

use jostle::sync::atomic::{AtomicU32, Ordering, fence};
use jostle::thread;

use super::support::{Memory, ordered, unordered};

/// One task writes and then does `tell`; another one does `hear` until it gives true and
/// then writes. Nobody owns anything together, since dropping that would order them.
fn publish(memory: &Memory, tell: fn(&AtomicU32), hear: fn(&AtomicU32) -> bool) {
    let flag = &AtomicU32::new(0);
    thread::scope(|scope| {
        let _task = scope.spawn(move || {
            memory.write();
            tell(flag);
        });
        while !hear(flag) {
            thread::yield_now();
        }
        memory.write();
    });
}

#[test]
fn a_store_that_releases_and_a_load_that_acquires() {
    ordered(|memory| {
        publish(
            &memory,
            |flag| flag.store(1, Ordering::Release),
            |flag| flag.load(Ordering::Acquire) == 1,
        );
    });
    ordered(|memory| {
        publish(
            &memory,
            |flag| flag.store(1, Ordering::SeqCst),
            |flag| flag.load(Ordering::SeqCst) == 1,
        );
    });
    unordered(|memory| {
        publish(
            &memory,
            |flag| flag.store(1, Ordering::Relaxed),
            |flag| flag.load(Ordering::Acquire) == 1,
        );
    });
    unordered(|memory| {
        publish(
            &memory,
            |flag| flag.store(1, Ordering::Release),
            |flag| flag.load(Ordering::Relaxed) == 1,
        );
    });
}

#[test]
fn operations_that_do_both() {
    fn exchanges(flag: &AtomicU32, success: Ordering, failure: Ordering) -> bool {
        flag.compare_exchange(1, 2, success, failure).is_ok()
    }
    ordered(|memory| {
        publish(
            &memory,
            |flag| {
                flag.fetch_add(1, Ordering::AcqRel);
            },
            |flag| exchanges(flag, Ordering::Acquire, Ordering::Relaxed),
        );
    });
    unordered(|memory| {
        publish(
            &memory,
            |flag| {
                flag.fetch_add(1, Ordering::Acquire);
            },
            |flag| exchanges(flag, Ordering::Acquire, Ordering::Relaxed),
        );
    });
    unordered(|memory| {
        publish(
            &memory,
            |flag| {
                flag.swap(1, Ordering::Release);
            },
            |flag| exchanges(flag, Ordering::Release, Ordering::Acquire),
        );
    });
    // What a failed exchange has read counts under its own ordering.
    ordered(|memory| {
        publish(
            &memory,
            |flag| flag.store(1, Ordering::Release),
            |flag| flag.compare_exchange(0, 0, Ordering::Relaxed, Ordering::Acquire) == Err(1),
        );
    });
}

/// A read-modify-write goes on with the release sequence, whatever its ordering
/// (C11 5.1.2.4).
#[test]
fn a_release_sequence() {
    ordered(|memory| {
        publish(
            &memory,
            |flag| {
                flag.store(1, Ordering::Release);
                flag.fetch_add(1, Ordering::Relaxed);
            },
            |flag| flag.load(Ordering::Acquire) == 2,
        );
    });
}

#[test]
fn fences() {
    fn tells(flag: &AtomicU32) {
        fence(Ordering::Release);
        flag.store(1, Ordering::Relaxed);
    }
    fn hears(flag: &AtomicU32) -> bool {
        let raised = flag.load(Ordering::Relaxed) == 1;
        fence(Ordering::Acquire);
        raised
    }
    ordered(|memory| publish(&memory, tells, hears));
    ordered(|memory| publish(&memory, |flag| flag.store(1, Ordering::Release), hears));
    ordered(|memory| publish(&memory, tells, |flag| flag.load(Ordering::Acquire) == 1));
    unordered(|memory| publish(&memory, tells, |flag| flag.load(Ordering::Relaxed) == 1));
    unordered(|memory| publish(&memory, |flag| flag.store(1, Ordering::Relaxed), hears));
    // A fence after the store is too late.
    unordered(|memory| {
        publish(
            &memory,
            |flag| {
                flag.store(1, Ordering::Relaxed);
                fence(Ordering::Release);
            },
            hears,
        );
    });
}

/// The last owner of an `Arc` comes after what the others did with it: `Arc::drop` ends
/// in a fence, which stock TSan does not see.
#[test]
fn the_last_owner_of_an_arc() {
    struct Owned(Memory);
    impl Drop for Owned {
        fn drop(&mut self) {
            self.0.write();
        }
    }
    ordered(|memory| {
        let owned = Arc::new(Owned(memory));
        let other = Arc::clone(&owned);
        thread::spawn(move || other.0.read());
        thread::yield_now();
        owned.0.read();
    });
}
