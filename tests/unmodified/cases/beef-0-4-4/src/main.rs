//! beef 0.4.4, mended in 0.5.0 (RUSTSEC-2020-0122, maciejhirsz/beef#37): `Cow<T>` is Send without `T: Sync`, so a borrowed
//! slice of `Cell`s is shared. Order: none needed. The mended version does not compile.
use beef::Cow;
use std::cell::Cell;
use std::thread;

pub fn scenario() -> Result<(), String> {
    let cells = [Cell::new(0)];
    let cow: Cow<[Cell<i32>]> = Cow::borrowed(&cells);
    thread::scope(|s| {
        s.spawn(move || cow[0].set(cow[0].get() + 1));
        cells[0].set(cells[0].get() + 1);
    });
    if cells[0].get() == 2 {
        Ok(())
    } else {
        Err(format!("lost: {}", cells[0].get()))
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
