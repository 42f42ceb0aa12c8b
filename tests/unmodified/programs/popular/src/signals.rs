//! Signal handlers of crates.
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;

#[test]
fn ctrlc_and_raise() {
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    ctrlc::set_handler(|| {
        CALLS.fetch_add(1, SeqCst);
    })
    .unwrap();
    thread::spawn(|| unsafe { libc::raise(libc::SIGINT) })
        .join()
        .unwrap();
    while CALLS.load(SeqCst) == 0 {
        thread::yield_now();
    }
}
