//! event-listener 5.3.0, mended in 5.3.1 (smol-rs/event-listener#138, #139): `notify` returned early when its look at
//! the counter of notified listeners, taken without the lock, said that nobody needs it; a notification is lost.
//! Order (from the report; NOT SHOWN so far): an unlock's `notify(1)` sees the count of a listener that is just going.
use event_listener::{Event, Listener};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::Arc;
use std::thread;

pub fn scenario() -> Result<(), String> {
    let lock = Arc::new((AtomicBool::new(false), Event::new()));
    let threads: Vec<_> = (0..3)
        .map(|_| {
            let lock = lock.clone();
            thread::spawn(move || {
                let (flag, event) = &*lock;
                while flag.swap(true, SeqCst) {
                    let listener = event.listen();
                    if !flag.swap(true, SeqCst) {
                        break;
                    }
                    listener.wait();
                }
                flag.store(false, SeqCst);
                event.notify(1);
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
