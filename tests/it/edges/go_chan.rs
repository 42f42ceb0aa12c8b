//! Go's channels; <https://go.dev/ref/mem#chan>.

use jostle::go;

use super::support::{Memory, ordered, unordered};

/// The sender writes before its `sends`-th send, the receiver after its `receives`-th
/// receive.
fn send_then_receive(memory: &Memory, cap: usize, sends: u32, receives: u32) {
    let (sender, receiver) = go::chan(cap);
    let other = memory.clone();
    go::spawn(move || {
        for n in 1..=sends {
            if n == sends {
                other.write();
            }
            sender.send(n);
        }
    });
    for _ in 0..receives {
        receiver.recv();
    }
    memory.write();
}

#[test]
fn a_send_comes_before_its_receive() {
    ordered(|memory| send_then_receive(&memory, 0, 1, 1));
    ordered(|memory| send_then_receive(&memory, 0, 3, 3));
    ordered(|memory| send_then_receive(&memory, 1, 3, 3));
    ordered(|memory| send_then_receive(&memory, 2, 3, 3));
    unordered(|memory| send_then_receive(&memory, 2, 2, 1));
}

/// The receiver writes before its first receive, the sender after its `sends`-th send.
fn receive_then_send(memory: &Memory, cap: usize, sends: u32) {
    let (sender, receiver) = go::chan(cap);
    let other = memory.clone();
    go::spawn(move || {
        for n in 0..sends {
            sender.send(n);
        }
        other.write();
    });
    memory.write();
    for _ in 0..sends {
        receiver.recv();
    }
}

/// “The kth receive on a channel with capacity C is synchronized before the completion
/// of the k+Cth send.”
#[test]
fn a_receive_comes_before_the_send_that_it_makes_room_for() {
    ordered(|memory| receive_then_send(&memory, 0, 1));
    ordered(|memory| receive_then_send(&memory, 1, 2));
    ordered(|memory| receive_then_send(&memory, 2, 3));
    unordered(|memory| receive_then_send(&memory, 1, 1));
    unordered(|memory| receive_then_send(&memory, 2, 2));
}

#[test]
fn a_close_comes_before_the_receive_that_it_ends() {
    ordered(|memory| {
        let (sender, receiver) = go::chan::<u32>(0);
        let other = memory.clone();
        go::spawn(move || {
            other.write();
            sender.close();
        });
        assert_eq!(receiver.recv(), None);
        memory.write();
    });
    unordered(|memory| {
        let (sender, receiver) = go::chan::<u32>(0);
        let other = memory.clone();
        go::spawn(move || {
            sender.close();
            other.write();
        });
        assert_eq!(receiver.recv(), None);
        memory.write();
    });
}

#[test]
fn select_orders_as_the_operation_that_it_does() {
    ordered(|memory| {
        let (sender, receiver) = go::chan(0);
        let (idle, never) = go::chan::<u32>(0);
        let other = memory.clone();
        go::spawn(move || {
            other.write();
            go::select! {
                send(sender, 1) => {},
                recv(never) -> _nothing => {},
            }
        });
        go::select! {
            recv(receiver) -> value => assert_eq!(value, Some(1)),
            send(idle, 2) => {},
        }
        memory.write();
    });
}

/// A close counts as a write of the channel and a send as a read: what happens on other
/// schedules is reported on this one.
#[test]
fn a_close_and_a_send_that_nothing_orders() {
    unordered(|_| {
        let (sender, receiver) = go::chan(2);
        let closer = sender.clone();
        go::spawn(move || {
            receiver.recv();
            closer.close();
        });
        sender.send(1);
        sender.send(2);
    });
    ordered(|_| {
        let (sender, receiver) = go::chan(2);
        let closer = sender.clone();
        go::spawn(move || {
            receiver.recv();
            receiver.recv();
            closer.close();
        });
        sender.send(1);
        sender.send(2);
    });
}
