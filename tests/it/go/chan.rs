//! Channels: what Go's `runtime/chan_test.go` checks, and the rules of the
//! specification.

use std::collections::BTreeMap;
use std::time::Duration;

use jostle::go;
use jostle::go::{Receiver, Sender};

use crate::support::explore::explore;
use crate::support::log::Log;

const MS: Duration = Duration::from_millis(1);

/// Long enough for everything that can happen by itself to have happened: time
/// passes that far only when no task can run.
const SETTLE: Duration = Duration::from_secs(3600);

#[test]
fn receiving_from_an_empty_channel_waits() {
    for body in [body::<0> as fn(), body::<1>, body::<7>] {
        assert_eq!(explore(160, body).all(), ["ok"]);
    }

    fn body<const CAP: usize>() {
        let (tx, rx) = go::chan::<u32>(CAP);
        let log = Log::new();
        for _ in 0..2 {
            let (rx, log) = (rx.clone(), log.clone());
            go! { log.push(rx.recv().unwrap()) }
        }
        go::sleep(SETTLE);
        assert_eq!(log.read(), "");
        let nothing = go::select! { recv(rx) => false, default => true };
        assert!(nothing);
        tx.send(8);
        tx.send(9);
        go::sleep(SETTLE);
        assert!(["8 9", "9 8"].contains(&log.read().as_str()));
    }
}

#[test]
fn sending_to_a_full_channel_waits() {
    for body in [body::<0> as fn(), body::<1>, body::<7>] {
        assert_eq!(explore(160, body).all(), ["ok"]);
    }

    fn body<const CAP: usize>() {
        let (tx, rx) = go::chan::<usize>(CAP);
        for i in 0..CAP {
            tx.send(i);
        }
        let log = Log::new();
        let (theirs, sender) = (log.clone(), tx.clone());
        go! {
            sender.send(CAP);
            theirs.push("sent");
        }
        go::sleep(SETTLE);
        assert_eq!(log.read(), "");
        let full = go::select! { send(tx, 99) => false, default => true };
        assert!(full);
        assert_eq!(rx.recv(), Some(0));
        go::sleep(SETTLE);
        assert_eq!(log.read(), "sent");
        // The waiting sender's value has gone to the end of the buffer.
        for i in 1..=CAP {
            assert_eq!(rx.recv(), Some(i));
        }
    }
}

#[test]
fn a_closed_channel_gives_what_it_holds_and_then_nothing() {
    for body in [body::<0> as fn(), body::<1>, body::<7>] {
        assert_eq!(explore(160, body).all(), ["ok"]);
    }

    fn body<const CAP: usize>() {
        let (tx, rx) = go::chan::<usize>(CAP);
        for i in 0..CAP {
            tx.send(i + 1);
        }
        tx.close();
        for i in 0..CAP {
            assert_eq!(rx.recv(), Some(i + 1));
        }
        assert_eq!(rx.recv(), None);
        assert_eq!(rx.recv_ok(), (0, false));
        assert_eq!(rx.range().next(), None);
    }
}

#[test]
fn closing_wakes_every_receiver() {
    for body in [body::<0> as fn(), body::<3>] {
        assert_eq!(explore(160, body).all(), ["ok"]);
    }

    fn body<const CAP: usize>() {
        let (tx, rx) = go::chan::<u32>(CAP);
        let (done, is_done) = go::chan::<(u32, bool)>(0);
        for _ in 0..3 {
            let (rx, done) = (rx.clone(), done.clone());
            go! { done.send(rx.recv_ok()) }
        }
        go::sleep(SETTLE);
        tx.close();
        for _ in 0..3 {
            assert_eq!(is_done.recv(), Some((0, false)));
        }
    }
}

#[test]
fn values_come_in_the_order_in_which_they_were_sent() {
    for body in [body::<0> as fn(), body::<1>, body::<10>] {
        assert_eq!(explore(40, body).all(), ["ok"]);
    }

    fn body<const CAP: usize>() {
        let (tx, rx) = go::chan(CAP);
        go! {
            for i in 0..100 {
                tx.send(i);
            }
        }
        for i in 0..50 {
            assert_eq!(rx.recv(), Some(i));
        }
        for i in 50..100 {
            assert_eq!(rx.recv_ok(), (i, true));
        }
    }
}

