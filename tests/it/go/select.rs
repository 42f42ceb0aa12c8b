//! `select!` and `Select`: what Go's `runtime/chan_test.go` checks, and the rules
//! of the specification.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use jostle::go;
use jostle::go::{Receiver, Select, Sender, WaitGroup};
use jostle_core::strategy::{Depth, Kind};

use crate::support::explore::{Series, explore};
use crate::support::log::Log;

/// See `go::chan`.
const SETTLE: Duration = Duration::from_secs(3600);

#[test]
fn a_ready_channel_is_ready_whatever_closes_meanwhile() {
    let seen = explore(800, || {
        let (tx, rx) = go::chan(1);
        tx.send(1);
        let theirs = rx.clone();
        go! {
            go::select! {
                recv(theirs) => {}
                default => panic!("chan is not ready"),
            }
        }
        tx.close();
        rx.recv();
    });
    assert_eq!(seen.all(), ["ok"]);
}

#[test]
fn select_looks_at_all_channels_at_one_moment() {
    // At every moment at least one of the two can be received from.
    for body in [by_sending as fn(), by_closing] {
        assert_eq!(explore(1200, body).all(), ["ok"]);
    }

    fn by_sending() {
        body(1, |second| second.send(1));
    }

    fn by_closing() {
        body(0, |second| second.close());
    }

    fn body(cap: usize, make_ready: fn(&Sender<u32>)) {
        let (first, first_rx) = go::chan(1);
        let (second, second_rx) = go::chan(cap);
        first.send(1);
        let (done, result) = go::chan(1);
        let mine = first_rx.clone();
        go! {
            go::select! {
                recv(first_rx) => done.send(true),
                recv(second_rx) => done.send(true),
                default => done.send(false),
            }
        }
        make_ready(&second);
        go::select! { recv(mine) => {} default => {} }
        assert_eq!(result.recv(), Some(true));
    }
}

#[test]
fn a_select_never_meets_itself() {
    for body in [body::<0> as fn(), body::<10>] {
        assert_eq!(explore(80, body).all(), ["ok"]);
    }

    fn body<const CAP: usize>() {
        const ROUNDS: u32 = 50;
        let (tx, rx) = go::chan::<u32>(CAP);
        let both = Arc::new(WaitGroup::new());
        for me in 0..2 {
            let (tx, rx) = (tx.clone(), rx.clone());
            both.go(move || {
                let check = |value: Option<u32>| assert!(CAP > 0 || value != Some(me));
                for i in 0..ROUNDS {
                    if me == 0 || i % 2 == 0 {
                        go::select! {
                            send(tx, me) => {}
                            recv(rx) -> value => check(value),
                        }
                    } else {
                        go::select! {
                            recv(rx) -> value => check(value),
                            send(tx, me) => {}
                        }
                    }
                }
            });
        }
        both.wait();
    }
}

#[test]
fn a_lonely_select_of_both_ends_waits_for_ever() {
    let seen = explore(8, || {
        let (tx, rx) = go::chan(0);
        go::select! { send(tx, 1) => {} recv(rx) => {} }
    });
    assert_eq!(seen.all(), ["deadlock: all tasks are asleep - deadlock!"]);
    assert_eq!(
        seen.finding(seen.all()[0]).waits[0].op,
        jostle_core::op::OpKind::Select
    );
}

#[test]
fn sends_receives_and_selects_mixed_up_deadlock_nowhere() {
    // As many sends as receives on each of four channels, half of each by single
    // operations and half by selects whose arms become nil one by one.
    let seen = explore(24, || {
        const N: u32 = 25;
        let ends = [0, 0, 2, 3].map(go::chan::<u32>);
        let all = Arc::new(WaitGroup::new());
        for (tx, rx) in ends.clone() {
            all.go(move || (0..N).for_each(|i| tx.send(i)));
            all.go(move || (0..N).for_each(|_| assert!(rx.recv().is_some())));
        }
        let mut txs = ends.clone().map(|(tx, _)| tx);
        let mut rxs = ends.map(|(_, rx)| rx);
        all.go(move || {
            let mut sent = [0; 4];
            for _ in 0..4 * N {
                let which = go::select! {
                    send(txs[3], 0) => 3,
                    send(txs[2], 0) => 2,
                    send(txs[0], 0) => 0,
                    send(txs[1], 0) => 1,
                };
                sent[which] += 1;
                if sent[which] == N {
                    txs[which] = Sender::nil();
                }
            }
        });
        all.go(move || {
            let mut received = [0; 4];
            for _ in 0..4 * N {
                // Bodies may change what the arms named.
                let mut count = |which: usize, rx: &mut Receiver<u32>| {
                    received[which] += 1;
                    if received[which] == N {
                        *rx = Receiver::nil();
                    }
                };
                go::select! {
                    recv(rxs[0]) => count(0, &mut rxs[0]),
                    recv(rxs[1]) => count(1, &mut rxs[1]),
                    recv(rxs[2]) => count(2, &mut rxs[2]),
                    recv(rxs[3]) => count(3, &mut rxs[3]),
                }
            }
        });
        all.wait();
    });
    assert_eq!(seen.all(), ["ok"]);
}

