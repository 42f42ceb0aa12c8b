//! A value that its sender still uses after sending it.

use std::sync::Arc;

use super::plain::Plain;
use jostle::sync::mpsc;
use jostle::thread;

/// The sender changes the value when the receiver may have it.
#[jostle::scenario(expect = "race: data race")]
fn race_sent_value() {
    let (sender, receiver) = mpsc::channel::<Arc<Plain<u32>>>();
    let task = thread::spawn(move || receiver.recv().unwrap().get());
    let value = Plain::shared(1);
    sender.send(Arc::clone(&value)).unwrap();
    value.set(2);
    task.join().unwrap();
}

/// It changes the value before, and sends it.
#[jostle::scenario]
fn race_sent_value_fixed() {
    let (sender, receiver) = mpsc::channel::<Arc<Plain<u32>>>();
    let task = thread::spawn(move || receiver.recv().unwrap().get());
    let value = Plain::shared(1);
    value.set(2);
    sender.send(value).unwrap();
    assert_eq!(task.join().unwrap(), 2);
}
