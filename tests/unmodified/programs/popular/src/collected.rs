//! What is gathered before `main` or at link time.
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;

static EARLY: AtomicUsize = AtomicUsize::new(0);

#[ctor::ctor]
fn early() {
    EARLY.store(7, SeqCst);
}

#[test]
fn constructor_ran() {
    assert_eq!(
        thread::spawn(|| EARLY.fetch_add(1, SeqCst)).join().unwrap(),
        7
    );
    assert_eq!(EARLY.load(SeqCst), 8);
}

struct Plugin(&'static str);
inventory::collect!(Plugin);
inventory::submit!(Plugin("one"));
inventory::submit!(Plugin("two"));

#[test]
fn inventory_has_both() {
    let t = thread::spawn(|| {
        let mut names: Vec<_> = inventory::iter::<Plugin>().map(|p| p.0).collect();
        names.sort_unstable();
        names
    });
    assert_eq!(t.join().unwrap(), ["one", "two"]);
}

#[linkme::distributed_slice]
static NUMBERS: [u32];
#[linkme::distributed_slice(NUMBERS)]
static ONE: u32 = 1;
#[linkme::distributed_slice(NUMBERS)]
static TWO: u32 = 2;

#[test]
fn linkme_has_both() {
    assert_eq!(
        thread::spawn(|| NUMBERS.iter().sum::<u32>())
            .join()
            .unwrap(),
        3
    );
}
