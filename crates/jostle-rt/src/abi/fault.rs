//! Signals that mean the end of an execution: faults of memory, of arithmetic, `abort`.
//!
//! The handlers run on a stack of their own, since the fault may be that the program's is
//! full. They leave the execution as `exit` does: the root context goes on, and the context
//! of the fault is never gone back to. A fault while the runtime itself runs is Jostle's:
//! then the process ends.

#![allow(unsafe_code)]

use std::cell::UnsafeCell;
use std::ffi::{c_int, c_void};
use std::{mem, ptr};

use crate::engine::end::End;
use crate::engine::with;
use crate::hot::{self, Phase};
use crate::real;
use crate::session::descriptors;
use crate::sys;

/// The signals.
pub(crate) const FATAL: [c_int; 7] = [
    libc::SIGSEGV,
    libc::SIGBUS,
    libc::SIGILL,
    libc::SIGFPE,
    libc::SIGTRAP,
    libc::SIGSYS,
    libc::SIGABRT,
];

const SIZE: usize = 64 << 10;

/// Where handlers run.
#[repr(align(16))]
struct Stack(UnsafeCell<[u8; SIZE]>);

// SAFETY: The system uses it, for one OS thread.
unsafe impl Sync for Stack {}

static STACK: Stack = Stack(UnsafeCell::new([0; SIZE]));

/// Has the system call the handlers.
pub(crate) fn install() {
    let stack = libc::stack_t {
        ss_sp: STACK.0.get().cast(),
        ss_flags: 0,
        ss_size: SIZE,
    };
    let arguments = [(&raw const stack).addr(), 0];
    // SAFETY: The stack is static, and nobody else uses it.
    unsafe { sys::call(libc::SYS_sigaltstack, arguments) };
    for signal in FATAL {
        handle(signal, fault as *const () as usize, 0);
    }
    let set = FATAL
        .iter()
        .fold(0u64, |set, signal| set | 1 << (signal - 1));
    let arguments = [libc::SIG_UNBLOCK as usize, (&raw const set).addr(), 0, 8];
    // SAFETY: A mask of the kernel's size.
    unsafe { sys::call(libc::SYS_rt_sigprocmask, arguments) };
}

/// Has the system call `handler`, on the stack for handlers.
pub(super) fn handle(signal: c_int, handler: usize, flags: c_int) {
    // SAFETY: All zeros is a value of it. The handlers of this library may be called at any
    // moment: they look at the phase first.
    unsafe {
        let mut action: libc::sigaction = mem::zeroed();
        action.sa_sigaction = handler;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER | flags;
        real::sigaction(signal, &raw const action, ptr::null_mut());
    }
}

/// In a child that leaves the runtime: faults are what they always are.
pub(crate) fn uninstall() {
    for signal in FATAL {
        // SAFETY: All zeros is the default disposition.
        unsafe {
            let action: libc::sigaction = mem::zeroed();
            real::sigaction(signal, &raw const action, ptr::null_mut());
        }
    }
}

extern "C" fn fault(signal: c_int, info: *mut libc::siginfo_t, _: *mut c_void) {
    if !hot::is_virtual() {
        if hot::phase() == Phase::Root {
            descriptors::complain("error: the runtime of Jostle has failed: a fatal signal");
        }
        sys::exit(128 + signal);
    }
    let address = match signal {
        // SAFETY: The system describes the signal.
        libc::SIGSEGV | libc::SIGBUS => unsafe { (*info).si_addr().addr() },
        _ => 0,
    };
    with(|e| {
        e.leave(match signal {
            libc::SIGABRT => End::Abort,
            _ => End::Signal { signal, address },
        })
    })
}
