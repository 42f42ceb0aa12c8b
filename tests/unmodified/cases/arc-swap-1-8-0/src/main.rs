//! arc-swap 1.8.0 (1.5.0 to 1.8.0 show it alike), mended in 1.8.1 ("Some more careful orderings", vorner/arc-swap#195):
//! `Debt::pay` was `Release` with `Relaxed` on failure. Who finds that a debt has been paid already has no edge from the
//! payer, so that the last owner frees a value which a reader's use is not ordered before.
//! Order: T1 and T2 load; T2 pays back its debt itself; the writer stores, finds T2's slot empty, pays T1's; T1 frees.
use arc_swap::ArcSwap;
use std::sync::Arc;
use std::thread;

pub fn scenario() -> Result<(), String> {
    let shared = Arc::new(ArcSwap::from_pointee(1u64));
    let readers: Vec<_> = (0..2)
        .map(|_| {
            let shared = shared.clone();
            thread::spawn(move || **shared.load() + **shared.load())
        })
        .collect();
    let writer = {
        let shared = shared.clone();
        thread::spawn(move || (2..4).for_each(|i| shared.store(Arc::new(i))))
    };
    writer.join().map_err(|_| "writer panicked")?;
    for t in readers {
        let sum = t.join().map_err(|_| "reader panicked")?;
        if !(2..=6).contains(&sum) {
            return Err(format!("read {sum}"));
        }
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
