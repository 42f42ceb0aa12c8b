//! Gives ThreadSanitizer the edges of fences, which it ignores.
//!
//! `Arc::drop` decrements with `Release`, and the last owner ends in `fence(Acquire)`: without
//! the edges of the fence, TSan reports every scenario that shares by `Arc`. (A standard library
//! that is built for TSan has no such fence, but other crates do.)
//!
//! By C11 7.17.4 a fence takes effect through atomic operations next to it: an acquire fence
//! acquires from what relaxed loads before it have read; relaxed stores after a release fence
//! release what was before the fence. So the linker's `--wrap` sends each atomic operation
//! through here. (A program that is linked without it works, and its fences do nothing.)
//!
//! - An operation that reads and does not acquire is recorded; an acquire fence acquires what
//!   was released at the last few recorded addresses. That may be more than what was read then:
//!   it can hide a race and never makes one up.
//! - After a release fence, an operation that writes and does not release releases what the task
//!   has done. That, too, may be more than what it had done at the fence.
//!
//! Each fiber has separate records, so they need no bracket.

use std::arch::asm;
use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::mem;
use std::ptr;

use super::{Context, ffi, here};

/// How many addresses are remembered. Between a relaxed load and its fence stand
/// one or two others, if any.
const NOTES: usize = 8;

/// The records of a fiber that its fences need.
pub(super) struct Notes {
    /// Where it has read without acquiring, a ring.
    read: [Cell<*mut c_void>; NOTES],
    next: Cell<usize>,
    /// It has passed a release fence.
    fenced: Cell<bool>,
}

impl Notes {
    pub(super) const fn new() -> Notes {
        Notes {
            read: [const { Cell::new(ptr::null_mut()) }; NOTES],
            next: Cell::new(0),
            fenced: Cell::new(false),
        }
    }

    /// A new task begins.
    pub(super) fn clear(&self) {
        self.fenced.set(false);
        for note in &self.read {
            note.set(ptr::null_mut());
        }
    }

    #[inline]
    fn note(&self, address: *mut c_void) {
        let at = self.next.get();
        self.read[at].set(address);
        self.next.set((at + 1) % NOTES);
    }
}

/// The orderings of `tsan_interface_atomic.h`.
const CONSUME: c_int = 1;
const ACQUIRE: c_int = 2;
const RELEASE: c_int = 3;
const ACQ_REL: c_int = 4;
const SEQ_CST: c_int = 5;

fn acquires(order: c_int) -> bool {
    matches!(order, CONSUME | ACQUIRE | ACQ_REL | SEQ_CST)
}

fn releases(order: c_int) -> bool {
    matches!(order, RELEASE | ACQ_REL | SEQ_CST)
}

#[inline]
fn noting(f: impl FnOnce(&Notes)) {
    here(|context: &Context| {
        if context.depth.get() == 0 {
            f(&context.notes);
        }
    });
}

/// Before an operation that writes.
#[inline]
fn before_write(address: *mut c_void, order: c_int) {
    if !releases(order) {
        noting(|notes| {
            if notes.fenced.get() {
                ffi::__tsan_release(address);
            }
        });
    }
}

/// After an operation that reads.
#[inline]
fn after_read(address: *mut c_void, order: c_int) {
    if !acquires(order) {
        noting(|notes| notes.note(address));
    }
}

fn fence(order: c_int) {
    noting(|notes| {
        if acquires(order) {
            for note in &notes.read {
                let address = note.replace(ptr::null_mut());
                if !address.is_null() {
                    // The memory may be gone.
                    ffi::__tsan_acquire(address);
                }
            }
        }
        if releases(order) {
            notes.fenced.set(true);
        }
    });
}

