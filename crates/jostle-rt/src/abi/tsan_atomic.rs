//! Atomic operations of instrumented code: each is a scheduling point before it is done.
//!
//! Under control one OS thread executes everything, so that plain accesses do; elsewhere
//! they are atomic, sequentially consistent, which is at least what was asked for.

#![allow(unsafe_code)]

use std::ffi::c_int;
use std::sync::atomic::{self, AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering};

use jostle_core::op::OpKind;

use crate::abi::{with_return_address, with_return_address_on_stack};
use crate::detector::Order;
use crate::engine::point::{point, spin};
use crate::engine::spin::Spin;
use crate::engine::{wait, watch, with};
use crate::hot;

/// A scheduling point, unless nobody else can see what lies at the address.
#[inline(always)]
fn before(kind: OpKind, address: usize, size: usize, pc: usize) {
    if !with(|e| e.detector.is_private(hot::slot(), address, size)) {
        point(kind, address, pc);
    }
}

/// Sees to what the detector has to say.
#[inline(always)]
fn after() {
    if with(|e| e.detector.has_news()) {
        watch::noticed();
    }
}

/// An atomic operation has read this and written nothing.
#[inline(always)]
fn has_read(address: usize, value: u64, pc: usize) {
    let read = with(|e| e.threads.reads(hot::slot()).read(address, value));
    if read != Spin::No {
        spin(read, address, pc);
    }
}

/// An atomic operation writes at `address`.
#[inline(always)]
fn has_written(address: usize) {
    let spinners = with(|e| {
        e.threads.reads(hot::slot()).wrote();
        e.standstill.effect();
        e.waiters.has_spinners()
    });
    if spinners {
        wait::wrote(address);
    }
}

macro_rules! read_modify_write {
    ($int:ident $atomic:ident $($body:ident $symbol:ident $method:ident |$old:ident, $new:ident| $value:expr;)*) => {
        $(
            unsafe extern "C" fn $body(at: *mut $int, $new: $int, order: c_int, pc: usize) -> $int {
                const SIZE: usize = size_of::<$int>();
                if !hot::is_watched() {
                    // SAFETY: The program accesses it atomically.
                    let atomic = unsafe { $atomic::from_ptr(at) };
                    return read_modify_write!(@real atomic $method $new);
                }
                before(OpKind::Rmw, at.addr(), SIZE, pc);
                with(|e| e.detector.rmw(hot::slot(), at.addr(), SIZE, Order::from_tsan(order), pc));
                after();
                has_written(at.addr());
                // SAFETY: The program accesses it; nothing else runs.
                unsafe {
                    let $old = at.read_volatile();
                    at.write_volatile($value);
                    $old
                }
            }
            with_return_address! { $symbol => $body, "rcx"; }
        )*
    };
    (@real $atomic:ident exchange $new:ident) => { $atomic.swap($new, Ordering::SeqCst) };
    (@real $atomic:ident $method:ident $new:ident) => { $atomic.$method($new, Ordering::SeqCst) };
}

