//! may_queue 0.1.23 (spsc), mended in 0.1.24 (Xudong-Huang/may#128): the producer uses a block again that the consumer has
//! left, but looks at the consumer's position with a plain read and the consumer publishes it with `Relaxed`: what the
//! consumer read and what the producer now writes are unordered.
//! Order: the consumer leaves block 0 while the producer looks for a block (3 blocks of 32 are needed).
use may_queue::spsc::Queue;
use std::sync::Arc;
use std::thread;

pub fn scenario() -> Result<(), String> {
    const N: u32 = 100;
    let queue = Arc::new(Queue::new());
    let producer = {
        let queue = queue.clone();
        thread::spawn(move || (0..N).for_each(|i| queue.push(i)))
    };
    let mut next = 0;
    while next < N {
        match queue.pop() {
            Some(v) if v == next => next += 1,
            Some(v) => return Err(format!("{v} instead of {next}")),
            None => thread::yield_now(),
        }
    }
    producer.join().map_err(|_| "producer panicked".to_string())
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
