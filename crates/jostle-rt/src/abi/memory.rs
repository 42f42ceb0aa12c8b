//! `malloc` and its family.
//!
//! In a session the program's blocks come from the heap that is put back before each
//! execution, and the runtime's own, as the C library asks for them on its behalf, from
//! memory that is not. Without a session everything goes to libc.

#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout};
use std::cell::UnsafeCell;
use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use crate::abi::with_return_address;
use crate::engine::end::End;
use crate::engine::{self, Engine, watch, with};
use crate::heap::{self, Freed, Heap, Reallocated};
use crate::hot::{self, Phase};
use crate::own_memory::OwnMemory;
use crate::session::race;
use crate::sys;

unsafe extern "C" {
    fn __libc_malloc(size: usize) -> *mut c_void;
    fn __libc_calloc(count: usize, size: usize) -> *mut c_void;
    fn __libc_realloc(block: *mut c_void, size: usize) -> *mut c_void;
    fn __libc_free(block: *mut c_void);
    fn __libc_memalign(align: usize, size: usize) -> *mut c_void;
}

/// Whether the process has a session: 0 if nobody has looked, 1 if not, 2 if so. Blocks are
/// asked for before anything of this library has run.
static SESSION: AtomicU8 = AtomicU8::new(0);

fn has_session() -> bool {
    match SESSION.load(Ordering::Relaxed) {
        0 => {
            // SAFETY: The name is a C string; there is one OS thread this early.
            let has = unsafe { !libc::getenv(c"JOSTLE_SESSION".as_ptr()).is_null() };
            SESSION.store(1 + u8::from(has), Ordering::Relaxed);
            has
        }
        known => known == 2,
    }
}

/// The process has a session, whoever has looked before.
pub(crate) fn begin_session() {
    SESSION.store(2, Ordering::Relaxed);
}

/// The heap before the engine is there.
struct Early(UnsafeCell<Option<Heap>>);

// SAFETY: Used in a session only, in which there is one OS thread.
unsafe impl Sync for Early {}

/// The engine has the heap: also in a child that has left the session.
static TAKEN: AtomicBool = AtomicBool::new(false);

static EARLY: Early = Early(UnsafeCell::new(None));

/// Does something with the heap, whoever has it. `None` if there is none.
fn with_heap<R>(f: impl FnOnce(&mut Heap) -> R) -> Option<R> {
    if engine::is_installed() {
        return Some(with(|e| f(&mut e.heap)));
    }
    // SAFETY: See `Early`; `f` does not come back here.
    let early = unsafe { &mut *EARLY.0.get() };
    if early.is_none() {
        *early = Heap::new(heap::BASE, heap::SIZE).ok();
    }
    early.as_mut().map(f)
}

/// Takes the heap for the engine.
///
/// # Errors
///
/// If there is no address space for it.
pub(crate) fn take_heap() -> Result<Heap, crate::raw::Errno> {
    // SAFETY: See `Early`.
    match unsafe { (*EARLY.0.get()).take() } {
        Some(heap) => Ok(heap),
        None => Heap::new(heap::BASE, heap::SIZE),
    }
}

/// The engine is installed, with the heap.
pub(crate) fn heap_is_taken() {
    TAKEN.store(true, Ordering::Relaxed);
}

/// Whether a block is the runtime's own: what the C library asks for on its behalf.
fn is_own() -> bool {
    hot::phase() == Phase::Root
}

/// Blocks of the runtime's own have their size and alignment before them.
mod own {
    use super::*;

    const HEADER: usize = 16;
    static MEMORY: OwnMemory = OwnMemory::new();

    fn layout(size: usize, align: usize) -> Option<(Layout, usize)> {
        let before = align.max(HEADER);
        let layout = Layout::from_size_align(size.checked_add(before)?, before).ok()?;
        Some((layout, before))
    }

    pub(super) fn allocate(size: usize, align: usize) -> *mut u8 {
        let Some((layout, before)) = layout(size, align) else {
            return ptr::null_mut();
        };
        // SAFETY: The layout has room for the header; fresh memory is zero.
        unsafe {
            let start = MEMORY.alloc_zeroed(layout);
            if start.is_null() {
                return start;
            }
            let block = start.add(before);
            block.sub(16).cast::<usize>().write(size);
            block.sub(8).cast::<usize>().write(align);
            block
        }
    }

