//! Channels with a queue.

use std::sync::mpsc::{RecvTimeoutError, SendError, TryRecvError, TrySendError};
use std::time::Duration;

use jostle::sync::mpsc;
use jostle::thread;
use jostle_core::finding::Kind;

use crate::support::conformance::conformance;
use crate::support::explore::explore;

conformance! {
    messages_of_one_sender_keep_their_order() -> Vec<u32> {
        let (tx, rx) = sync::mpsc::channel();
        let sender = thread::spawn(move || {
            for n in 0..3 {
                tx.send(n).unwrap();
            }
        });
        let all = rx.iter().collect();
        sender.join().unwrap();
        all
    } gives [vec![0, 1, 2]];

    messages_of_two_senders_mix() -> Vec<u32> {
        let (tx, rx) = sync::mpsc::channel();
        let senders: Vec<_> = [1, 10]
            .into_iter()
            .map(|n| {
                let tx = tx.clone();
                thread::spawn(move || {
                    tx.send(n).unwrap();
                    tx.send(n + 1).unwrap();
                })
            })
            .collect();
        drop(tx);
        let all = rx.into_iter().collect();
        for sender in senders {
            sender.join().unwrap();
        }
        all
    } gives [
        vec![1, 2, 10, 11], vec![1, 10, 2, 11], vec![1, 10, 11, 2],
        vec![10, 11, 1, 2], vec![10, 1, 11, 2], vec![10, 1, 2, 11],
    ];

    the_last_sender_races_with_try_recv() -> Result<u32, TryRecvError> {
        let (tx, rx) = sync::mpsc::channel();
        let sender = thread::spawn(move || tx.send(1).unwrap());
        let tried = rx.try_recv();
        sender.join().unwrap();
        tried
    } gives [Ok(1), Err(TryRecvError::Empty)];

    an_empty_channel_is_empty_or_disconnected() -> TryRecvError {
        let (tx, rx) = sync::mpsc::channel::<u32>();
        let sender = thread::spawn(move || drop(tx));
        let tried = rx.try_recv().unwrap_err();
        sender.join().unwrap();
        tried
    } gives [TryRecvError::Empty, TryRecvError::Disconnected];

    sending_races_with_the_end_of_the_receiver() -> bool {
        let (tx, rx) = sync::mpsc::channel();
        let receiver = thread::spawn(move || drop(rx));
        let sent = tx.send(5);
        receiver.join().unwrap();
        assert!(sent == Ok(()) || sent == Err(SendError(5)));
        sent.is_ok()
    } gives [true, false];

    a_full_channel_holds_the_sender_up() -> Vec<&'static str> {
        let log = sync::Arc::new(sync::Mutex::new(Vec::new()));
        let theirs = sync::Arc::clone(&log);
        let (tx, rx) = sync::mpsc::sync_channel(1);
        let sender = thread::spawn(move || {
            tx.send(1).unwrap();
            tx.send(2).unwrap();
            theirs.lock().unwrap().push("second sent");
        });
        log.lock().unwrap().push("receiving");
        assert_eq!((rx.recv(), rx.recv()), (Ok(1), Ok(2)));
        sender.join().unwrap();
        assert!(rx.recv().is_err());
        log.lock().unwrap().clone()
    } gives [vec!["receiving", "second sent"]];

    try_send_finds_room_or_none() -> Result<(), TrySendError<u32>> {
        let (tx, rx) = sync::mpsc::sync_channel(1);
        tx.send(1).unwrap();
        let receiver = thread::spawn(move || {
            let first = rx.recv();
            (first, rx)
        });
        let tried = tx.try_send(2);
        let (first, rx) = receiver.join().unwrap();
        assert_eq!(first, Ok(1));
        drop(rx);
        assert_eq!(tx.try_send(3), Err(TrySendError::Disconnected(3)));
        tried
    } gives [Ok(()), Err(TrySendError::Full(2))];

    a_waiting_sender_gets_its_message_back() -> Result<(), SendError<u32>> {
        let (tx, rx) = sync::mpsc::sync_channel(1);
        tx.send(1).unwrap();
        let receiver = thread::spawn(move || drop(rx));
        let sent = tx.send(2);
        receiver.join().unwrap();
        sent
    } gives [Err(SendError(2))];

    what_is_not_received_is_dropped_with_the_receiver() -> (usize, usize) {
        let message = sync::Arc::new(());
        let (tx, rx) = sync::mpsc::channel();
        tx.send(sync::Arc::clone(&message)).unwrap();
        tx.send(sync::Arc::clone(&message)).unwrap();
        let before = sync::Arc::strong_count(&message);
        drop(rx);
        let after = sync::Arc::strong_count(&message);
        drop(tx);
        (before, after)
    } gives [(3, 1)];

    messages_may_use_the_channel_when_they_are_dropped() -> bool {
        struct SendsInDrop(sync::mpsc::Sender<Option<SendsInDrop>>, sync::Arc<sync::Mutex<bool>>);
        impl Drop for SendsInDrop {
            fn drop(&mut self) {
                *self.1.lock().unwrap() = self.0.send(None).is_err();
            }
        }
        let (tx, rx) = sync::mpsc::channel();
        let refused = sync::Arc::new(sync::Mutex::new(false));
        let message = SendsInDrop(tx.clone(), sync::Arc::clone(&refused));
        tx.send(Some(message)).map_err(|_| ()).unwrap();
        drop(rx);
        *refused.lock().unwrap()
    } gives [true];

    recv_timeout_gets_it_or_gives_up() -> Result<u32, RecvTimeoutError> {
        let (tx, rx) = sync::mpsc::channel();
        let sender = thread::spawn(move || {
            thread::sleep(time::Duration::from_millis(1));
            let _ = tx.send(1);
            tx
        });
        let received = rx.recv_timeout(time::Duration::from_millis(1));
        let tx = sender.join().unwrap();
        drop(tx);
        let _ = rx.recv();
        let end = rx.recv_timeout(time::Duration::from_millis(1));
        assert_eq!(end, Err(RecvTimeoutError::Disconnected));
        received
    } gives [Ok(1), Err(RecvTimeoutError::Timeout)];

    try_iter_stops_at_the_first_gap() -> Vec<u32> {
        let (tx, rx) = sync::mpsc::channel();
        tx.send(1).unwrap();
        tx.send(2).unwrap();
        let mut seen: Vec<u32> = rx.try_iter().collect();
        tx.send(3).unwrap();
        seen.extend(rx.try_iter());
        seen
    } gives [vec![1, 2, 3]];
}

