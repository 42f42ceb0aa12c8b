//! The change of stacks on x86-64: the one file per architecture.
//!
//! A context that is not running is a stack pointer under which its callee-saved registers
//! and its floating-point control words lie, and the base of its thread-local storage. Only
//! what the System V calling convention has a function preserve is kept: a change of stacks
//! is a call.

#![allow(unsafe_code)]

use std::arch::{asm, global_asm};
use std::ptr;

/// A context that is not running.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context {
    /// Its stack pointer.
    pub(crate) stack: *mut u8,
    /// The base of its thread-local storage.
    pub(crate) tls: usize,
}

impl Context {
    /// None.
    pub(crate) const NONE: Context = Context {
        stack: ptr::null_mut(),
        tls: 0,
    };
}

global_asm!(
    ".globl jostle_switch",
    ".hidden jostle_switch",
    ".type jostle_switch,@function",
    "jostle_switch:",
    "push rbp",
    "push rbx",
    "push r12",
    "push r13",
    "push r14",
    "push r15",
    "sub rsp, 8",
    "stmxcsr [rsp]",
    "fnstcw [rsp + 4]",
    "mov eax, [rsp]",
    "movzx ecx, word ptr [rsp + 4]",
    "mov [rdi], rsp",
    "wrfsbase rdx",
    "mov rsp, rsi",
    // The control words are loaded if they are other ones: that takes as long as all the rest,
    // and hardly any program changes them.
    "cmp eax, [rsp]",
    "jne 2f",
    "cmp cx, [rsp + 4]",
    "je 3f",
    "2:",
    "ldmxcsr [rsp]",
    "fldcw [rsp + 4]",
    "3:",
    "add rsp, 8",
    "pop r15",
    "pop r14",
    "pop r13",
    "pop r12",
    "pop rbx",
    "pop rbp",
    "ret",
    ".size jostle_switch, . - jostle_switch",
);

unsafe extern "C" {
    /// Saves the running context's stack pointer at `save` and goes on in the other one.
    fn jostle_switch(save: *mut *mut u8, stack: *mut u8, tls: usize);
}

/// Leaves the running context, which is saved in `from`, for `to`. Returns when something
/// changes back.
///
/// # Safety
///
/// `to` was saved by this function or made by [`fresh`], its stack and its thread-local
/// storage are there, and it has not been resumed since. No reference to anything that the
/// other context changes is held.
#[inline]
pub(crate) unsafe fn switch(from: *mut Context, to: Context) {
    // SAFETY: As the caller promises; `from` is written before the stack changes.
    unsafe {
        (*from).tls = tls();
        jostle_switch(&raw mut (*from).stack, to.stack, to.tls);
    }
}

/// A context that begins with a call of `entry` on the stack that ends at `top`.
///
/// # Safety
///
/// At least 128 bytes below `top` are writable, and `tls` is the base of a thread's storage.
/// `entry` does not return.
pub(crate) unsafe fn fresh(top: *mut u8, tls: usize, entry: extern "C" fn() -> !) -> Context {
    // Aligned as at the entry of a function: 16 bytes, less the return address.
    let top = top.map_addr(|a| a & !15).cast::<u64>();
    // SAFETY: As the caller promises.
    unsafe {
        let mut at = top.sub(1);
        // No return address: `entry` does not return, and unwinding ends here.
        at.write(0);
        at = at.sub(1);
        at.write(entry as *const () as u64);
        for _ in 0..6 {
            at = at.sub(1);
            at.write(0);
        }
        at = at.sub(1);
        asm!(
            "stmxcsr [{0}]",
            "fnstcw [{0} + 4]",
            in(reg) at,
            options(nostack)
        );
        Context {
            stack: at.cast(),
            tls,
        }
    }
}

/// The base of the running thread's storage.
#[inline]
pub(crate) fn tls() -> usize {
    let base: usize;
    // SAFETY: The processor and the kernel allow it, which was checked at the start.
    unsafe { asm!("rdfsbase {}", out(reg) base, options(nostack, preserves_flags)) };
    base
}

/// Has the running code use the thread-local storage at `base`.
///
/// # Safety
///
/// It is the storage of a thread, and nothing on this stack that was computed from the old
/// base is used before it is set back.
#[inline]
pub(crate) unsafe fn set_tls(base: usize) {
    // SAFETY: As the caller promises; no `nomem`, so that no access moves across it.
    unsafe { asm!("wrfsbase {}", in(reg) base, options(nostack, preserves_flags)) };
}
