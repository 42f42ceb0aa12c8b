//! abox 0.4.0, mended in 0.4.1 (RUSTSEC-2020-0121, SonicFrog/abox#1): `AtomicBox<T>` is Send and Sync for every T.
//! Order: none needed, two threads write one `Cell` through it. The mended version does not compile.
use abox::AtomicBox;
use std::cell::Cell;
use std::thread;

pub fn scenario() -> Result<(), String> {
    let shared = AtomicBox::new(Cell::new(0));
    thread::scope(|s| {
        let add = || {
            let cell = shared.get();
            cell.set(cell.get() + 1);
        };
        s.spawn(add);
        add();
    });
    let n = shared.get().get();
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
