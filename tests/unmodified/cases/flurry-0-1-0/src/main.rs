//! flurry 0.1.0, mended by 0.3.0 (jonhoo/flurry#86, #88): the count of elements is unsigned and is added to after the bin is
//! left: a remove that overtakes the insert's count takes it below zero, "attempt to subtract with overflow".
//! Order: T1 links an element; T2 removes it and counts; T1 counts.
use flurry::HashMap;
use std::sync::Arc;
use std::thread;

pub fn scenario() -> Result<(), String> {
    let map = Arc::new(HashMap::<u32, u32>::new());
    let threads: Vec<_> = (0..2u32)
        .map(|t| {
            let map = map.clone();
            thread::spawn(move || {
                #[cfg(not(feature = "mended"))]
                let guard = &flurry::epoch::pin();
                #[cfg(feature = "mended")]
                let guard = &map.guard();
                for k in 0..3 {
                    map.insert(k, t, guard);
                    map.get(&k, guard);
                    map.remove(&k, guard);
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
