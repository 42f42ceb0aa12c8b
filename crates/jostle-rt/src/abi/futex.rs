//! Waiting at an address, which is how std, parking_lot and others block.

#![allow(unsafe_code)]

use std::sync::atomic::{AtomicU32, Ordering};

use jostle_core::kernel::Woken;
use jostle_core::op::OpKind;
use jostle_core::vtime::VInstant;

use crate::abi::{numbers, random, time};
use crate::engine::point::point;
use crate::engine::{wait, with};
use crate::hot;
use crate::sys;

/// `syscall(2)`: seven arguments in all, so that they are collected in memory first.
#[unsafe(no_mangle)]
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn syscall() {
    core::arch::naked_asm!(
        "mov rax, [rsp + 8]",
        "push qword ptr [rsp]",
        "push rax",
        "push r9",
        "push r8",
        "push rcx",
        "push rdx",
        "push rsi",
        "push rdi",
        "mov rdi, rsp",
        "sub rsp, 8",
        "call {body}",
        "add rsp, 72",
        "ret",
        body = sym body,
    )
}

/// The arguments of `syscall`: the number, six values, and where the program goes on.
type Arguments = [usize; 8];

unsafe extern "C" fn body(arguments: *const Arguments) -> isize {
    // SAFETY: The caller has them on its stack.
    let [number, a, b, c, d, e, f, pc] = unsafe { *arguments };
    let result = match number as libc::c_long {
        // SAFETY: As the program promises the system.
        libc::SYS_futex if hot::is_running() => unsafe { futex(a, b as i32, c, d, f as u32, pc) },
        libc::SYS_getrandom if hot::is_virtual() => {
            // SAFETY: As the program promises the system.
            unsafe { random::fill(a as *mut u8, b) };
            b as isize
        }
        libc::SYS_gettid if hot::is_virtual() => with(|e| e.tls.thread_number()) as isize,
        // io_uring completes behind the scheduler's back; callers have another way.
        425..=427 if hot::is_virtual() => -(libc::ENOSYS as isize),
        // SAFETY: As the program promises the system.
        other => unsafe {
            let arguments = [a, b, c, d, e, f];
            numbers::call(number, arguments, pc).unwrap_or_else(|| sys::call(other, arguments))
        },
    };
    sys::libc_result(result)
}

/// `futex(2)`. The result is the system's.
///
/// # Safety
///
/// `address` is that of a readable word, and `timeout` is null or a `timespec`.
unsafe fn futex(
    address: usize,
    operation: i32,
    value: usize,
    timeout: usize,
    bits: u32,
    pc: usize,
) -> isize {
    let command = operation & !(libc::FUTEX_PRIVATE_FLAG | libc::FUTEX_CLOCK_REALTIME);
    match command {
        libc::FUTEX_WAIT | libc::FUTEX_WAIT_BITSET => {
            let timeout = timeout as *const libc::timespec;
            // SAFETY: As the caller promises.
            let timeout = unsafe { timeout.as_ref() };
            let deadline = timeout.map(|t| match command {
                libc::FUTEX_WAIT => time::after(t),
                _ if operation & libc::FUTEX_CLOCK_REALTIME != 0 => {
                    time::at(libc::CLOCK_REALTIME, t)
                }
                _ => time::at(libc::CLOCK_MONOTONIC, t),
            });
            let bits = match command {
                libc::FUTEX_WAIT => wait::ANY,
                _ => bits,
            };
            // SAFETY: As the caller promises.
            unsafe { futex_wait(address, value as u32, bits, deadline, pc) }
        }
        libc::FUTEX_WAKE => futex_wake(address, value, wait::ANY, pc),
        libc::FUTEX_WAKE_BITSET => futex_wake(address, value, bits, pc),
        _ => {
            crate::cautions::add(&format!(
                "a futex operation that is not known was refused (number {command})"
            ));
            -(libc::ENOSYS as isize)
        }
    }
}

/// # Safety
///
/// `address` is that of a readable word.
unsafe fn futex_wait(
    address: usize,
    value: u32,
    bits: u32,
    deadline: Option<VInstant>,
    pc: usize,
) -> isize {
    point(OpKind::Wait, address, pc);
    // SAFETY: As the caller promises.
    let word = unsafe { AtomicU32::from_ptr(address as *mut u32) };
    if word.load(Ordering::Relaxed) != value {
        return -(libc::EAGAIN as isize);
    }
    if deadline.is_some_and(|deadline| deadline <= time::now()) {
        return -(libc::ETIMEDOUT as isize);
    }
    match wait::wait(address, bits, deadline) {
        Woken::Completed => 0,
        Woken::TimedOut => -(libc::ETIMEDOUT as isize),
    }
}

fn futex_wake(address: usize, count: usize, bits: u32, pc: usize) -> isize {
    // Waking nobody is nothing that another thread could see.
    if with(|e| e.waiters.is_awaited(address)) {
        let kind = match count {
            1 => OpKind::NotifyOne,
            _ => OpKind::NotifyAll,
        };
        point(kind, address, pc);
    }
    wait::wake(address, count, bits) as isize
}
