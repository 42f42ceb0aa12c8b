//! lock_api 0.4.1, mended in 0.4.2 (RUSTSEC-2020-0070, Amanieu/parking_lot#262): the mapped guards are Send without
//! `T: Send`. A mapped guard of a `&Cell`, which may not leave its thread, is sent to another one (with parking_lot's
//! feature `send_guard`). Order: none needed, both threads write the `Cell`. The mended version does not compile.
use parking_lot::{Mutex, MutexGuard};
use std::cell::Cell;
use std::thread;

pub fn scenario() -> Result<(), String> {
    let cell = Cell::new(0);
    let mutex = Mutex::new(&cell);
    let guard = MutexGuard::map(mutex.lock(), |c| c);
    thread::scope(|s| {
        s.spawn(move || guard.set(guard.get() + 1));
        cell.set(cell.get() + 1);
    });
    if cell.get() == 2 {
        Ok(())
    } else {
        Err(format!("lost: {}", cell.get()))
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
