//! Memory freed while another task may still read it.
//!
//! The one race of the catalogue that AddressSanitizer finds too, on the schedules that
//! free first: `scripts/fuzz race_use_after_free`.

#![allow(unsafe_code)]

use super::plain::Plain;
use jostle::thread;

/// Large enough that what is allocated next does not take its place, which would hide
/// from TSan that it was freed.
type Page = [u64; 128];

/// A pointer that somebody else frees.
struct Borrowed(*const Plain<Page>);

// SAFETY: `Plain` claims that it may be used on any task. How long it is there is what
// the scenarios are about.
unsafe impl Send for Borrowed {}

impl Borrowed {
    fn get(&self) -> u64 {
        // SAFETY: The owner frees the memory when this task has ended, or so it should.
        unsafe { &*self.0 }.get()[0]
    }
}

fn lend(waits: bool) {
    let owned = Box::new(Plain::new([7; 128]));
    let borrowed = Borrowed(&raw const *owned);
    let task = thread::spawn(move || {
        thread::yield_now();
        borrowed.get()
    });
    if waits {
        assert_eq!(task.join().unwrap(), 7);
        drop(owned);
    } else {
        thread::yield_now();
        drop(owned);
        task.join().unwrap();
    }
}

/// The owner frees what another task may still read.
#[jostle::scenario(expect = "race")]
fn race_use_after_free() {
    lend(false);
}

/// It waits for the other task first.
#[jostle::scenario]
fn race_use_after_free_fixed() {
    lend(true);
}