    /// # Safety
    ///
    /// The block is one of these.
    pub(super) unsafe fn size(block: *mut u8) -> usize {
        // SAFETY: It has its header.
        unsafe { block.sub(16).cast::<usize>().read() }
    }

    /// # Safety
    ///
    /// The block is one of these, and nobody uses it any more.
    pub(super) unsafe fn free(block: *mut u8) {
        // SAFETY: It has its header, from which the layout follows.
        unsafe {
            let align = block.sub(8).cast::<usize>().read();
            if let Some((layout, before)) = layout(size(block), align) {
                MEMORY.dealloc(block.sub(before), layout);
            }
        }
    }
}

/// A block with this size and alignment, or null.
pub(super) fn allocate(size: usize, align: usize, zeroed: bool, pc: usize) -> *mut c_void {
    if !has_session() {
        // SAFETY: They have no conditions.
        return unsafe {
            match (align <= 16, zeroed) {
                (true, false) => __libc_malloc(size),
                (true, true) => __libc_calloc(1, size),
                (false, _) => __libc_memalign(align, size),
            }
        };
    }
    let block = match is_own() {
        true => own::allocate(size, align),
        false => {
            let block =
                with_heap(|heap| heap.allocate(size, align, zeroed)).unwrap_or(ptr::null_mut());
            if hot::is_watched() && !block.is_null() {
                with(|e| allocated(e, block.addr(), size, pc));
            }
            block
        }
    };
    if block.is_null() {
        sys::set_errno(libc::ENOMEM);
    }
    block.cast()
}

with_return_address! {
    malloc => malloc_at, "rsi";
    calloc => calloc_at, "rdx";
    realloc => realloc_at, "rdx";
    free => free_at, "rsi";
    memalign => memalign_at, "rdx";
    aligned_alloc => memalign_at, "rdx";
    posix_memalign => posix_memalign_at, "rcx";
    valloc => valloc_at, "rsi";
    reallocarray => reallocarray_at, "rcx";
}

extern "C" fn malloc_at(size: usize, pc: usize) -> *mut c_void {
    allocate(size, 16, false, pc)
}

extern "C" fn calloc_at(count: usize, size: usize, pc: usize) -> *mut c_void {
    match count.checked_mul(size) {
        Some(size) => allocate(size, 16, true, pc),
        None => {
            sys::set_errno(libc::ENOMEM);
            ptr::null_mut()
        }
    }
}

extern "C" fn memalign_at(align: usize, size: usize, pc: usize) -> *mut c_void {
    if !align.is_power_of_two() {
        sys::set_errno(libc::EINVAL);
        return ptr::null_mut();
    }
    allocate(size, align.max(16), false, pc)
}

extern "C" fn valloc_at(size: usize, pc: usize) -> *mut c_void {
    allocate(size, 4096, false, pc)
}

unsafe extern "C" fn posix_memalign_at(
    out: *mut *mut c_void,
    align: usize,
    size: usize,
    pc: usize,
) -> c_int {
    if !align.is_power_of_two() || align < size_of::<usize>() {
        return libc::EINVAL;
    }
    let block = allocate(size, align.max(16), false, pc);
    if block.is_null() {
        return libc::ENOMEM;
    }
    // SAFETY: The caller gives room for it.
    unsafe { out.write(block) };
    0
}

unsafe extern "C" fn reallocarray_at(
    block: *mut c_void,
    count: usize,
    size: usize,
    pc: usize,
) -> *mut c_void {
    match count.checked_mul(size) {
        // SAFETY: As the caller promises.
        Some(size) => unsafe { realloc_at(block, size, pc) },
        None => {
            sys::set_errno(libc::ENOMEM);
            ptr::null_mut()
        }
    }
}

