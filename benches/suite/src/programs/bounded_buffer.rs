//! Bounded buffers with condition variables.
//!
//! Origin: `bounded_buffer` is Inspect's `boundedBuffer`, as in SCTBench;
//! `bounded_queue` is the exercise of every course on condition variables.

use std::sync::Arc;

use super::cells::{Lock, Signal, join, spawn};

struct Buffer {
    state: Lock<State>,
    not_full: Signal,
    not_empty: Signal,
}

#[derive(Default)]
struct State {
    items: usize,
    producers_waiting: usize,
    consumers_waiting: usize,
}

impl Buffer {
    fn new() -> Arc<Buffer> {
        Arc::new(Buffer {
            state: Lock::new(State::default()),
            not_full: Signal::new(),
            not_empty: Signal::new(),
        })
    }

    fn put(&self) {
        const CAPACITY: usize = 2;
        let mut state = self.state.lock();
        if state.items == CAPACITY {
            state.producers_waiting += 1;
            while state.items == CAPACITY {
                state = self.not_full.wait(state);
            }
            state.producers_waiting -= 1;
        }
        state.items += 1;
        if state.consumers_waiting > 0 {
            self.not_empty.one();
        }
    }

    fn get(&self, fixed: bool) {
        let mut state = self.state.lock();
        if state.items == 0 {
            state.consumers_waiting += 1;
            while state.items == 0 {
                state = self.not_empty.wait(state);
            }
            state.consumers_waiting -= 1;
        }
        if !fixed {
            drop(state);
            state = self.state.lock();
        }
        assert!(state.items > 0, "another consumer was faster");
        state.items -= 1;
        if state.producers_waiting > 0 {
            self.not_full.one();
        }
    }
}

/// A consumer lets go of the lock between finding an item and taking it.
pub(super) fn bounded_buffer<const FIXED: bool>() {
    let buffer = Buffer::new();
    let producers = [(); 2].map(|()| {
        spawn(&buffer, |buffer| {
            for _ in 0..4 {
                buffer.put();
            }
        })
    });
    let consumers = [(); 2].map(|()| {
        spawn(&buffer, |buffer| {
            for _ in 0..4 {
                buffer.get(FIXED);
            }
        })
    });
    join(producers.into_iter().chain(consumers));
}

struct Slot {
    full: Lock<bool>,
    changed: Signal,
}

impl Slot {
    fn change(&self, to: bool, all: bool) {
        let mut full = self.full.lock();
        while *full == to {
            full = self.changed.wait(full);
        }
        *full = to;
        if all {
            self.changed.all();
        } else {
            self.changed.one();
        }
    }
}

/// Producers and consumers wait for the same condition variable, and one of them is
/// woken: it may be the wrong one, and all sleep. Fixed, all are woken.
pub(super) fn bounded_queue<const FIXED: bool>() {
    let slot = Arc::new(Slot {
        full: Lock::new(false),
        changed: Signal::new(),
    });
    let producers = [(); 2].map(|()| {
        spawn(&slot, |slot| {
            for _ in 0..2 {
                slot.change(true, FIXED);
            }
        })
    });
    let consumers = [(); 2].map(|()| {
        spawn(&slot, |slot| {
            for _ in 0..2 {
                slot.change(false, FIXED);
            }
        })
    });
    join(producers.into_iter().chain(consumers));
}