#[test]
fn many_senders_and_receivers_lose_and_double_nothing() {
    for body in [body::<0> as fn(), body::<1>, body::<5>] {
        assert_eq!(explore(20, body).all(), ["ok"]);
    }

    fn body<const CAP: usize>() {
        const TASKS: usize = 4;
        const VALUES: usize = 60;
        let (tx, rx) = go::chan::<usize>(CAP);
        for _ in 0..TASKS {
            let tx = tx.clone();
            go! {
                for i in 0..VALUES {
                    tx.send(i);
                }
            }
        }
        let (done, results) = go::chan::<Vec<usize>>(0);
        for _ in 0..TASKS {
            let (rx, done) = (rx.clone(), done.clone());
            go! {
                let got = (0..VALUES).map(|_| rx.recv().unwrap()).collect();
                done.send(got);
            }
        }
        let mut seen = BTreeMap::new();
        for _ in 0..TASKS {
            for value in results.recv().unwrap() {
                *seen.entry(value).or_insert(0) += 1;
            }
        }
        assert_eq!(seen.len(), VALUES);
        assert!(seen.values().all(|&n| n == TASKS));
    }
}

#[test]
fn length_and_capacity() {
    for body in [body::<0> as fn(), body::<1>, body::<7>] {
        assert_eq!(explore(8, body).all(), ["ok"]);
    }

    fn body<const CAP: usize>() {
        let (tx, rx) = go::chan(CAP);
        assert_eq!((tx.len(), tx.cap()), (0, CAP));
        for i in 0..CAP {
            tx.send(i);
        }
        assert_eq!((tx.len(), tx.cap()), (CAP, CAP));
        assert_eq!((rx.len(), rx.cap()), (CAP, CAP));
        assert_eq!(rx.is_empty(), CAP == 0);
        let (nil, nil_rx) = go::nil::<u32>();
        assert_eq!((nil.len(), nil.cap()), (0, 0));
        assert_eq!((nil_rx.len(), nil_rx.cap()), (0, 0));
    }
}

#[test]
fn a_length_may_be_out_of_date_at_once() {
    let seen = explore(400, || {
        let (tx, _rx) = go::chan(2);
        let theirs = tx.clone();
        go! { theirs.send(1) }
        tx.len()
    });
    assert_eq!(seen.all(), ["0", "1"]);
}

#[test]
fn waiting_receivers_are_served_first_come_first_served() {
    // Spawned one after the other has settled, so that the order of arrival is
    // known.
    let served = explore(200, || {
        let (tx, rx) = go::chan::<u32>(0);
        let log = Log::new();
        for i in 0..3 {
            let (rx, log) = (rx.clone(), log.clone());
            go! { log.push(format!("{i}:{}", rx.recv().unwrap())) }
            go::sleep(MS);
            go::sleep(SETTLE);
        }
        for value in 0..3 {
            tx.send(value);
            go::sleep(SETTLE);
        }
        assert_eq!(log.read(), "0:0 1:1 2:2");
    });
    assert_eq!(served.all(), ["ok"]);
}

#[test]
fn waiting_senders_are_served_first_come_first_served() {
    for body in [body::<0> as fn(), body::<2>] {
        assert_eq!(explore(200, body).all(), ["ok"]);
    }

    fn body<const CAP: usize>() {
        let (tx, rx) = go::chan::<usize>(CAP);
        for i in 0..CAP + 3 {
            let tx = tx.clone();
            go! { tx.send(i) }
            go::sleep(SETTLE);
        }
        for i in 0..CAP + 3 {
            assert_eq!(rx.recv(), Some(i));
        }
    }
}

