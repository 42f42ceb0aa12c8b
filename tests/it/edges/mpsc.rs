//! Channels of `sync::mpsc`.

use jostle::sync::mpsc;
use jostle::thread;

use super::support::{Memory, ordered, unordered};

/// How often each end is used, with the access of one task before its last operation and
/// that of the other one after its own last one.
fn send_then_receive<S: Send + 'static>(
    memory: &Memory,
    send: fn(&S),
    ends: (S, mpsc::Receiver<u32>),
) {
    let (sender, receiver) = ends;
    let other = memory.clone();
    let task = thread::spawn(move || {
        other.write();
        send(&sender);
    });
    receiver.recv().unwrap();
    memory.write();
    task.join().unwrap();
}

#[test]
fn a_send_comes_before_its_receive() {
    ordered(|memory| {
        let send = |sender: &mpsc::Sender<u32>| sender.send(1).unwrap();
        send_then_receive(&memory, send, mpsc::channel());
    });
    ordered(|memory| {
        let send = |sender: &mpsc::SyncSender<u32>| sender.send(1).unwrap();
        send_then_receive(&memory, send, mpsc::sync_channel(1));
    });
    ordered(|memory| {
        let send = |sender: &mpsc::SyncSender<u32>| sender.send(1).unwrap();
        send_then_receive(&memory, send, mpsc::sync_channel(0));
    });
}

/// What the sender does afterwards has not been sent.
#[test]
fn what_follows_a_send_is_not_ordered() {
    unordered(|memory| {
        let (sender, receiver) = mpsc::channel();
        let other = memory.clone();
        let task = thread::spawn(move || {
            sender.send(1).unwrap();
            other.write();
        });
        receiver.recv().unwrap();
        memory.write();
        task.join().unwrap();
    });
}

/// The receiver accesses before its first receive, the sender after `sends` sends.
fn receive_then_send(memory: &Memory, bound: usize, sends: u32) {
    let (sender, receiver) = mpsc::sync_channel(bound);
    let other = memory.clone();
    let task = thread::spawn(move || {
        for n in 0..sends {
            sender.send(n).unwrap();
        }
        other.write();
    });
    memory.write();
    for _ in 0..sends {
        receiver.recv().unwrap();
    }
    task.join().unwrap();
}

/// The k-th receive comes before the send that needs its place.
#[test]
fn a_receive_comes_before_the_send_that_it_makes_room_for() {
    ordered(|memory| receive_then_send(&memory, 0, 1));
    ordered(|memory| receive_then_send(&memory, 1, 2));
    ordered(|memory| receive_then_send(&memory, 3, 4));
    unordered(|memory| receive_then_send(&memory, 1, 1));
    unordered(|memory| receive_then_send(&memory, 3, 3));
}

#[test]
fn an_end_that_is_gone() {
    ordered(|memory| {
        let (sender, receiver) = mpsc::channel::<u32>();
        let other = memory.clone();
        thread::spawn(move || {
            other.write();
            drop(sender);
        });
        assert!(receiver.recv().is_err());
        memory.write();
    });
    ordered(|memory| {
        let (sender, receiver) = mpsc::channel::<u32>();
        let other = memory.clone();
        thread::spawn(move || {
            other.write();
            drop(receiver);
        });
        while sender.send(1).is_ok() {}
        memory.write();
    });
}

/// Two senders are not ordered by what they both do.
#[test]
fn senders_are_not_ordered() {
    unordered(|memory| {
        let (sender, receiver) = mpsc::channel();
        let tasks = [(); 2].map(|()| {
            let (sender, memory) = (sender.clone(), memory.clone());
            thread::spawn(move || {
                memory.write();
                sender.send(1).unwrap();
            })
        });
        for task in tasks {
            task.join().unwrap();
        }
        assert_eq!(receiver.recv(), Ok(1));
    });
}
