//! Readers never wait; they check afterwards whether a writer interfered.
//!
//! The protocol is the one of Boehm, "Can Seqlocks Get Along With Programming
//! Language Memory Models?", MSPC 2012.

use std::sync::Arc;

use super::plain::Plain;
use jostle::sync::atomic::{AtomicU32, Ordering, fence};
use jostle::thread;

/// What the lock guards: two numbers that are always equal.
trait Pair: Send + Sync + 'static {
    fn new() -> Self;
    fn write(&self, n: u32);
    fn read(&self) -> (u32, u32);
}

impl Pair for Plain<(u32, u32)> {
    fn new() -> Self {
        Plain::new((0, 0))
    }

    fn write(&self, n: u32) {
        self.set((n, n));
    }

    fn read(&self) -> (u32, u32) {
        self.get()
    }
}

impl Pair for (AtomicU32, AtomicU32) {
    fn new() -> Self {
        (AtomicU32::new(0), AtomicU32::new(0))
    }

    fn write(&self, n: u32) {
        self.0.store(n, Ordering::Relaxed);
        self.1.store(n, Ordering::Relaxed);
    }

    fn read(&self) -> (u32, u32) {
        (
            self.0.load(Ordering::Relaxed),
            self.1.load(Ordering::Relaxed),
        )
    }
}

struct SeqLock<P> {
    /// Odd while the writer is in.
    sequence: AtomicU32,
    pair: P,
}

impl<P: Pair> SeqLock<P> {
    /// For one writer.
    fn write(&self, n: u32) {
        let before = self.sequence.load(Ordering::Relaxed);
        self.sequence.store(before + 1, Ordering::Relaxed);
        fence(Ordering::Release);
        self.pair.write(n);
        self.sequence.store(before + 2, Ordering::Release);
    }

    /// `None` if a writer was in.
    fn try_read(&self) -> Option<(u32, u32)> {
        let before = self.sequence.load(Ordering::Acquire);
        let pair = self.pair.read();
        fence(Ordering::Acquire);
        let after = self.sequence.load(Ordering::Relaxed);
        (before == after && before.is_multiple_of(2)).then_some(pair)
    }
}

fn write_and_read<P: Pair>() {
    let lock = Arc::new(SeqLock {
        sequence: AtomicU32::new(0),
        pair: P::new(),
    });
    let writer = Arc::clone(&lock);
    let task = thread::spawn(move || writer.write(7));
    if let Some((a, b)) = lock.try_read() {
        assert_eq!(a, b);
    }
    task.join().unwrap();
}

/// What the lock guards is plain memory. A reader throws away what it read while a
/// writer was in, but it has read it.
#[jostle::scenario(expect = "race: data race")]
fn race_seqlock() {
    write_and_read::<Plain<(u32, u32)>>();
}

/// It is made of atomics.
#[jostle::scenario]
fn race_seqlock_fixed() {
    write_and_read::<(AtomicU32, AtomicU32)>();
}
