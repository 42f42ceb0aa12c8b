//! An allocator in a static arena that never frees.
use std::alloc::{GlobalAlloc, Layout};
use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;

const SIZE: usize = 16 << 20;
struct Bump(AtomicUsize, UnsafeCell<[u8; SIZE]>);
// SAFETY: the counter gives every byte out once.
unsafe impl Sync for Bump {}

// SAFETY: as above; aligned by rounding up within what was taken.
unsafe impl GlobalAlloc for Bump {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let at = self.0.fetch_add(layout.size() + layout.align(), SeqCst);
        if at + layout.size() + layout.align() > SIZE {
            return std::ptr::null_mut();
        }
        let start = unsafe { self.1.get().cast::<u8>().add(at) };
        unsafe { start.add(start.align_offset(layout.align())) }
    }
    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[global_allocator]
static ALLOCATOR: Bump = Bump(AtomicUsize::new(0), UnsafeCell::new([0; SIZE]));

#[test]
fn allocates() {
    let list = thread::spawn(|| vec![1; 100]).join().unwrap();
    assert_eq!(list.len(), 100);
}

/// Use after free that no report can name: the arena is the program's own.
#[test]
fn freed_while_read_in_an_arena() {
    let address = Box::into_raw(Box::new(7u64)) as usize;
    let t = thread::spawn(move || unsafe { (address as *const u64).read() });
    thread::spawn(|| ()).join().unwrap();
    drop(unsafe { Box::from_raw(address as *mut u64) });
    t.join().unwrap();
}
