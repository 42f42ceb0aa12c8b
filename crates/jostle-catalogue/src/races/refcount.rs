//! A hand-made `Arc`.

#![allow(unsafe_code)]

use std::ptr::NonNull;

use super::plain::Plain;
use jostle::sync::atomic::{AtomicUsize, Ordering, fence};
use jostle::thread;

/// One of two handles on a value that the last one frees.
struct Counted<const ORDERED: bool>(NonNull<Inner>);

struct Inner {
    owners: AtomicUsize,
    value: Plain<u32>,
}

// SAFETY: The handle gives no access but `get`, and `Plain` claims that this may happen
// on any task. Freeing is what the scenarios are about.
unsafe impl<const ORDERED: bool> Send for Counted<ORDERED> {}

impl<const ORDERED: bool> Counted<ORDERED> {
    fn two(value: u32) -> [Counted<ORDERED>; 2] {
        let inner = NonNull::from(Box::leak(Box::new(Inner {
            owners: AtomicUsize::new(2),
            value: Plain::new(value),
        })));
        [Counted(inner), Counted(inner)]
    }

    fn get(&self) -> u32 {
        // SAFETY: This handle has not been dropped, so that the value is there.
        unsafe { self.0.as_ref() }.value.get()
    }
}

impl<const ORDERED: bool> Drop for Counted<ORDERED> {
    fn drop(&mut self) {
        let order = if ORDERED {
            Ordering::Release
        } else {
            Ordering::Relaxed
        };
        // SAFETY: As in `get`.
        if unsafe { self.0.as_ref() }.owners.fetch_sub(1, order) > 1 {
            return;
        }
        if ORDERED {
            fence(Ordering::Acquire);
        }
        // SAFETY: `two` leaked the box, and this is the last handle. Without the
        // orderings the reads of the other one may still be on their way.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}

fn share<const ORDERED: bool>() {
    let [mine, other] = Counted::<ORDERED>::two(42);
    let task = thread::spawn(move || assert_eq!(other.get(), 42));
    assert_eq!(mine.get(), 42);
    drop(mine);
    task.join().unwrap();
}

/// The count goes down with `Relaxed`: freeing does not come after the last use by the
/// other owner.
#[jostle::scenario(expect = "race")]
fn race_refcount() {
    share::<false>();
}

/// It goes down with `Release`, and who frees has acquired, as in `std::sync::Arc`.
#[jostle::scenario]
fn race_refcount_fixed() {
    share::<true>();
}
