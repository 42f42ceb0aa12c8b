//! async-executor 1.9.0 (yanked, Cargo.lock still takes it), mended in 1.9.1 (smol-rs/async-executor#104, #106): a task
//! spawned by a thread that once ran the executor goes to that thread's own queue, and the waker called is that of the
//! run that is over. Nobody tells the thread that runs the executor now; it sleeps on.
//! Order: main's run has slept and ended; the worker finds no task and sleeps; main spawns.
use async_executor::Executor;
use futures_lite::future::block_on;
use std::sync::Arc;
use std::thread;

pub fn scenario() -> Result<(), String> {
    let executor = Arc::new(Executor::new());
    let (stop, stopped) = async_channel::bounded::<()>(1);
    let (begin, begun) = async_channel::bounded::<()>(1);
    let worker = {
        let executor = executor.clone();
        thread::spawn(move || {
            begin.send_blocking(()).unwrap();
            let _ = block_on(executor.run(stopped.recv()));
        })
    };
    block_on(executor.run(begun.recv())).map_err(|e| e.to_string())?;
    let task = executor.spawn(async { 7 });
    let n = block_on(task);
    stop.send_blocking(()).map_err(|e| e.to_string())?;
    worker.join().map_err(|_| "worker panicked")?;
    if n == 7 {
        Ok(())
    } else {
        Err(format!("{n}"))
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
