//! kanal 0.1.0-pre8, oneshot (fereidani/kanal#35, found by Miri in the crate's own test; taken out of 0.1.0).
//! Order looked for: one side waits with its signal published; it is dropped or completed while the other side still
//! touches the signal or the shared block. NOT SHOWN so far.
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

struct Unpark(thread::Thread);
impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
fn poll<F: Future>(future: F, times: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    for _ in 0..times {
        if let Poll::Ready(v) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return Some(v);
        }
        thread::park();
    }
    None
}

pub fn scenario() -> Result<(), String> {
    type Big = [Box<u32>; 2];
    let (tx, rx) = kanal::oneshot_async::<Big>();
    let sender = thread::spawn(move || poll(tx.send([Box::new(7), Box::new(8)]), 9).is_some());
    let got = poll(rx.recv(), 9)
        .and_then(|r| r.ok())
        .map(|b| *b[0] + *b[1]);
    let (tx, rx) = kanal::oneshot_async::<Big>();
    let giver = thread::spawn(move || drop(poll(tx.send([Box::new(7), Box::new(8)]), 1)));
    drop(rx);
    giver.join().map_err(|_| "giver panicked")?;
    let sent = sender.join().map_err(|_| "sender panicked")?;
    match (sent, got) {
        (true, Some(15)) => Ok(()),
        other => Err(format!("{other:?}")),
    }
}

fn main() {
    match std::panic::catch_unwind(scenario) {
        Ok(Ok(())) => {}
        Ok(Err(e)) => {
            eprintln!("{e}");
            std::process::exit(1)
        }
        Err(_) => std::process::exit(1),
    }
}

#[test]
fn holds() {
    assert_eq!(scenario(), Ok(()));
}
