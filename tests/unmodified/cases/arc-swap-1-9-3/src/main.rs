//! arc-swap 1.9.3, mended in 1.9.4 (vorner/arc-swap#214): an `Arc` and a `Weak` of one allocation have one address; a
//! reader's debt for the `Weak` in one instance is paid by a writer of another instance with a strong count (or the
//! other way round), so that a count is too low and the value is freed while it is used.
//! Order: reader loads from the Weak instance and holds the guard; the writer of the Arc instance swaps and pays it.
use arc_swap::{ArcSwap, ArcSwapWeak};
use std::sync::Arc;
use std::thread;

pub fn scenario() -> Result<(), String> {
    let value = Arc::new(7u64);
    let weak = Arc::new(ArcSwapWeak::new(Arc::downgrade(&value)));
    let strong = Arc::new(ArcSwap::new(value));
    let readers = [
        {
            let weak = weak.clone();
            thread::spawn(move || weak.load().upgrade().map_or(7, |v| *v))
        },
        {
            let strong = strong.clone();
            thread::spawn(move || **strong.load())
        },
    ];
    let writers = [
        thread::spawn(move || strong.store(Arc::new(7))),
        thread::spawn(move || weak.store(std::sync::Weak::new())),
    ];
    for t in writers {
        t.join().map_err(|_| "writer panicked")?;
    }
    for t in readers {
        let n = t.join().map_err(|_| "reader panicked")?;
        if n != 7 {
            return Err(format!("read {n}"));
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
