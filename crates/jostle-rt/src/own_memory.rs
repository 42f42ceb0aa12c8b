//! The allocator of this library.
//!
//! The program's `malloc` is ours as well, and its heap is put back before each execution.
//! What the runtime itself keeps (kernel, search, debug information) has to survive that,
//! and must never be seen by the race detector: it lies in memory of its own.

#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout};
use std::cell::UnsafeCell;
use std::hint;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};

use dlmalloc::{Allocator, Dlmalloc};

use crate::raw;

/// Where it lies, so that `free` can tell its blocks from the program's.
const BASE: usize = 0x5400_0000_0000;
const SIZE: usize = 1 << 38;

/// Gives pages of the region in turn; none comes back.
struct Region;

/// A static of this library, by which its data segment is known.
pub(crate) static MARK: AtomicBool = AtomicBool::new(false);

/// How much of the region is in use.
static USED: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);

// SAFETY: Each piece is mapped memory that nobody else has.
unsafe impl Allocator for Region {
    fn alloc(&self, size: usize) -> (*mut u8, usize, u32) {
        let size = size.next_multiple_of(1 << 16);
        // Only under the lock below.
        let at = USED.load(Ordering::Relaxed);
        if at + size > SIZE || (at == 0 && raw::map(BASE, SIZE).is_err()) {
            return (ptr::null_mut(), 0, 0);
        }
        USED.store(at + size, Ordering::Relaxed);
        (ptr::with_exposed_provenance_mut(BASE + at), size, 0)
    }

    fn remap(&self, _: *mut u8, _: usize, _: usize, _: bool) -> *mut u8 {
        ptr::null_mut()
    }

    fn free_part(&self, _: *mut u8, _: usize, _: usize) -> bool {
        false
    }

    fn free(&self, _: *mut u8, _: usize) -> bool {
        false
    }

    fn can_release_part(&self, _: u32) -> bool {
        false
    }

    fn allocates_zeros(&self) -> bool {
        true
    }

    fn page_size(&self) -> usize {
        4096
    }
}

/// The allocator of this library.
pub(crate) struct OwnMemory {
    lock: AtomicBool,
    state: UnsafeCell<Dlmalloc<Region>>,
}

// SAFETY: The state is used under the lock only.
unsafe impl Sync for OwnMemory {}

impl OwnMemory {
    pub(crate) const fn new() -> OwnMemory {
        OwnMemory {
            lock: AtomicBool::new(false),
            state: UnsafeCell::new(Dlmalloc::new_with_allocator(Region)),
        }
    }

    /// Does something with the state. Two OS threads seldom meet here: in a session there
    /// is one, and without one nothing is allocated.
    fn with<R>(&self, f: impl FnOnce(&mut Dlmalloc<Region>) -> R) -> R {
        while self.lock.swap(true, Ordering::Acquire) {
            hint::spin_loop();
        }
        // SAFETY: The lock is held, and `f` does not come back here.
        let result = f(unsafe { &mut *self.state.get() });
        self.lock.store(false, Ordering::Release);
        result
    }

    /// Whether a block came from here.
    #[inline]
    pub(crate) fn owns(address: usize) -> bool {
        (BASE..BASE + SIZE).contains(&address)
    }
}

// SAFETY: Dlmalloc gives memory as the layout demands.
unsafe impl GlobalAlloc for OwnMemory {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: As the caller promises.
        self.with(|m| unsafe { m.malloc(layout.size(), layout.align()) })
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: As the caller promises.
        self.with(|m| unsafe { m.free(block, layout.size(), layout.align()) });
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: As the caller promises.
        self.with(|m| unsafe { m.calloc(layout.size(), layout.align()) })
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: As the caller promises.
        self.with(|m| unsafe { m.realloc(block, layout.size(), layout.align(), size) })
    }
}
