//! A hand-made ring for one producer and one consumer.

use std::sync::Arc;

use super::plain::Plain;
use jostle::sync::atomic::{AtomicUsize, Ordering};
use jostle::thread;

const SLOTS: usize = 2;
const VALUES: u32 = 3;

struct Ring {
    slots: [Plain<u32>; SLOTS],
    /// How many values have been taken out, by the consumer.
    head: AtomicUsize,
    /// How many have been put in, by the producer.
    tail: AtomicUsize,
    /// The orderings with which one side tells the other one, and is told.
    tell: Ordering,
    hear: Ordering,
}

impl Ring {
    fn push(&self, value: u32) -> bool {
        let tail = self.tail.load(Ordering::Relaxed);
        if tail - self.head.load(self.hear) == SLOTS {
            return false;
        }
        self.slots[tail % SLOTS].set(value);
        self.tail.store(tail + 1, self.tell);
        true
    }

    fn pop(&self) -> Option<u32> {
        let head = self.head.load(Ordering::Relaxed);
        if head == self.tail.load(self.hear) {
            return None;
        }
        let value = self.slots[head % SLOTS].get();
        self.head.store(head + 1, self.tell);
        Some(value)
    }
}

fn hand_over(tell: Ordering, hear: Ordering) {
    let ring = Arc::new(Ring {
        slots: [Plain::new(0), Plain::new(0)],
        head: AtomicUsize::new(0),
        tail: AtomicUsize::new(0),
        tell,
        hear,
    });
    let producer = Arc::clone(&ring);
    let task = thread::spawn(move || {
        for value in 0..VALUES {
            while !producer.push(value) {
                thread::yield_now();
            }
        }
    });
    for expected in 0..VALUES {
        let value = loop {
            match ring.pop() {
                Some(value) => break value,
                None => thread::yield_now(),
            }
        };
        assert_eq!(value, expected);
    }
    task.join().unwrap();
}

/// Head and tail are stored and loaded with `Relaxed`: the slot may be read before it
/// is written, and written before it is read.
#[jostle::scenario(expect = "race: data race")]
fn race_spsc_ring() {
    hand_over(Ordering::Relaxed, Ordering::Relaxed);
}

/// `Release` and `Acquire`.
#[jostle::scenario]
fn race_spsc_ring_fixed() {
    hand_over(Ordering::Release, Ordering::Acquire);
}
