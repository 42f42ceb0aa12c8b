//! event-listener 2.3.2, mended in 2.3.3 (its changelog: "a bug in `List::insert()` that was causing deadlocks").
//! The list keeps one entry without an allocation. When that entry is used again while others are in the list,
//! its `prev` is not set: removing it cuts the others off, and `notify(usize::MAX)` does not reach who came after.
//! Order: a listens (kept entry), b listens, a goes, c listens (kept entry) and goes, d listens; notify all: d sleeps on.
use event_listener::Event;
use std::sync::{mpsc, Arc};
use std::thread;

pub fn scenario() -> Result<(), String> {
    let event = Arc::new(Event::new());
    let (tx, rx) = mpsc::channel();
    let churn = {
        let event = event.clone();
        thread::spawn(move || (0..2).for_each(|_| drop(event.listen())))
    };
    let waiters: Vec<_> = (0..2)
        .map(|_| {
            let (event, tx) = (event.clone(), tx.clone());
            thread::spawn(move || {
                let listener = event.listen();
                tx.send(()).unwrap();
                listener.wait();
            })
        })
        .collect();
    rx.recv().unwrap();
    rx.recv().unwrap();
    event.notify(usize::MAX);
    for t in waiters {
        t.join().map_err(|_| "waiter panicked")?;
    }
    churn.join().map_err(|_| "churn panicked".to_string())
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