#[test]
fn a_receiver_without_a_message_is_a_deadlock() {
    let explored = explore(30, || {
        let (tx, rx) = mpsc::channel::<u32>();
        let received = rx.recv();
        drop(tx);
        received
    });
    let finding = explored.always_finds(Kind::Deadlock, "all tasks are asleep");
    assert_eq!(finding.waits[0].op.name(), "receive");
}

#[test]
fn a_receiver_thread_whose_sender_is_kept_leaks() {
    let explored = explore(30, || {
        let (tx, rx) = mpsc::channel::<u32>();
        let worker = thread::spawn(move || while rx.recv().is_ok() {});
        std::mem::forget(tx);
        drop(worker);
    });
    explored.always_finds(Kind::Leak, "[receive (leaked)]");
}

#[test]
fn a_sender_without_room_is_a_deadlock() {
    let explored = explore(30, || {
        let (tx, rx) = mpsc::sync_channel(1);
        let sent = tx.send(1).and_then(|()| tx.send(2));
        drop(rx);
        sent
    });
    explored.always_finds(Kind::Deadlock, "all tasks are asleep");
}

#[test]
fn virtual_timeouts_cost_no_time_and_end_when_they_should() {
    let explored = explore(30, || {
        let (tx, rx) = mpsc::channel::<u32>();
        let start = jostle::time::Instant::now();
        let day = Duration::from_secs(24 * 60 * 60);
        let received = rx.recv_timeout(day);
        drop(tx);
        (received, start.elapsed() == day)
    });
    explored.gives([(Err::<u32, _>(RecvTimeoutError::Timeout), true)]);
}
