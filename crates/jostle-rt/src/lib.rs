//! The runtime that `cargo jostle` links into programs as they are.
//!
//! Unless a session asks for more, a program with it is what it would be without it.
//!
//! - `abi`: the symbols that it defines for the program. `real`: those that it takes the
//!   place of. `raw`, `sys`: system calls.
//! - `session`: executes a command of Jostle on the program. `engine`: executes the program
//!   under the kernel. `hot`: who runs.
//! - `locks`: the locks of POSIX in the program's memory.
//! - `carrier`: stacks, thread-local storage, the state that executions start from.
//!   `outside`: descriptors, files, signals. `cautions`: what was not under control.
//! - `detector`: data races. `heap`: the program's memory. `own_memory`: this library's.
//! - `symbols`: places in the source. `tokio`: how its runtimes are made.

#![deny(unsafe_code)]
// What only the symbols use, which are not there in tests.
#![cfg_attr(test, allow(dead_code))]

// The symbols would be those of the test program, which is not instrumented.
#[cfg(not(test))]
mod abi;
mod carrier;
mod cautions;
mod detector;
mod engine;
mod heap;
mod hot;
mod locks;
mod outside;
mod own_memory;
mod raw;
mod real;
mod region;
mod session;
mod symbols;
mod sys;
mod tokio;

#[cfg(not(test))]
#[global_allocator]
static MEMORY: own_memory::OwnMemory = own_memory::OwnMemory::new();