/// The function that `--wrap` has renamed. The reference is weak, since it is to
/// nothing in a program that is linked without, where nobody comes here.
macro_rules! real {
    ($($name:literal),+ as $signature:ty) => {{
        let address: *const c_void;
        // SAFETY: Loads an entry of the global offset table.
        unsafe {
            #[cfg(target_arch = "x86_64")]
            asm!(
                concat!(".weak __real_", $($name),+),
                concat!("mov {}, qword ptr [rip + __real_", $($name),+ , "@GOTPCREL]"),
                out(reg) address,
                options(nostack, pure, readonly, preserves_flags)
            );
            #[cfg(target_arch = "aarch64")]
            asm!(
                concat!(".weak __real_", $($name),+),
                concat!("adrp {0}, :got:__real_", $($name),+),
                concat!("ldr {0}, [{0}, :got_lo12:__real_", $($name),+ , "]"),
                out(reg) address,
                options(nostack, pure, readonly, preserves_flags)
            );
        }
        // SAFETY: TSan's function has this signature; and it is there, since the
        // linker has put the caller in its place.
        unsafe { mem::transmute::<*const c_void, $signature>(address) }
    }};
}

// SAFETY of the exported names below: they are those that the linker's `--wrap`
// looks for, and the signatures are those of `tsan_interface_atomic.h`.

#[unsafe(export_name = "__wrap___tsan_atomic_thread_fence")]
extern "C" fn wrapped_fence(order: c_int) {
    real!("__tsan_atomic_thread_fence" as extern "C" fn(c_int))(order);
    fence(order);
}

/// The wrappers for one width.
macro_rules! wrap {
    ($module:ident $int:ty, $bits:literal) => {
        mod $module {
            use super::*;

            #[unsafe(export_name = concat!("__wrap___tsan_atomic", $bits, "_load"))]
            extern "C" fn load(address: *mut c_void, order: c_int) -> $int {
                type Real = extern "C" fn(*mut c_void, c_int) -> $int;
                let value = real!("__tsan_atomic", $bits, "_load" as Real)(address, order);
                after_read(address, order);
                value
            }

            #[unsafe(export_name = concat!("__wrap___tsan_atomic", $bits, "_store"))]
            extern "C" fn store(address: *mut c_void, value: $int, order: c_int) {
                type Real = extern "C" fn(*mut c_void, $int, c_int);
                before_write(address, order);
                real!("__tsan_atomic", $bits, "_store" as Real)(address, value, order);
            }

            // What LLVM makes of every compare-and-exchange.
            #[unsafe(export_name = concat!("__wrap___tsan_atomic", $bits, "_compare_exchange_val"))]
            extern "C" fn compare_exchange(
                address: *mut c_void,
                expected: $int,
                value: $int,
                success: c_int,
                failure: c_int,
            ) -> $int {
                type Real = extern "C" fn(*mut c_void, $int, $int, c_int, c_int) -> $int;
                before_write(address, success);
                let real = real!("__tsan_atomic", $bits, "_compare_exchange_val" as Real);
                let seen = real(address, expected, value, success, failure);
                let order = if seen == expected { success } else { failure };
                after_read(address, order);
                seen
            }

            wrap!(@modify $int, $bits, exchange "_exchange");
            wrap!(@modify $int, $bits, add "_fetch_add");
            wrap!(@modify $int, $bits, sub "_fetch_sub");
            wrap!(@modify $int, $bits, and "_fetch_and");
            wrap!(@modify $int, $bits, or "_fetch_or");
            wrap!(@modify $int, $bits, xor "_fetch_xor");
            wrap!(@modify $int, $bits, nand "_fetch_nand");
        }
    };
    (@modify $int:ty, $bits:literal, $function:ident $name:literal) => {
        #[unsafe(export_name = concat!("__wrap___tsan_atomic", $bits, $name))]
        extern "C" fn $function(address: *mut c_void, value: $int, order: c_int) -> $int {
            type Real = extern "C" fn(*mut c_void, $int, c_int) -> $int;
            before_write(address, order);
            let before = real!("__tsan_atomic", $bits, $name as Real)(address, value, order);
            after_read(address, order);
            before
        }
    };
}

wrap!(w8 u8, "8");
wrap!(w16 u16, "16");
wrap!(w32 u32, "32");
wrap!(w64 u64, "64");
