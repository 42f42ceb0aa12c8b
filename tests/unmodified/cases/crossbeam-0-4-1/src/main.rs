//! crossbeam 0.4.1, `MsQueue` (crossbeam-rs/crossbeam#238; the queue is not in later versions): a pop retires a node that
//! `tail` still points to, and a later push goes through it after it was freed.
//! Order: T1 has linked its node but not moved `tail`, stops; T2 pops the node under `tail`; the epoch goes on; T3 pins
//! and reads `tail`, stops; T1 goes on and unpins; T2 frees the node; T3 pushes through it.
use crossbeam::epoch;
use crossbeam::queue::MsQueue;
use std::sync::{mpsc, Arc};
use std::thread;

pub fn scenario() -> Result<(), String> {
    let queue = Arc::new(MsQueue::new());
    let (popped, go) = mpsc::channel();
    let one = {
        let queue = queue.clone();
        thread::spawn(move || queue.push(1))
    };
    let two = {
        let queue = queue.clone();
        thread::spawn(move || {
            queue.try_pop();
            epoch::pin().flush();
            popped.send(()).unwrap();
            one.join().unwrap();
            for _ in 0..2 {
                epoch::pin().flush();
            }
        })
    };
    go.recv().map_err(|e| e.to_string())?;
    queue.push(3);
    two.join().map_err(|_| "panicked".to_string())
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
