//! parking_lot 0.11.2, mended in 0.12.1 (Amanieu/parking_lot#344, report #323): wrong memory ordering in RwLock.
//! The writer has set its bit and waits for the readers. Its last read of the state before it sleeps is a failed
//! compare-exchange with `Relaxed`; when that read shows that the last reader has gone, the writer goes on without an
//! edge from the reader's unlock: what the reader read and what the writer writes are unordered (a data race).
//! Order: reader holds; writer spins until its spins are used up; reader unlocks between the load and the exchange.
use parking_lot::RwLock;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::Arc;
use std::thread;

pub fn scenario() -> Result<(), String> {
    let shared = Arc::new((RwLock::new(0), AtomicU32::new(0)));
    let reader = {
        let shared = shared.clone();
        thread::spawn(move || {
            let value = shared.0.read();
            for _ in 0..12 {
                shared.1.fetch_add(*value, Relaxed);
            }
        })
    };
    let writer = {
        let shared = shared.clone();
        thread::spawn(move || *shared.0.write() += 1)
    };
    reader.join().map_err(|_| "reader panicked")?;
    writer.join().map_err(|_| "writer panicked")?;
    let n = *shared.0.read();
    if n == 1 {
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
