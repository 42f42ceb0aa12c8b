//! crossbeam-epoch 0.8.0, mended in 0.8.1 (yanked) and 0.8.2 (crossbeam-rs/crossbeam#466, report #238): the queue of
//! garbage bags retires a node that its `tail` still points to, and a later push goes through it after it was freed.
//! NOT SHOWN: not reachable by interleavings alone, see README (the same queue with the same fault: crossbeam-0-4-1).
//! Order: T1 has linked its node but not moved `tail`, stops; T2 pops the node under `tail`; the epoch goes on; T3 pins
//! and reads `tail`; T1 goes on and unpins; T2 frees the node; T3 pushes through it.
use crossbeam_epoch::Collector;
use std::thread;

pub fn scenario() -> Result<(), String> {
    let collector = Collector::new();
    let threads: Vec<_> = (0..3)
        .map(|i| {
            let collector = collector.clone();
            thread::spawn(move || {
                let handle = collector.register();
                for _ in 0..[2, 6, 3][i] {
                    let guard = handle.pin();
                    guard.defer(|| ());
                    guard.flush();
                }
            })
        })
        .collect();
    for t in threads {
        t.join().map_err(|_| "panicked")?;
    }
    Ok(())
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
