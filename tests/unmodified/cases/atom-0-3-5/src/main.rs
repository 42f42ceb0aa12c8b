//! atom 0.3.5, mended in 0.3.6 (RUSTSEC-2020-0044, slide-rs/atom#13): `Atom<P>` is Send and Sync for every P; a `Box` of
//! an `Rc` goes to another thread and both count. Order: none needed. The mended version does not compile.
use atom::Atom;
use std::rc::Rc;
use std::thread;

pub fn scenario() -> Result<(), String> {
    let mine = Rc::new(7);
    let atom = Atom::new(Box::new(mine.clone()));
    let t = thread::spawn(move || atom.take().map(|theirs| **theirs.clone()));
    drop(mine.clone());
    match t.join() {
        Ok(Some(7)) => Ok(()),
        other => Err(format!("{other:?}")),
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