#[test]
fn an_unbuffered_send_returns_only_once_the_value_is_received() {
    // The receive of an unbuffered channel is synchronized before the completion
    // of the send (https://go.dev/ref/mem#chan).
    let seen = explore(400, || {
        let (tx, rx) = go::chan(0);
        let log = Log::new();
        let theirs = log.clone();
        go! {
            theirs.push("before");
            rx.recv();
        }
        tx.send(());
        log.read()
    });
    assert_eq!(seen.all(), ["before"]);
    // With a buffer it need not have.
    let seen = explore(400, || {
        let (tx, rx) = go::chan(1);
        let (started, go_on) = go::chan::<()>(1);
        let log = Log::new();
        let theirs = log.clone();
        go! {
            go_on.recv();
            theirs.push("before");
            rx.recv();
        }
        started.send(());
        tx.send(());
        log.read()
    });
    assert_eq!(seen.all(), ["", "before"]);
}

#[test]
fn the_capacity_bounds_how_far_a_sender_gets_ahead() {
    // The k-th receive is synchronized before the completion of the (k+C)-th
    // send (https://go.dev/ref/mem#chan).
    let seen = explore(200, || {
        const CAP: usize = 3;
        let (tx, rx) = go::chan(CAP);
        let log = Log::new();
        let theirs = log.clone();
        go! {
            for i in 0..10 {
                tx.send(i);
                theirs.push(i);
            }
        }
        for received in 0..10 {
            go::sleep(SETTLE);
            let sent = log.read().split_whitespace().count();
            assert_eq!(sent, (received + CAP).min(10));
            rx.recv();
        }
    });
    assert_eq!(seen.all(), ["ok"]);
}

#[test]
fn ranging_ends_when_the_channel_is_closed_and_drained() {
    let seen = explore(400, || {
        let (tx, rx) = go::chan(2);
        go! {
            for i in 0..5 {
                tx.send(i);
            }
            tx.close();
        }
        let mut got = Vec::new();
        for value in &rx {
            got.push(value);
        }
        assert_eq!(got, [0, 1, 2, 3, 4]);
        assert_eq!(rx.into_iter().next(), None);
    });
    assert_eq!(seen.all(), ["ok"]);
}

#[test]
fn many_consumers_and_a_closing_chain() {
    // Workers range over a queue; the feeder closes it, waits for the workers,
    // then closes the results.
    let seen = explore(80, || {
        use std::sync::Arc;
        const WORKERS: usize = 5;
        const VALUES: u64 = 60;
        let (queue, todo) = go::chan::<u64>(WORKERS * 3);
        let (out, results) = go::chan::<u64>(WORKERS * 3);
        let workers = Arc::new(go::WaitGroup::new());
        for _ in 0..WORKERS {
            let (todo, out) = (todo.clone(), out.clone());
            workers.go(move || {
                for value in todo.range() {
                    out.send(value);
                }
            });
        }
        go! {
            for value in 0..VALUES {
                queue.send(value);
            }
            queue.close();
            workers.wait();
            out.close();
        }
        let mut got: Vec<u64> = results.range().collect();
        got.sort_unstable();
        assert_eq!(got, (0..VALUES).collect::<Vec<_>>());
    });
    assert_eq!(seen.all(), ["ok"]);
}

#[test]
fn values_survive_a_deep_stack_between_two_sends() {
    let seen = explore(80, || {
        fn deep(n: u32) -> u32 {
            std::hint::black_box(if n == 0 { 0 } else { 1 + deep(n - 1) })
        }
        let (tx, rx) = go::chan(0);
        let (done, is_done) = go::chan(0);
        go! {
            for i in 0..10 {
                tx.send(i);
                assert_eq!(deep(200), 200);
            }
            done.send(());
        }
        for i in 0..10 {
            assert_eq!(rx.recv(), Some(i));
            go::sleep(MS);
        }
        assert_eq!(is_done.recv(), Some(()));
    });
    assert_eq!(seen.all(), ["ok"]);
}

