//! A bounded buffer with one condition variable for two conditions: a producer's
//! wake-up reaches another producer.
//!
//! Origin: the wiki page "Extreme Programming Challenge Fourteen" by Tom Cargill,
//! 2000 or so; Hamlen's and Gaudet's discussions of it.

use std::collections::VecDeque;
use std::sync::Arc;

use jostle::sync::{Condvar, Mutex};
use jostle::thread;

struct Buffer {
    items: Mutex<VecDeque<u32>>,
    changed: Condvar,
    wake: fn(&Condvar),
}

const CAPACITY: usize = 1;

impl Buffer {
    fn put(&self, item: u32) {
        let mut items = self.items.lock().unwrap();
        while items.len() == CAPACITY {
            items = self.changed.wait(items).unwrap();
        }
        items.push_back(item);
        (self.wake)(&self.changed);
    }

    fn take(&self) -> u32 {
        let mut items = self.items.lock().unwrap();
        loop {
            if let Some(item) = items.pop_front() {
                (self.wake)(&self.changed);
                return item;
            }
            items = self.changed.wait(items).unwrap();
        }
    }
}

fn pass_through(wake: fn(&Condvar)) {
    let buffer = Arc::new(Buffer {
        items: Mutex::new(VecDeque::new()),
        changed: Condvar::new(),
        wake,
    });
    let mut tasks = Vec::new();
    for name in ["put 1", "put 2"] {
        let buffer = Arc::clone(&buffer);
        let producer = thread::Builder::new().name(name.to_owned());
        tasks.push(producer.spawn(move || buffer.put(1)).unwrap());
    }
    for name in ["take 1", "take 2"] {
        let buffer = Arc::clone(&buffer);
        let consumer = thread::Builder::new().name(name.to_owned());
        tasks.push(
            consumer
                .spawn(move || assert_eq!(buffer.take(), 1))
                .unwrap(),
        );
    }
    for task in tasks {
        task.join().unwrap();
    }
}

/// `notify_one` wakes whoever it likes, perhaps somebody who cannot go on.
#[jostle::scenario(expect = "deadlock: all tasks are asleep")]
fn bounded_buffer() {
    pass_through(|changed| changed.notify_one());
}

/// `notify_all` wakes whoever can go on, too.
#[jostle::scenario]
fn bounded_buffer_fixed() {
    pass_through(|changed| changed.notify_all());
}
