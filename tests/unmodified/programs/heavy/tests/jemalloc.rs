//! jemalloc as the allocator of the program.
use std::thread;

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

#[test]
fn allocates() {
    let list = thread::spawn(|| vec![1; 100]).join().unwrap();
    assert_eq!(list.len(), 100);
}

/// Use after free. Order: freed before the other thread reads.
#[test]
fn bug_freed_while_read() {
    let address = Box::into_raw(Box::new(7u64)) as usize;
    let t = thread::spawn(move || unsafe { (address as *const u64).read() });
    thread::spawn(|| ()).join().unwrap();
    drop(unsafe { Box::from_raw(address as *mut u64) });
    t.join().unwrap();
}
