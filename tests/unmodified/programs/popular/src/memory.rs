//! Temporary files and mapped memory.
use memmap2::MmapMut;
use std::io::{Read, Seek, Write};
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::thread;

#[test]
fn temporary_directory() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a");
    thread::scope(|s| {
        s.spawn(|| std::fs::write(&path, "a").unwrap());
    });
    assert_eq!(std::fs::read(&path).unwrap(), b"a");
    directory.close().unwrap();
}

#[test]
fn temporary_file() {
    let mut file = tempfile::tempfile().unwrap();
    let mut file = thread::spawn(move || {
        file.write_all(b"text").unwrap();
        file
    })
    .join()
    .unwrap();
    file.rewind().unwrap();
    let mut text = String::new();
    file.read_to_string(&mut text).unwrap();
    assert_eq!(text, "text");
}

/// Data race: two threads write a mapped page. Any order.
#[test]
fn bug_mapped_race() {
    let page = MmapMut::map_anon(4096).unwrap();
    let address = page.as_ptr() as usize;
    let t = thread::spawn(move || unsafe { *(address as *mut u64) += 1 });
    unsafe { *(address as *mut u64) += 1 };
    t.join().unwrap();
}

#[test]
fn mapped_atomic() {
    let page = MmapMut::map_anon(4096).unwrap();
    let count = unsafe { &*page.as_ptr().cast::<AtomicU32>() };
    thread::scope(|s| {
        for _ in 0..2 {
            s.spawn(|| count.fetch_add(1, SeqCst));
        }
    });
    assert_eq!(count.load(SeqCst), 2);
}

#[test]
fn mapped_file() {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&[1; 4096]).unwrap();
    let map = unsafe { memmap2::Mmap::map(&file).unwrap() };
    assert_eq!(thread::spawn(move || map[4095]).join().unwrap(), 1);
}

#[test]
fn mappings_forgotten() {
    thread::spawn(|| std::mem::forget(MmapMut::map_anon(65536).unwrap()))
        .join()
        .unwrap();
}