/// Three strategies that leave to chance which of several ready arms is taken, and the
/// non-preemptive one, which takes the first.
const FOUR: Series = Series::of(100).strategies(&[
    Kind::Random,
    Kind::Pct(Depth::DEFAULT),
    Kind::Pos,
    Kind::NonPreemptive,
]);

#[test]
fn of_two_ready_arms_each_is_taken_about_half_the_time() {
    // Within five standard deviations, as in Go; under the non-preemptive strategy always
    // the first, so it is left out by counting switches.
    let seen = FOUR.explore(|| {
        const TRIALS: usize = 100;
        let (a, from_a) = go::chan(TRIALS);
        let (b, from_b) = go::chan(TRIALS);
        let (_never, never) = go::chan::<u32>(0);
        for _ in 0..TRIALS {
            a.send(1);
            b.send(2);
        }
        let mut firsts = 0;
        for _ in 0..TRIALS {
            go::select! {
                recv(never) => unreachable!(),
                recv(from_a) => firsts += 1,
                recv(from_b) => {}
            }
        }
        match firsts {
            TRIALS => "first",
            25..=75 => "fair",
            _ => "unfair",
        }
    });
    assert_eq!(seen.all(), ["fair", "first"]);
    assert_eq!((seen.count("first"), seen.count("fair")), (25, 75));
}

#[test]
fn equal_send_arms_send_either_value() {
    // Whether the receiver or the select comes first, and with or without a
    // buffer.
    for cap in [0, 20] {
        let body = if cap == 0 { body::<0> } else { body::<20> };
        let seen = FOUR.explore(body);
        assert_eq!(seen.count("mixed"), 75, "{:?}", seen.all());
        assert_eq!(seen.count("first"), 25, "{:?}", seen.all());
    }

    fn body<const CAP: usize>() -> &'static str {
        const N: usize = 20;
        let (tx, rx) = go::chan(CAP);
        let (done, result) = go::chan(0);
        go! { done.send((0..N).map(|_| rx.recv().unwrap()).sum::<usize>()) }
        for _ in 0..N {
            go::select! { send(tx, 1) => {} send(tx, 0) => {} }
        }
        match result.recv().unwrap() {
            N => "first",
            0 => "never the first",
            _ => "mixed",
        }
    }
}

#[test]
fn a_waiting_select_is_met_through_any_of_its_equal_arms() {
    let seen = explore(200, || {
        let (tx, rx) = go::chan(0);
        let (done, result) = go::chan(0);
        go! {
            let arm = go::select! {
                recv(rx) -> value => (1, value),
                recv(rx) -> value => (2, value),
                recv(rx) -> value => (3, value),
            };
            done.send(arm);
        }
        go::sleep(SETTLE);
        tx.send(7);
        let (arm, value) = result.recv().unwrap();
        assert_eq!(value, Some(7));
        arm
    });
    assert_eq!(seen.all(), ["1", "2", "3"]);
}

#[test]
fn a_select_leaves_the_queues_of_the_arms_it_did_not_take() {
    // Twice in one queue, then woken through another: the next in that queue is
    // served.
    let seen = explore(200, || {
        let (c, from_c) = go::chan(0);
        let (d, from_d) = go::chan(0);
        let (e, from_e) = go::chan(0);
        let first = from_c.clone();
        go! {
            go::select! {
                recv(first) => panic!("nobody has sent on c"),
                recv(first) => panic!("nobody has sent on c"),
                recv(from_d) -> value => assert_eq!(value, Some(7)),
            }
            e.send(9);
        }
        go::sleep(SETTLE);
        let (f, from_f) = go::chan(0);
        go! { f.send(from_c.recv()) }
        go::sleep(SETTLE);
        d.send(7);
        assert_eq!(from_e.recv(), Some(9));
        c.send(8);
        assert_eq!(from_f.recv(), Some(Some(8)));
    });
    assert_eq!(seen.all(), ["ok"]);
}

