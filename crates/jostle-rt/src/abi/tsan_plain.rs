//! What instrumented code calls around plain accesses and calls: the interface of LLVM's
//! ThreadSanitizer pass (compiler-rt, `tsan_interface.h`).

#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};

use jostle_core::op::OpKind;

use crate::abi::with_return_address;
use crate::engine::end::End;
use crate::engine::point::point;
use crate::engine::{watch, with};
use crate::hot;

/// The running thread has accessed memory: what follows of it.
#[inline(always)]
fn accessed(pc: usize) {
    if with(|e| e.detector.has_news()) {
        watch::noticed();
    }
    if hot::count_access() {
        give_way(pc);
    }
}

/// A loop of plain accesses only, which others may end.
#[cold]
fn give_way(pc: usize) {
    if hot::yield_by(|| point(OpKind::Yield, 0, pc)) {
        with(|e| e.leave(End::Stuck));
    }
}

macro_rules! access {
    ($($body:ident $method:ident $size:literal: $($symbol:ident)*;)*) => {
        $(
            extern "C" fn $body(address: usize, pc: usize) {
                if hot::is_watched() {
                    with(|e| e.detector.$method(hot::slot(), address, $size, pc));
                    accessed(pc);
                }
            }
            with_return_address! { $($symbol => $body, "rsi";)* }
        )*
    };
}

access! {
    read1 read 1: __tsan_read1;
    read2 read 2: __tsan_read2 __tsan_unaligned_read2;
    read4 read 4: __tsan_read4 __tsan_unaligned_read4;
    read8 read 8: __tsan_read8 __tsan_unaligned_read8 __tsan_vptr_read;
    read16 read 16: __tsan_read16 __tsan_unaligned_read16;
    write1 write 1: __tsan_write1;
    write2 write 2: __tsan_write2 __tsan_unaligned_write2;
    write4 write 4: __tsan_write4 __tsan_unaligned_write4;
    write8 write 8: __tsan_write8 __tsan_unaligned_write8;
    write16 write 16: __tsan_write16 __tsan_unaligned_write16;
}

with_return_address! {
    __tsan_vptr_update => update_vptr, "rdx";
    __tsan_read_range => read_range, "rdx";
    __tsan_write_range => write_range, "rdx";
    __tsan_memcpy => copy, "rcx";
    __tsan_memmove => copy, "rcx";
    __tsan_memset => set, "rcx";
}

extern "C" fn update_vptr(address: usize, _: usize, pc: usize) {
    write8(address, pc);
}

pub(crate) extern "C" fn read_range(address: usize, size: usize, pc: usize) {
    if hot::is_watched() && size != 0 {
        with(|e| e.detector.read_range(hot::slot(), address, size, pc));
        accessed(pc);
    }
}

pub(crate) extern "C" fn write_range(address: usize, size: usize, pc: usize) {
    if hot::is_watched() && size != 0 {
        with(|e| e.detector.write_range(hot::slot(), address, size, pc));
        accessed(pc);
    }
}

unsafe extern "C" fn copy(
    to: *mut c_void,
    from: *const c_void,
    size: usize,
    pc: usize,
) -> *mut c_void {
    read_range(from.addr(), size, pc);
    write_range(to.addr(), size, pc);
    // SAFETY: As the caller promises; `memmove` is right for both.
    unsafe { libc::memmove(to, from, size) }
}

unsafe extern "C" fn set(at: *mut c_void, value: c_int, size: usize, pc: usize) -> *mut c_void {
    write_range(at.addr(), size, pc);
    // SAFETY: As the caller promises.
    unsafe { libc::memset(at, value, size) }
}

/// A function is entered that returns to `pc`.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn __tsan_func_entry(pc: usize) {
    if hot::is_virtual() {
        hot::call(pc);
    }
}

/// A function returns.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn __tsan_func_exit() {
    if hot::is_virtual() {
        hot::leave();
    }
}

/// Called by the constructors of instrumented modules; there is nothing to set up.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn __tsan_init() {}
