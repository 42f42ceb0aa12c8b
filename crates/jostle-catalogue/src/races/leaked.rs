//! A buffer lent to a task that is never joined.

use std::sync::Arc;
use std::time::Duration;

use super::plain::Plain;
use jostle::sync::mpsc;
use jostle::thread;

/// Has another task fill the buffer and waits for that, at most for so long.
fn fill(buffer: &Arc<Plain<u32>>, patience: Option<Duration>) -> bool {
    let (done, filled) = mpsc::channel();
    let lent = Arc::clone(buffer);
    thread::spawn(move || {
        // The input is slow.
        thread::sleep(Duration::from_millis(10));
        lent.set(7);
        // Whether anybody waits is not for this task to ask.
        let _ = done.send(());
    });
    match patience {
        Some(patience) => filled.recv_timeout(patience).is_ok(),
        None => filled.recv().is_ok(),
    }
}

/// The caller loses patience and uses the buffer for something else, while the task
/// that nobody joined is about to fill it.
#[jostle::scenario(expect = "race: data race")]
fn race_leaked_task() {
    let buffer = Plain::shared(0);
    if !fill(&buffer, Some(Duration::from_millis(1))) {
        buffer.set(1);
    }
}

/// The caller waits until the buffer is full.
#[jostle::scenario]
fn race_leaked_task_fixed() {
    let buffer = Plain::shared(0);
    assert!(fill(&buffer, None));
    assert_eq!(buffer.get(), 7);
}
