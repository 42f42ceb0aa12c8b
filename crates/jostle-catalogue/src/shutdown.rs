//! The README's first example: sending on a closed channel.
//!
//! Origin: the smallest form of the worker pool's story; see `pool_shutdown`.

use jostle::go;

/// A supervisor closes the channel while a worker may still send on it.
#[jostle::scenario(expect = "misuse: send on closed channel")]
fn shutdown() {
    let (jobs, inbox) = go::chan::<u32>(1);
    let worker = jobs.clone();
    go::spawn(move || {
        for n in 0..2 {
            worker.send(n);
        }
    });
    inbox.recv();
    jobs.close();
}

/// Only the sender closes.
#[jostle::scenario]
fn shutdown_fixed() {
    let (jobs, inbox) = go::chan::<u32>(1);
    go::spawn(move || {
        for n in 0..2 {
            jobs.send(n);
        }
        jobs.close();
    });
    for _ in inbox.range() {}
}
