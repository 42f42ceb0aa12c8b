//! futures-intrusive 0.3.1, mended in 0.4.0 (RUSTSEC-2020-0072, Matthias247/futures-intrusive#53): a mutex guard is Sync
//! for every Send T; a guard of a `Cell` is shared. Order: none needed. The mended version does not compile.
use futures_intrusive::sync::Mutex;
use std::cell::Cell;
use std::thread;

pub fn scenario() -> Result<(), String> {
    let mutex = Mutex::new(Cell::new(0), false);
    let guard = mutex.try_lock().ok_or("locked")?;
    thread::scope(|s| {
        let guard = &guard;
        s.spawn(move || guard.set(guard.get() + 1));
        guard.set(guard.get() + 1);
    });
    if guard.get() == 2 {
        Ok(())
    } else {
        Err(format!("lost: {}", guard.get()))
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