macro_rules! atomics {
    ($module:ident $int:ident $atomic:ident
        $load:ident $store:ident $exchange:ident $add:ident $sub:ident $and:ident $or:ident
        $xor:ident $nand:ident $strong:ident $weak:ident $val:ident) => {
        mod $module {
            use super::*;

            const SIZE: usize = size_of::<$int>();

            with_return_address! {
                $load => load, "rdx";
                $store => store, "rcx";
                $strong => compare_exchange, "r9";
                $weak => compare_exchange, "r9";
                $val => compare_exchange_value, "r9";
            }

            unsafe extern "C" fn load(at: *const $int, order: c_int, pc: usize) -> $int {
                if !hot::is_watched() {
                    // SAFETY: The program accesses it atomically.
                    return unsafe { $atomic::from_ptr(at.cast_mut()) }.load(Ordering::SeqCst);
                }
                // SAFETY: The program accesses it; nothing else runs.
                let seen = unsafe { at.read_volatile() };
                if !with(|e| e.threads.reads(hot::slot()).is_idle(at.addr(), seen.into())) {
                    before(OpKind::Load, at.addr(), SIZE, pc);
                }
                with(|e| {
                    e.detector
                        .load(hot::slot(), at.addr(), SIZE, Order::from_tsan(order), pc);
                });
                after();
                // SAFETY: The program accesses it; nothing else runs.
                let value = unsafe { at.read_volatile() };
                has_read(at.addr(), value.into(), pc);
                value
            }

            unsafe extern "C" fn store(at: *mut $int, value: $int, order: c_int, pc: usize) {
                if !hot::is_watched() {
                    // SAFETY: The program accesses it atomically.
                    unsafe { $atomic::from_ptr(at) }.store(value, Ordering::SeqCst);
                    return;
                }
                before(OpKind::Store, at.addr(), SIZE, pc);
                with(|e| {
                    e.detector
                        .store(hot::slot(), at.addr(), SIZE, Order::from_tsan(order), pc);
                });
                after();
                has_written(at.addr());
                // SAFETY: The program accesses it; nothing else runs.
                unsafe { at.write_volatile(value) };
            }

            /// Returns whether it has exchanged; `expected` is what was there.
            unsafe extern "C" fn compare_exchange(
                at: *mut $int,
                expected: *mut $int,
                new: $int,
                order: c_int,
                failure: c_int,
                pc: usize,
            ) -> c_int {
                // SAFETY: As the caller promises.
                unsafe {
                    let wanted = *expected;
                    let old = compare_exchange_value(at, wanted, new, order, failure, pc);
                    *expected = old;
                    c_int::from(old == wanted)
                }
            }

            /// Returns what was there.
            unsafe extern "C" fn compare_exchange_value(
                at: *mut $int,
                expected: $int,
                new: $int,
                order: c_int,
                failure: c_int,
                pc: usize,
            ) -> $int {
                if !hot::is_watched() {
                    // SAFETY: The program accesses it atomically.
                    let atomic = unsafe { $atomic::from_ptr(at) };
                    let done =
                        atomic.compare_exchange(expected, new, Ordering::SeqCst, Ordering::SeqCst);
                    return done.unwrap_or_else(|old| old);
                }
                before(OpKind::Rmw, at.addr(), SIZE, pc);
                // SAFETY: The program accesses it; nothing else runs.
                let old = unsafe { at.read_volatile() };
                let exchanges = old == expected;
                with(|e| {
                    let (slot, at) = (hot::slot(), at.addr());
                    if exchanges {
                        e.detector.rmw(slot, at, SIZE, Order::from_tsan(order), pc);
                    } else {
                        e.detector
                            .load(slot, at, SIZE, Order::from_tsan(failure), pc);
                        e.kernel().note_futile();
                    }
                });
                after();
                if exchanges {
                    has_written(at.addr());
                    // SAFETY: As above.
                    unsafe { at.write_volatile(new) };
                } else {
                    has_read(at.addr(), old.into(), pc);
                }
                old
            }

            read_modify_write! {
                $int $atomic
                exchange $exchange exchange |old, new| new;
                fetch_add $add fetch_add |old, new| old.wrapping_add(new);
                fetch_sub $sub fetch_sub |old, new| old.wrapping_sub(new);
                fetch_and $and fetch_and |old, new| old & new;
                fetch_or $or fetch_or |old, new| old | new;
                fetch_xor $xor fetch_xor |old, new| old ^ new;
                fetch_nand $nand fetch_nand |old, new| !(old & new);
            }
        }
    };
}

atomics! {
    of8 u8 AtomicU8
    __tsan_atomic8_load __tsan_atomic8_store __tsan_atomic8_exchange __tsan_atomic8_fetch_add
    __tsan_atomic8_fetch_sub __tsan_atomic8_fetch_and __tsan_atomic8_fetch_or
    __tsan_atomic8_fetch_xor __tsan_atomic8_fetch_nand __tsan_atomic8_compare_exchange_strong
    __tsan_atomic8_compare_exchange_weak __tsan_atomic8_compare_exchange_val
}

