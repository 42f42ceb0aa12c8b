//! Six small tests, as a crate would have them.
use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread;

/// Clean: three threads add one each under a lock.
#[test]
fn good() {
    let total = Arc::new(Mutex::new(0));
    let threads: Vec<_> = (0..3)
        .map(|_| {
            let total = total.clone();
            thread::spawn(move || *total.lock().unwrap() += 1)
        })
        .collect();
    for t in threads {
        t.join().unwrap();
    }
    assert_eq!(*total.lock().unwrap(), 3);
}

/// Deadlock: one thread holds the first lock and wants the second, the other the reverse.
#[test]
fn deadlocky() {
    let a = Arc::new((Mutex::new(0), Mutex::new(0)));
    let b = a.clone();
    let other = thread::spawn(move || {
        let _first = b.0.lock().unwrap();
        *b.1.lock().unwrap() += 1;
    });
    {
        let mut second = a.1.lock().unwrap();
        let _first = a.0.lock().unwrap();
        *second += 1;
    }
    other.join().unwrap();
}

/// Lost update: both load before either stores.
#[test]
fn lost() {
    let count = Arc::new(AtomicUsize::new(0));
    let threads: Vec<_> = (0..2)
        .map(|_| {
            let count = count.clone();
            thread::spawn(move || {
                let seen = count.load(SeqCst);
                count.store(seen + 1, SeqCst);
            })
        })
        .collect();
    for t in threads {
        t.join().unwrap();
    }
    assert_eq!(count.load(SeqCst), 2);
}

/// Clean: the panic is what the test asks for.
#[test]
#[should_panic]
fn panics_as_it_should() {
    panic!("as it should");
}

/// Data race: two threads add to one `static mut`.
#[test]
fn racy() {
    static mut X: u64 = 0;
    let other = thread::spawn(|| unsafe { X += 1 });
    unsafe { X += 1 };
    other.join().unwrap();
}

/// Clean, without a thread: the seeds of hash maps are chance, too.
#[test]
fn hashed() {
    let set: HashSet<u32> = (0..4).collect();
    assert!(set.iter().next().is_some());
}
