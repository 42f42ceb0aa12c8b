//! An allocator that counts and passes on.
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;

struct Tracking(AtomicUsize);

// SAFETY: passes on to `System`.
unsafe impl GlobalAlloc for Tracking {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.0.fetch_add(1, SeqCst);
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Tracking = Tracking(AtomicUsize::new(0));

#[test]
fn counts() {
    let before = ALLOCATOR.0.load(SeqCst);
    thread::spawn(|| drop(std::hint::black_box(vec![1; 100])))
        .join()
        .unwrap();
    assert!(ALLOCATOR.0.load(SeqCst) > before);
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
