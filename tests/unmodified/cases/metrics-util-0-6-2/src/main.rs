//! metrics-util 0.6.2, mended in 0.7.0 (RUSTSEC-2021-0113, metrics-rs/metrics#190): `AtomicBucket<T>` is Send and Sync for
//! every T; `data_with` gives out the same `Cell` twice. Order: none needed. The mended version does not compile.
use metrics_util::AtomicBucket;
use std::cell::Cell;
use std::thread;

pub fn scenario() -> Result<(), String> {
    let bucket = AtomicBucket::new();
    bucket.push(Cell::new(0));
    let add = || bucket.data_with(|cells| cells.iter().for_each(|c| c.set(c.get() + 1)));
    thread::scope(|s| {
        s.spawn(add);
        add();
    });
    let mut n = 0;
    bucket.data_with(|cells| n = cells[0].get());
    if n == 2 {
        Ok(())
    } else {
        Err(format!("lost: {n}"))
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
