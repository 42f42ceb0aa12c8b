//! The symbols that this library defines for the whole process.
//!
//! It is the first library that the executable names, so that these come before libc's.
//! Each function is what libc's is, for a program under control; outside of a session, and
//! where the runtime itself calls it, it passes on to libc or to the system.
//!
//! - `tsan_plain`, `tsan_atomic`: what the instrumented code calls.
//! - `start`, `exit`: the beginning and the end of the process.
//! - `thread`, `thread_end`: `pthread_create` and what belongs to it. `futex`: waiting at an
//!   address. `locks`: mutexes and the like. `c11`: the same under the names of C11.
//! - `time`: clocks and sleeps. `random`: chance. `memory`: `malloc`; `c_heap`:
//!   that of allocators written in C; `mapping`: `mmap` and the like.
//! - `blocking`: descriptors that are not ready. `transfer`: `read`, `write` and the like.
//!   `sockets`, `poll`, `descriptors`: the rest of their life. `output`: what is printed.
//!   `locks_of_files`: `flock`.
//! - `files`: changes of the file system. `process`: children, limits.
//! - `signal`: signals. `fault`: those that mean the end. `watchdog`: code that never comes
//!   here. `machine`: processors and the like.
//! - `tokio`: which runtime a program gets. `call`: symbols that are system calls. `numbers`:
//!   those made by number.

#![allow(unsafe_code)]

mod blocking;
mod c11;
mod c_heap;
mod call;
mod descriptors;
mod exit;
mod fault;
mod files;
mod futex;
mod locks;
mod locks_of_files;
mod machine;
mod mapping;
pub(crate) mod memory;
mod numbers;
mod output;
mod poll;
mod process;
mod random;
mod signal;
mod sockets;
mod start;
mod thread;
mod thread_end;
pub(crate) mod time;
pub(crate) mod tokio;
mod transfer;
mod tsan_atomic;
mod tsan_plain;
mod watchdog;

/// Defines a symbol that goes on in a function of this library with one argument more: the
/// return address, which is where the program's code goes on. `$register` is the one in
/// which the calling convention passes that argument.
macro_rules! with_return_address {
    ($($name:ident => $body:path, $register:literal;)*) => {
        $(
            #[doc = concat!("`", stringify!($name), "`, with the return address.")]
            #[unsafe(no_mangle)]
            #[unsafe(naked)]
            pub(crate) unsafe extern "C" fn $name() {
                core::arch::naked_asm!(
                    concat!("mov ", $register, ", [rsp]"),
                    "jmp {body}",
                    body = sym $body,
                )
            }
        )*
    };
}

/// As [`with_return_address`], where all six registers are taken: the return address is the
/// first argument on the stack.
macro_rules! with_return_address_on_stack {
    ($($name:ident => $body:path;)*) => {
        $(
            #[doc = concat!("`", stringify!($name), "`, with the return address.")]
            #[unsafe(no_mangle)]
            #[unsafe(naked)]
            pub(crate) unsafe extern "C" fn $name() {
                core::arch::naked_asm!(
                    "push qword ptr [rsp]",
                    "call {body}",
                    "add rsp, 8",
                    "ret",
                    body = sym $body,
                )
            }
        )*
    };
}

pub(crate) use {with_return_address, with_return_address_on_stack};