atomics! {
    of16 u16 AtomicU16
    __tsan_atomic16_load __tsan_atomic16_store __tsan_atomic16_exchange
    __tsan_atomic16_fetch_add __tsan_atomic16_fetch_sub __tsan_atomic16_fetch_and
    __tsan_atomic16_fetch_or __tsan_atomic16_fetch_xor __tsan_atomic16_fetch_nand
    __tsan_atomic16_compare_exchange_strong __tsan_atomic16_compare_exchange_weak
    __tsan_atomic16_compare_exchange_val
}

atomics! {
    of32 u32 AtomicU32
    __tsan_atomic32_load __tsan_atomic32_store __tsan_atomic32_exchange
    __tsan_atomic32_fetch_add __tsan_atomic32_fetch_sub __tsan_atomic32_fetch_and
    __tsan_atomic32_fetch_or __tsan_atomic32_fetch_xor __tsan_atomic32_fetch_nand
    __tsan_atomic32_compare_exchange_strong __tsan_atomic32_compare_exchange_weak
    __tsan_atomic32_compare_exchange_val
}

atomics! {
    of64 u64 AtomicU64
    __tsan_atomic64_load __tsan_atomic64_store __tsan_atomic64_exchange
    __tsan_atomic64_fetch_add __tsan_atomic64_fetch_sub __tsan_atomic64_fetch_and
    __tsan_atomic64_fetch_or __tsan_atomic64_fetch_xor __tsan_atomic64_fetch_nand
    __tsan_atomic64_compare_exchange_strong __tsan_atomic64_compare_exchange_weak
    __tsan_atomic64_compare_exchange_val
}

/// Operations on 16 bytes, which no stable type of the standard library has: everything is
/// a compare-exchange where it has to be atomic.
mod of128 {
    use super::*;

    const SIZE: usize = 16;

    with_return_address! {
        __tsan_atomic128_load => load, "rdx";
        __tsan_atomic128_store => store, "r8";
        __tsan_atomic128_exchange => exchange, "r8";
        __tsan_atomic128_fetch_add => fetch_add, "r8";
        __tsan_atomic128_fetch_sub => fetch_sub, "r8";
        __tsan_atomic128_fetch_and => fetch_and, "r8";
        __tsan_atomic128_fetch_or => fetch_or, "r8";
        __tsan_atomic128_fetch_xor => fetch_xor, "r8";
        __tsan_atomic128_fetch_nand => fetch_nand, "r8";
    }

    with_return_address_on_stack! {
        __tsan_atomic128_compare_exchange_strong => compare_exchange;
        __tsan_atomic128_compare_exchange_weak => compare_exchange;
    }

    /// What is there, exchanged for what `f` makes of it where the process has other threads.
    unsafe fn exchange_really(at: *mut u128, f: impl Fn(u128) -> u128) -> u128 {
        // SAFETY: As the caller promises: readable, and aligned to 16 bytes.
        unsafe {
            let mut old = at.read_volatile();
            loop {
                let found = swap_if(at, old, f(old));
                if found == old {
                    return old;
                }
                old = found;
            }
        }
    }

    /// Every x86-64 processor with FSGSBASE, which the runtime demands, has the instruction.
    unsafe fn swap_if(at: *mut u128, expected: u128, new: u128) -> u128 {
        let (low, high): (u64, u64);
        // SAFETY: As the caller promises: writable, and aligned to 16 bytes. The compiler
        // keeps rbx for itself, so that it is exchanged and put back.
        unsafe {
            std::arch::asm!(
                "xchg rbx, {new_low}",
                "lock cmpxchg16b [{at}]",
                "mov rbx, {new_low}",
                at = in(reg) at,
                new_low = inout(reg) new as u64 => _,
                in("rcx") (new >> 64) as u64,
                inlateout("rax") expected as u64 => low,
                inlateout("rdx") (expected >> 64) as u64 => high,
                options(nostack)
            );
        }
        u128::from(high) << 64 | u128::from(low)
    }

    unsafe extern "C" fn load(at: *const u128, order: c_int, pc: usize) -> u128 {
        if !hot::is_watched() {
            // SAFETY: As the caller promises.
            return unsafe { exchange_really(at.cast_mut(), |old| old) };
        }
        before(OpKind::Load, at.addr(), SIZE, pc);
        with(|e| {
            e.detector
                .load(hot::slot(), at.addr(), SIZE, Order::from_tsan(order), pc)
        });
        after();
        // SAFETY: As the caller promises; nothing else runs.
        let value = unsafe { at.read_volatile() };
        has_read(at.addr(), (value >> 64) as u64 ^ value as u64, pc);
        value
    }

