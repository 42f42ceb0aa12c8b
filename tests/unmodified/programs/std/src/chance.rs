//! What differs from run to run.
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::thread;

#[test]
fn maps_in_threads() {
    let threads = [1, 2].map(|n| {
        thread::spawn(move || {
            let map: HashMap<_, _> = (0..20).map(|i| (i, i * n)).collect();
            map.values().sum::<usize>()
        })
    });
    assert_eq!(threads.map(|t| t.join().unwrap()), [190, 380]);
}

#[test]
fn seeds_differ() {
    let t = thread::spawn(|| RandomState::new().hash_one(1));
    assert_ne!(t.join().unwrap(), RandomState::new().hash_one(1));
}

#[test]
fn random_bytes_differ() {
    let fill = || {
        let mut bytes = [0u8; 16];
        let n = unsafe { libc::getrandom(bytes.as_mut_ptr().cast(), 16, 0) };
        assert_eq!(n, 16);
        bytes
    };
    let set: HashSet<_> = [thread::spawn(fill).join().unwrap(), fill()].into();
    assert_eq!(set.len(), 2);
}

#[test]
fn dev_urandom() {
    use std::io::Read;
    let read = || {
        let mut bytes = [0u8; 16];
        std::fs::File::open("/dev/urandom")
            .unwrap()
            .read_exact(&mut bytes)
            .unwrap();
        bytes
    };
    assert_ne!(thread::spawn(read).join().unwrap(), read());
}
