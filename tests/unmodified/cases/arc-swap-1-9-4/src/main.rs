//! arc-swap 1.9.4, mended in 1.9.5 (vorner/arc-swap#210): `load` returns a value that was stored into another instance.
//! Needs an allocator that gives out freed memory again within the execution.
//! Order: the reader of A has read the pointer, stops; A's writer frees the value, and B's new value gets its address;
//! the reader notes its debt for that address, sees that A has changed; B's writer pays that debt; the reader takes it.
use arc_swap::ArcSwap;
use std::sync::Arc;
use std::thread;

pub fn scenario() -> Result<(), String> {
    let a = Arc::new(ArcSwap::from_pointee(1u64));
    let b = Arc::new(ArcSwap::from_pointee(100u64));
    let reader = {
        let a = a.clone();
        thread::spawn(move || **a.load())
    };
    let writer = {
        let (a, b) = (a.clone(), b.clone());
        thread::spawn(move || {
            let next = Arc::new(2);
            a.store(next);
            b.store(Arc::new(101));
            b.store(Arc::new(102));
        })
    };
    writer.join().map_err(|_| "writer panicked")?;
    match reader.join() {
        Ok(1 | 2) => Ok(()),
        other => Err(format!("A gave {other:?}")),
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
