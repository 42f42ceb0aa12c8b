//! event-listener 5.4.1, mended in 5.4.2 (RUSTSEC-2026-0221, smol-rs/event-listener#163): `StackSlot<T>` is Send and
//! Sync for every T, so a tag that may not leave its thread (here an `Rc`) is received by another one.
//! Order: none needed, the two threads count the same `Rc` up and down at once. The mended version does not compile.
use event_listener::{Event, IntoNotification, Listener};
use std::rc::Rc;
use std::thread;

pub fn scenario() -> Result<(), String> {
    let event = Event::<Rc<u32>>::with_tag();
    let tag = Rc::new(7);
    event_listener::listener!(event => listener);
    thread::scope(|s| {
        let waiter = s.spawn(move || *listener.wait());
        event.notify(1.tag(tag.clone()));
        let copy = tag.clone();
        drop(copy);
        match waiter.join() {
            Ok(7) => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })
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