#[test]
fn a_value_that_was_not_sent_is_taken_back() {
    struct Noisy(Log, &'static str);
    impl Drop for Noisy {
        fn drop(&mut self) {
            self.0.push(self.1);
        }
    }
    let seen = explore(200, || {
        let log = Log::new();
        let (tx, rx) = go::chan(0);
        let (stop, stopped) = go::chan::<()>(0);
        let (done, is_done) = go::chan(0);
        let theirs = log.clone();
        go! {
            go::select! {
                send(tx, Noisy(theirs.clone(), "unsent")) => theirs.push("sent"),
                recv(stopped) => theirs.push("stopped"),
            }
            done.send(());
        }
        go::sleep(SETTLE);
        stop.close();
        is_done.recv();
        assert!(go::select! { recv(rx) => false, default => true });
        log.read()
    });
    assert_eq!(seen.all(), ["unsent stopped"]);
}

#[test]
fn one_close_wakes_a_select_once() {
    // Both arms become ready by one close.
    let seen = explore(200, || {
        let (tx, rx) = go::chan::<u32>(0);
        let log = Log::new();
        let theirs = log.clone();
        go! {
            go::select! {
                recv(rx) -> value => theirs.push(format!("1{value:?}")),
                recv(rx) -> value => theirs.push(format!("2{value:?}")),
            }
        }
        go::sleep(SETTLE);
        tx.close();
        go::sleep(SETTLE);
        log.read()
    });
    assert_eq!(seen.all(), ["1None", "2None"]);
}

#[test]
fn a_chosen_send_arm_of_a_closed_channel_panics() {
    let ready = explore(8, || {
        let (tx, _rx) = go::chan(0);
        tx.close();
        go::select! { send(tx, 1) => {} default => {} }
    });
    assert_eq!(ready.all(), ["misuse: send on closed channel"]);
    let place = ready.finding(ready.all()[0]).place.clone().unwrap();
    assert_eq!(place.file, file!(), "{place}");

    let waiting = explore(80, || {
        let (tx, _rx) = go::chan(0);
        let (_other, never) = go::chan::<()>(0);
        let theirs = tx.clone();
        go! { go::select! { send(theirs, 1) => {} recv(never) => {} } }
        go::sleep(SETTLE);
        tx.close();
    });
    assert_eq!(waiting.all(), ["misuse: send on closed channel"]);

    // If another arm is ready as well, either may be taken.
    let either = explore(200, || {
        let (tx, _rx) = go::chan(0);
        tx.close();
        let (full, out) = go::chan(1);
        full.send(());
        go::select! { recv(out) => {} send(tx, 1) => {} }
    });
    assert_eq!(either.all(), ["misuse: send on closed channel", "ok"]);
}

#[test]
fn nil_arms_are_never_taken() {
    let seen = explore(80, || {
        let (tx, rx) = go::chan(1);
        let nil_tx = Sender::nil();
        let nil_rx = Receiver::<u32>::nil();
        let taken = go::select! {
            send(nil_tx, 1) => "nil send",
            recv(nil_rx) => "nil receive",
            default => "default",
        };
        assert_eq!(taken, "default");
        tx.send(5);
        let taken = go::select! {
            send(nil_tx, 1) => 1,
            recv(rx) -> value => value.unwrap(),
            recv(nil_rx) => 2,
        };
        assert_eq!(taken, 5);
    });
    assert_eq!(seen.all(), ["ok"]);
    let only_nil = explore(8, || {
        go::select! { recv(Receiver::<u32>::nil()) => {} }
    });
    assert_eq!(
        only_nil.all(),
        ["deadlock: all tasks are asleep - deadlock!"]
    );
}

#[test]
fn without_arms_it_waits_for_ever() {
    let seen = explore(8, || {
        go! { go::select! {} }
    });
    assert_eq!(seen.all(), ["leak: 1 task leaked: [select (leaked)]"]);
}

#[test]
fn channels_and_values_are_evaluated_once_and_in_order() {
    let seen = explore(80, || {
        let log = RefCell::new(Vec::new());
        let (tx, rx) = go::chan(1);
        let end = |name, rx: &Receiver<u32>| {
            log.borrow_mut().push(name);
            rx.clone()
        };
        let value = |name| {
            log.borrow_mut().push(name);
            1
        };
        let nil = Receiver::nil();
        go::select! {
            recv(end("a", &nil)) => {}
            // What an expression borrows is given back before a body runs.
            send({ log.borrow_mut().push("b"); &tx }, value("c")) => log.borrow_mut().push("taken"),
            recv(end("d", &rx)) => {}
            recv(log.borrow_mut().pop().map_or(nil, |_| Receiver::nil())) => {}
        }
        assert_eq!(*log.borrow(), ["a", "b", "c", "taken"]);
    });
    assert_eq!(seen.all(), ["ok"]);
}

#[test]
fn what_the_arms_borrow_is_given_back_before_the_wait() {
    // With an ordinary lock, which would hang the test if the select held it
    // while it waits.
    let seen = explore(80, || {
        let (tx, rx) = go::chan::<u32>(0);
        let shared = Arc::new(std::sync::Mutex::new(rx));
        let theirs = shared.clone();
        go! {
            assert!(theirs.try_lock().is_ok(), "the lock is held during the wait");
            tx.send(1);
        }
        let body = go::select! {
            recv(shared.lock().unwrap()) -> value => (value, shared.try_lock().is_ok()),
        };
        assert_eq!(body, (Some(1), true));
        let (tx, rx) = go::chan::<u32>(0);
        *shared.lock().unwrap() = rx;
        let theirs = shared.clone();
        go! {
            go::sleep(SETTLE);
            assert!(theirs.try_lock().is_ok(), "the lock is held during the wait");
            tx.send(2);
        }
        go::select! { recv(shared.lock().unwrap()) -> value => assert_eq!(value, Some(2)) }
    });
    assert_eq!(seen.all(), ["ok"]);
}

#[test]
fn arms_leave_the_loop_and_the_function_around_them() {
    let seen = explore(120, || {
        fn sum(rx: &Receiver<Result<u32, String>>, stop: &Receiver<()>) -> Result<u32, String> {
            let mut sum = 0;
            'all: loop {
                go::select! {
                    recv(rx) -> next => {
                        let Some(next) = next else { break 'all };
                        let value = next?;
                        if value == 2 {
                            continue;
                        }
                        sum += value;
                    }
                    recv(stop) => return Ok(1000),
                }
            }
            Ok(sum)
        }

        let (_open, stop) = go::chan(0);
        let feed = |values: &[Result<u32, String>]| {
            let (tx, rx) = go::chan(values.len());
            values.iter().for_each(|value| tx.send(value.clone()));
            tx.close();
            rx
        };
        assert_eq!(sum(&feed(&[Ok(1), Ok(2), Ok(3)]), &stop), Ok(4));
        let broken = Err("broken".to_owned());
        assert_eq!(sum(&feed(&[Ok(1), broken.clone()]), &stop), broken);
        let (stopper, stop) = go::chan(0);
        stopper.close();
        assert_eq!(sum(&Receiver::nil(), &stop), Ok(1000));
    });
    assert_eq!(seen.all(), ["ok"]);
}

#[test]
fn the_syntax_has_few_surprises() {
    let seen = explore(8, || {
        let (tx, rx) = go::chan(4);
        let by_ref = &rx;
        // A default anywhere, commas after blocks or not, no trailing comma,
        // patterns, references, and any expression as a body.
        let a = go::select! { default => 1, recv(by_ref) => 2 };
        let b = go::select! { send(&tx, (1, 2),) => { 3 }, default => { 4 } };
        let c = go::select! { recv(by_ref,) -> got => got.map_or(0, |(x, y)| x + y) };
        assert_eq!((a, b, c), (1, 3, 3));
        go::select! { default => {} }
    });
    assert_eq!(seen.all(), ["ok"]);
}

#[test]
fn a_dynamic_select_does_what_the_macro_does() {
    let seen = explore(160, || {
        let inputs: Vec<_> = (0..3).map(|_| go::chan::<u32>(1)).collect();
        let first = || {
            let mut arms = Select::new();
            for (i, (_, rx)) in inputs.iter().enumerate() {
                arms = arms.recv(rx, move |value| Some((i, value)));
            }
            arms.default(|| None).run()
        };
        assert_eq!(first(), None);
        for (i, (tx, _)) in inputs.iter().enumerate().skip(1) {
            tx.send(i as u32 * 10);
        }
        let (i, value) = first().unwrap();
        assert_eq!(value, Some(i as u32 * 10));

        // Waiting, with a send arm of another type.
        let (words, out) = go::chan::<String>(0);
        go! { assert_eq!(out.recv().as_deref(), Some("hello")) }
        let sent = Select::new()
            .recv(&Receiver::<u8>::nil(), |_| false)
            .send(&words, "hello".to_owned(), || true)
            .run();
        assert!(sent);
        i
    });
    assert_eq!(seen.all(), ["1", "2"]);
}

#[test]
fn a_dynamic_select_without_arms_waits_for_ever() {
    let seen = explore(8, || Select::<()>::new().run());
    assert_eq!(seen.all(), ["deadlock: all tasks are asleep - deadlock!"]);
}

#[test]
fn a_barrier_of_selects_and_sends_opens() {
    // What Go tests for its garbage collector, without one: tasks that wait in a
    // send or a select on a channel whose ends are being dropped around them.
    let seen = explore(80, || {
        let all = Arc::new(WaitGroup::new());
        for round in 0..8 {
            let (tx, rx) = go::chan::<Vec<u32>>(0);
            all.go(move || {
                let value = vec![round; 4];
                if round % 2 == 0 {
                    tx.send(value);
                } else {
                    go::select! {
                        recv(Receiver::<()>::nil()) => {}
                        send(tx, value) => {}
                    }
                }
            });
            all.go(move || assert_eq!(rx.recv(), Some(vec![round; 4])));
        }
        all.wait();
    });
    assert_eq!(seen.all(), ["ok"]);
}
