//! Allocators that are written in C, as `#[global_allocator]` crates bind them.
//!
//! They take their memory from the system and keep their state in it, where it would not be
//! put back before the next execution. So the linker is told to take `__wrap_f` where the
//! program calls `f` of one of them, and what is called is the program's one heap. Outside of
//! a session that is libc's.
//!
//! In the order of the arguments, mimalloc has the size before the alignment, and jemalloc's
//! flags hold the logarithm of the alignment, and whether the block is to be zero.

#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};

use crate::abi::memory::{allocate, free_at, grow};
use crate::abi::with_return_address;

/// What every block is aligned to.
const ALIGN: usize = 16;

with_return_address! {
    __wrap_mi_malloc => plain, "rsi";
    __wrap_mi_zalloc => zeroed, "rsi";
    __wrap_mi_calloc => counted, "rdx";
    __wrap_mi_malloc_aligned => aligned, "rdx";
    __wrap_mi_zalloc_aligned => zeroed_aligned, "rdx";
    __wrap_mi_realloc => resize, "rdx";
    __wrap_mi_realloc_aligned => resize_aligned, "rcx";
    __wrap_mi_free => free_at, "rsi";
    __wrap__rjem_malloc => plain, "rsi";
    __wrap__rjem_calloc => counted, "rdx";
    __wrap__rjem_mallocx => flagged, "rdx";
    __wrap__rjem_realloc => resize, "rdx";
    __wrap__rjem_rallocx => resize_flagged, "rcx";
    __wrap__rjem_sdallocx => free_sized, "rcx";
    __wrap__rjem_free => free_at, "rsi";
}

extern "C" fn plain(size: usize, pc: usize) -> *mut c_void {
    allocate(size, ALIGN, false, pc)
}

extern "C" fn zeroed(size: usize, pc: usize) -> *mut c_void {
    allocate(size, ALIGN, true, pc)
}

extern "C" fn counted(count: usize, size: usize, pc: usize) -> *mut c_void {
    // No block is as large as what an overflow asks for.
    allocate(count.saturating_mul(size), ALIGN, true, pc)
}

extern "C" fn aligned(size: usize, align: usize, pc: usize) -> *mut c_void {
    allocate(size, align.max(ALIGN), false, pc)
}

extern "C" fn zeroed_aligned(size: usize, align: usize, pc: usize) -> *mut c_void {
    allocate(size, align.max(ALIGN), true, pc)
}

unsafe extern "C" fn resize(block: *mut c_void, size: usize, pc: usize) -> *mut c_void {
    // SAFETY: As the caller promises.
    unsafe { grow(block, size, ALIGN, false, pc) }
}

unsafe extern "C" fn resize_aligned(
    block: *mut c_void,
    size: usize,
    align: usize,
    pc: usize,
) -> *mut c_void {
    // SAFETY: As the caller promises.
    unsafe { grow(block, size, align.max(ALIGN), false, pc) }
}

/// jemalloc's `MALLOCX_ZERO`.
const ZERO: c_int = 0x40;

/// The alignment that jemalloc's flags ask for.
fn align_of(flags: c_int) -> usize {
    (1_usize << (flags & 0x3f)).max(ALIGN)
}

extern "C" fn flagged(size: usize, flags: c_int, pc: usize) -> *mut c_void {
    allocate(size, align_of(flags), flags & ZERO != 0, pc)
}

unsafe extern "C" fn resize_flagged(
    block: *mut c_void,
    size: usize,
    flags: c_int,
    pc: usize,
) -> *mut c_void {
    // SAFETY: As the caller promises.
    unsafe { grow(block, size, align_of(flags), flags & ZERO != 0, pc) }
}

unsafe extern "C" fn free_sized(block: *mut c_void, _: usize, _: c_int, pc: usize) {
    // SAFETY: As the caller promises.
    unsafe { free_at(block, pc) }
}
