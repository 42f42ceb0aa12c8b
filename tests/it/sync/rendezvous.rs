//! Channels with a bound of zero.

use std::sync::mpsc::{RecvError, RecvTimeoutError, SendError, TryRecvError, TrySendError};

use jostle::sync::mpsc;
use jostle_core::finding::Kind;

use crate::support::conformance::conformance;
use crate::support::explore::explore;

conformance! {
    a_message_goes_from_hand_to_hand() -> (u32, bool) {
        let (tx, rx) = sync::mpsc::sync_channel(0);
        let sender = thread::spawn(move || tx.send(7).is_ok());
        let received = rx.recv().unwrap();
        (received, sender.join().unwrap())
    } gives [(7, true)];

    the_sender_does_not_go_on_before_the_receiver_has_come() -> bool {
        use sync::atomic::{AtomicBool, Ordering};
        let (tx, rx) = sync::mpsc::sync_channel(0);
        let came = sync::Arc::new(AtomicBool::new(false));
        let theirs = sync::Arc::clone(&came);
        let sender = thread::spawn(move || {
            tx.send(()).unwrap();
            theirs.load(Ordering::SeqCst)
        });
        came.store(true, Ordering::SeqCst);
        rx.recv().unwrap();
        sender.join().unwrap()
    } gives [true];

    try_send_needs_a_receiver_that_waits() -> Result<(), TrySendError<u32>> {
        let (tx, rx) = sync::mpsc::sync_channel(0);
        let receiver = thread::spawn(move || rx.recv());
        let tried = tx.try_send(1);
        drop(tx);
        let received = receiver.join().unwrap();
        assert_eq!(received.is_ok(), tried.is_ok());
        tried
    } gives [Ok(()), Err(TrySendError::Full(1))];

    try_recv_needs_a_sender_that_waits() -> Result<u32, TryRecvError> {
        let (tx, rx) = sync::mpsc::sync_channel(0);
        let sender = thread::spawn(move || {
            let sent = tx.send(1);
            (sent, tx)
        });
        let tried = rx.try_recv();
        drop(rx);
        let (sent, _tx) = sender.join().unwrap();
        assert_eq!(sent.is_ok(), tried.is_ok());
        tried
    } gives [Ok(1), Err(TryRecvError::Empty)];

    a_waiting_sender_gets_its_message_back() -> Result<(), SendError<u32>> {
        let (tx, rx) = sync::mpsc::sync_channel(0);
        let receiver = thread::spawn(move || drop(rx));
        let sent = tx.send(2);
        receiver.join().unwrap();
        assert_eq!(tx.try_send(3), Err(TrySendError::Disconnected(3)));
        sent
    } gives [Err(SendError(2))];

    a_waiting_receiver_learns_of_the_end() -> Result<u32, RecvError> {
        let (tx, rx) = sync::mpsc::sync_channel(0);
        let other = tx.clone();
        let senders = [thread::spawn(move || drop(tx)), thread::spawn(move || drop(other))];
        let received = rx.recv();
        for sender in senders {
            sender.join().unwrap();
        }
        assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
        received
    } gives [Err(RecvError)];

    recv_timeout_gets_it_or_gives_up() -> Result<u32, RecvTimeoutError> {
        let (tx, rx) = sync::mpsc::sync_channel(0);
        let sender = thread::spawn(move || {
            thread::sleep(time::Duration::from_millis(1));
            let sent = tx.try_send(1).is_ok();
            (sent, tx)
        });
        let received = rx.recv_timeout(time::Duration::from_millis(1));
        let (sent, tx) = sender.join().unwrap();
        assert_eq!(sent, received.is_ok());
        drop(tx);
        let end = rx.recv_timeout(time::Duration::from_millis(1));
        assert_eq!(end, Err(RecvTimeoutError::Disconnected));
        received
    } gives [Ok(1), Err(RecvTimeoutError::Timeout)];

    all_messages_of_three_senders_arrive() -> u32 {
        let (tx, rx) = sync::mpsc::sync_channel(0);
        let senders: Vec<_> = [1, 10, 100]
            .into_iter()
            .map(|n| {
                let tx = tx.clone();
                thread::spawn(move || tx.send(n).unwrap())
            })
            .collect();
        drop(tx);
        let sum = rx.iter().sum();
        for sender in senders {
            sender.join().unwrap();
        }
        sum
    } gives [111];
}

#[test]
fn a_sender_alone_is_a_deadlock() {
    let explored = explore(30, || {
        let (tx, rx) = mpsc::sync_channel(0);
        let sent = tx.send(1);
        drop(rx);
        sent
    });
    let finding = explored.always_finds(Kind::Deadlock, "all tasks are asleep");
    assert_eq!(finding.waits[0].op.name(), "send");
}
