//! mini-moka 0.10.1, mended in 0.10.2 (moka-rs/mini-moka#11, #13): an update copies the old entry's queue nodes; when
//! housekeeping frees those nodes in between, it later works on a node that is gone: "entered unreachable code".
//! Order: T1 inserts over a key and holds the copy; T2's `sync` evicts or moves the old entry; then T1's write is applied.
use mini_moka::sync::{Cache, ConcurrentCacheExt};
use std::thread;

pub fn scenario() -> Result<(), String> {
    let cache = Cache::<u32, u32>::new(2);
    cache.insert(0, 0);
    cache.sync();
    let threads: Vec<_> = (1..3)
        .map(|i| {
            let cache = cache.clone();
            thread::spawn(move || {
                cache.insert(0, i);
                if i == 1 {
                    cache.invalidate(&0);
                }
                cache.get(&0);
                cache.sync();
            })
        })
        .collect();
    for t in threads {
        t.join().map_err(|_| "panicked")?;
    }
    cache.sync();
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