unsafe extern "C" fn realloc_at(block: *mut c_void, size: usize, pc: usize) -> *mut c_void {
    if block.is_null() {
        return allocate(size, 16, false, pc);
    }
    if !has_session() {
        // SAFETY: As the caller promises.
        return unsafe { __libc_realloc(block, size) };
    }
    let old = block.cast::<u8>();
    if OwnMemory::owns(old.addr()) {
        // SAFETY: A block of the runtime's own, which the caller does not use any more.
        unsafe {
            let new = own::allocate(size, 16);
            if !new.is_null() {
                new.copy_from_nonoverlapping(old, size.min(own::size(old)));
                own::free(old);
            }
            return new.cast();
        }
    }
    match with_heap(|heap| heap.reallocate(old, size)) {
        Some(Reallocated::Done {
            pointer,
            old_size,
            moved,
        }) => {
            if hot::is_watched() {
                with(|e| {
                    let slot = hot::slot();
                    if moved {
                        e.detector
                            .read_range(slot, old.addr(), old_size.min(size), pc);
                        e.detector.freed(slot, old.addr(), old_size, pc);
                        allocated(e, pointer.addr(), size, pc);
                    } else if size > old_size {
                        // The block has grown over memory that may have been freed before.
                        let from = (pointer.addr() + old_size) & !7;
                        let end = (pointer.addr() + size).next_multiple_of(8);
                        e.detector.allocated(slot, from, end - from, pc);
                    }
                });
                check();
            }
            pointer.cast()
        }
        Some(Reallocated::Bad(freed)) => bad(freed, pc),
        Some(Reallocated::NoMemory) | None => {
            sys::set_errno(libc::ENOMEM);
            ptr::null_mut()
        }
    }
}

/// As `realloc`, with an alignment; with `zeroed` what is new is zero.
///
/// # Safety
///
/// As of `realloc`.
pub(super) unsafe fn grow(
    block: *mut c_void,
    size: usize,
    align: usize,
    zeroed: bool,
    pc: usize,
) -> *mut c_void {
    if block.is_null() {
        return allocate(size, align, zeroed, pc);
    }
    if align <= 16 && !zeroed {
        // SAFETY: As the caller promises.
        return unsafe { realloc_at(block, size, pc) };
    }
    let new = allocate(size, align, zeroed, pc);
    if !new.is_null() {
        // SAFETY: Both blocks are there, and the caller does not use the old one any more.
        unsafe {
            let old_size = malloc_usable_size(block);
            new.copy_from_nonoverlapping(block, old_size.min(size));
            free_at(block, pc);
        }
    }
    new
}

/// # Safety
///
/// As of `free`.
pub(super) unsafe extern "C" fn free_at(block: *mut c_void, pc: usize) {
    let block = block.cast::<u8>();
    if block.is_null() {
        return;
    }
    if !has_session() {
        // SAFETY: As the caller promises.
        return unsafe { __libc_free(block.cast()) };
    }
    if OwnMemory::owns(block.addr()) {
        // SAFETY: As the caller promises.
        return unsafe { own::free(block) };
    }
    match with_heap(|heap| heap.free(block)) {
        Some(Freed::Done { size }) if hot::is_watched() => {
            with(|e| e.detector.freed(hot::slot(), block.addr(), size, pc));
            check();
        }
        None | Some(Freed::Done { .. }) => {}
        Some(freed) => {
            bad(freed, pc);
        }
    }
}

/// The running thread has got a block.
#[inline]
fn allocated(e: &mut Engine, address: usize, size: usize, pc: usize) {
    e.detector.allocated(hot::slot(), address, size, pc);
    if e.heap.ordinal() == e.awaited {
        e.note_allocation(pc);
    }
}

/// Sees to what the detector has to say.
fn check() {
    if with(|e| e.detector.has_news()) {
        watch::noticed();
    }
}

/// A block was freed that is none, or none any more.
#[cold]
fn bad(freed: Freed, pc: usize) -> *mut c_void {
    if hot::is_running() {
        with(|e| {
            let calls = hot::calls().iter().map(|call| call.pc).collect::<Vec<_>>();
            let finding = e.inside(|e| race::bad_free(e, freed, pc, &calls));
            e.leave(End::Found(Box::new(finding)))
        });
    }
    ptr::null_mut()
}

/// `malloc_usable_size(3)`.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn malloc_usable_size(block: *mut c_void) -> usize {
    let block = block.cast::<u8>();
    if block.is_null() {
        return 0;
    }
    if !has_session() {
        // SAFETY: As the caller promises.
        return unsafe { crate::real::malloc_usable_size(block.cast()) };
    }
    if OwnMemory::owns(block.addr()) {
        // SAFETY: As the caller promises.
        return unsafe { own::size(block) };
    }
    with_heap(|heap| heap.usable_size(block)).unwrap_or(0)
}