    unsafe extern "C" fn store(at: *mut u128, value: u128, order: c_int, pc: usize) {
        if !hot::is_watched() {
            // SAFETY: As the caller promises.
            unsafe { exchange_really(at, |_| value) };
            return;
        }
        before(OpKind::Store, at.addr(), SIZE, pc);
        with(|e| {
            e.detector
                .store(hot::slot(), at.addr(), SIZE, Order::from_tsan(order), pc)
        });
        after();
        has_written(at.addr());
        // SAFETY: As the caller promises; nothing else runs.
        unsafe { at.write_volatile(value) };
    }

    macro_rules! modify {
        ($($body:ident |$old:ident, $new:ident| $value:expr;)*) => {
            $(
                unsafe extern "C" fn $body(
                    at: *mut u128,
                    $new: u128,
                    order: c_int,
                    pc: usize,
                ) -> u128 {
                    if !hot::is_watched() {
                        // SAFETY: As the caller promises.
                        return unsafe { exchange_really(at, |$old| $value) };
                    }
                    before(OpKind::Rmw, at.addr(), SIZE, pc);
                    with(|e| {
                        e.detector.rmw(hot::slot(), at.addr(), SIZE, Order::from_tsan(order), pc);
                    });
                    after();
                    has_written(at.addr());
                    // SAFETY: As the caller promises; nothing else runs.
                    unsafe {
                        let $old = at.read_volatile();
                        at.write_volatile($value);
                        $old
                    }
                }
            )*
        };
    }

    modify! {
        exchange |_old, new| new;
        fetch_add |old, new| old.wrapping_add(new);
        fetch_sub |old, new| old.wrapping_sub(new);
        fetch_and |old, new| old & new;
        fetch_or |old, new| old | new;
        fetch_xor |old, new| old ^ new;
        fetch_nand |old, new| !(old & new);
    }

    unsafe extern "C" fn compare_exchange(
        at: *mut u128,
        expected: *mut u128,
        new: u128,
        order: c_int,
        failure: c_int,
        pc: usize,
    ) -> c_int {
        // SAFETY: As the caller promises.
        unsafe {
            let wanted = *expected;
            let old = compare_exchange_value(at, wanted, new, order, failure, pc);
            *expected = old;
            c_int::from(old == wanted)
        }
    }

    unsafe fn compare_exchange_value(
        at: *mut u128,
        expected: u128,
        new: u128,
        order: c_int,
        failure: c_int,
        pc: usize,
    ) -> u128 {
        if !hot::is_watched() {
            // SAFETY: As the caller promises.
            return unsafe { swap_if(at, expected, new) };
        }
        before(OpKind::Rmw, at.addr(), SIZE, pc);
        // SAFETY: As the caller promises; nothing else runs.
        let old = unsafe { at.read_volatile() };
        with(|e| match old == expected {
            true => e
                .detector
                .rmw(hot::slot(), at.addr(), SIZE, Order::from_tsan(order), pc),
            false => e
                .detector
                .load(hot::slot(), at.addr(), SIZE, Order::from_tsan(failure), pc),
        });
        after();
        if old == expected {
            has_written(at.addr());
            // SAFETY: As above.
            unsafe { at.write_volatile(new) };
        } else {
            has_read(at.addr(), (old >> 64) as u64 ^ old as u64, pc);
        }
        old
    }
}

with_return_address! {
    __tsan_atomic_thread_fence => fence, "rsi";
}

extern "C" fn fence(order: c_int, pc: usize) {
    if !hot::is_watched() {
        atomic::fence(Ordering::SeqCst);
        return;
    }
    point(OpKind::Fence, 0, pc);
    with(|e| e.detector.fence(hot::slot(), Order::from_tsan(order)));
}

/// A fence for the compiler only.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn __tsan_atomic_signal_fence(_: c_int) {}
