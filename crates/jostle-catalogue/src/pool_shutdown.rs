//! A worker pool and its shutdown: "panic: send on closed channel", once a day.
//!
//! Origin: a Go service whose workers drained a channel and then closed it. A
//! `sync.Once` made sure that it was closed only once, and not that it was closed
//! after the last send: one worker could be about to send while another one found
//! nothing more to receive. A log line before each send and each close made the panic
//! go away for a week.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use jostle::go::{self, Once, Receiver, Sender, WaitGroup, context};

const WORKERS: u32 = 2;

/// How often a piece of work leads to another one.
const DEPTH: u32 = 2;

/// What a task does before it sends or closes.
type Before = fn(&str);

fn silent(_: &str) {}

/// A log line with the number of the task, as the story has it. It is written
/// to nowhere: its point is that writing takes time.
fn logged(what: &str) {
    let task = jostle::thread::current().id();
    let line = writeln!(std::io::sink(), "{what} on ch, task={task:?}");
    assert!(line.is_ok());
}

/// Does what there is to do, sends what comes of it, and closes the channel when
/// it is drained.
fn work(todo: &Receiver<u32>, ch: &Sender<u32>, once: &Once, before: Before) {
    loop {
        go::select! {
            recv(todo) -> work => match work {
                Some(0) => {}
                Some(depth) => {
                    before("sending");
                    ch.send(depth - 1);
                }
                None => return,
            },
            default => {
                once.do_once(|| {
                    before("closing");
                    ch.close();
                });
                return;
            }
        }
    }
}

fn pool(before: Before) {
    let (ch, todo) = go::chan(WORKERS as usize);
    ch.send(DEPTH);
    let once = Arc::new(Once::new());
    for _ in 0..WORKERS {
        let (ch, todo, once) = (ch.clone(), todo.clone(), Arc::clone(&once));
        go::spawn(move || work(&todo, &ch, &once, before));
    }
}

/// A worker finds the channel drained and closes it, once, while another one is about
/// to send.
#[jostle::scenario(expect = "misuse: send on closed channel")]
fn pool_shutdown() {
    pool(silent);
}

/// The same with a log line before each send and each close, which hid the bug.
#[jostle::scenario(expect = "misuse: send on closed channel")]
fn pool_shutdown_logged() {
    pool(logged);
}

/// Sends, with a few attempts, and closes the channel when it gives up.
fn send_with_retries(ch: &Sender<u32>, item: u32) -> bool {
    for _ in 0..3 {
        go::select! {
            send(ch, item) => return true,
            default => go::sleep(Duration::from_millis(1)),
        }
    }
    ch.close();
    false
}

/// A retry wrapper closes the channel when its attempts are used up, and another
/// worker sends, or closes it too.
#[jostle::scenario(expect = "misuse: closed channel")]
fn pool_shutdown_retry() {
    let (ch, items) = go::chan(1);
    for _ in 0..WORKERS {
        let ch = ch.clone();
        go::spawn(move || {
            let sent = (0..3)
                .take_while(|item| send_with_retries(&ch, *item))
                .count();
            assert!(sent <= 3);
        });
    }
    // The consumer is slow, and knows how much is to come.
    for _ in 0..3 * WORKERS {
        go::sleep(Duration::from_millis(2));
        if items.recv().is_none() {
            break;
        }
    }
}

/// What a worker of the rewrite has to send at most: with an end there are finitely
/// many schedules, so that `jostle verify` can execute them all.
const ITEMS: u32 = 3;

/// The rewrite: a context says that no more is to be sent, a wait group knows when
/// the last sender has gone, and one task closes the channel after that.
#[jostle::scenario]
fn pool_shutdown_fixed() {
    let (ctx, cancel) = context::with_cancel(&context::background());
    let (send, items) = go::chan(0);
    let senders = Arc::new(WaitGroup::new());
    for _ in 0..WORKERS {
        let (send, ctx) = (send.clone(), ctx.clone());
        senders.go(move || {
            for item in 0..ITEMS {
                go::select! {
                    recv(ctx.done()) => return,
                    send(send, item) => {}
                }
            }
        });
    }
    go::spawn(move || {
        senders.wait();
        send.close();
    });
    let mut handled = 0;
    for _ in items.range() {
        handled += 1;
        if handled == WORKERS {
            cancel.call();
        }
    }
    assert!(handled >= WORKERS);
}