#[test]
fn sending_on_a_closed_channel_is_misuse() {
    let seen = explore(8, || {
        let (tx, _rx) = go::chan(1);
        tx.close();
        tx.send(1);
    });
    assert_eq!(seen.all(), ["misuse: send on closed channel"]);
    let finding = seen.finding("misuse: send on closed channel");
    let place = finding.place.as_ref().unwrap();
    assert_eq!(place.file, file!(), "{place}");
}

#[test]
fn a_sender_that_waits_when_the_channel_is_closed_panics() {
    let seen = explore(400, || {
        let (tx, rx) = go::chan(0);
        let theirs = tx.clone();
        go! { theirs.send(1) }
        go::sleep(SETTLE);
        tx.close();
        drop(rx);
    });
    assert_eq!(seen.all(), ["misuse: send on closed channel"]);
}

#[test]
fn whether_a_send_comes_before_the_close_is_a_matter_of_scheduling() {
    let seen = explore(400, || {
        let (tx, rx) = go::chan(1);
        let theirs = tx.clone();
        go! { theirs.send(1) }
        tx.close();
        rx.recv();
    });
    assert_eq!(seen.all(), ["misuse: send on closed channel", "ok"]);
}

#[test]
fn closing_twice_and_closing_nil_are_misuse() {
    let twice = explore(8, || {
        let (tx, _rx) = go::chan::<u32>(0);
        tx.close();
        tx.close();
    });
    assert_eq!(twice.all(), ["misuse: close of closed channel"]);
    let nil = explore(8, || Sender::<u32>::nil().close());
    assert_eq!(nil.all(), ["misuse: close of nil channel"]);
}

#[test]
fn closes_of_two_tasks_are_misuse_in_any_order() {
    let seen = explore(400, || {
        let (tx, _rx) = go::chan::<u32>(0);
        let theirs = tx.clone();
        go! { theirs.close() }
        tx.close();
    });
    assert_eq!(seen.all(), ["misuse: close of closed channel"]);
}

#[test]
fn nil_channels_are_never_ready() {
    let receive = explore(8, || {
        Receiver::<u32>::nil().recv();
    });
    assert_eq!(
        receive.all(),
        ["deadlock: all tasks are asleep - deadlock!"]
    );
    let send = explore(8, || Sender::nil().send(1));
    assert_eq!(send.all(), ["deadlock: all tasks are asleep - deadlock!"]);
    let leak = explore(8, || {
        go! { Receiver::<u32>::default().range().for_each(drop) }
    });
    assert_eq!(leak.all(), ["leak: 1 task leaked: [receive (leaked)]"]);
}

#[test]
fn dropping_every_sender_closes_nothing() {
    let seen = explore(80, || {
        let (tx, rx) = go::chan::<u32>(0);
        go! { rx.recv() ; }
        drop(tx);
    });
    assert_eq!(seen.all(), ["leak: 1 task leaked: [receive (leaked)]"]);
}

#[test]
fn ends_are_equal_if_they_belong_to_one_channel() {
    let seen = explore(8, || {
        let (tx, rx) = go::chan::<u32>(0);
        let (other, other_rx) = go::chan::<u32>(0);
        assert!(tx == tx.clone() && rx == rx.clone());
        assert!(tx != other && rx != other_rx);
        assert!(tx != Sender::nil() && rx != Receiver::nil());
        assert!(Sender::<u32>::nil() == Sender::default());
        assert!(Sender::<u32>::nil().is_nil() && !tx.is_nil());
    });
    assert_eq!(seen.all(), ["ok"]);
}

#[test]
fn values_are_dropped_where_no_borrow_is_held() {
    // The value's destructor uses the channel that refused it.
    let seen = explore(80, || {
        struct Uses(Receiver<Uses>);
        impl Drop for Uses {
            fn drop(&mut self) {
                let _ = self.0.len();
            }
        }
        let (tx, rx) = go::chan::<Uses>(1);
        tx.send(Uses(rx.clone()));
        let full = go::select! { send(tx, Uses(rx.clone())) => false, default => true };
        assert!(full);
        drop(rx.recv());
        tx.close();
        tx.send(Uses(rx));
    });
    assert_eq!(seen.all(), ["misuse: send on closed channel"]);
}
