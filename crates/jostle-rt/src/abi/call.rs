//! Symbols that are system calls.

#![allow(unsafe_code)]

/// Defines symbols of libc that are system calls with a body of ours. The body gets the
/// arguments as the registers hold them and, last, the return address; it gives the kernel's
/// result, of which the symbol makes libc's: -1, and the error in `errno`.
///
/// `$register` is the one in which the calling convention passes the argument after the last
/// one. Arguments of type `int` have no defined upper half in a register: a body that looks
/// at one casts it first. A function that libc declares with variable arguments receives them
/// in the same registers.
macro_rules! system_calls {
    ($($name:ident($($arg:ident),*), $register:literal => $body:path;)*) => {
        $(
            mod $name {
                #[allow(unused_imports)]
                use super::*;

                pub(super) unsafe extern "C" fn body($($arg: usize,)* pc: usize) -> isize {
                    // SAFETY: As the program promises libc.
                    crate::sys::libc_result(unsafe { $body($($arg,)* pc) })
                }
            }
            crate::abi::with_return_address! { $name => $name::body, $register; }
        )*
    };
}

/// As [`system_calls`], for six arguments.
macro_rules! system_calls_of_six {
    ($($name:ident => $body:path;)*) => {
        $(
            mod $name {
                #[allow(unused_imports)]
                use super::*;

                pub(super) unsafe extern "C" fn body(
                    a: usize,
                    b: usize,
                    c: usize,
                    d: usize,
                    e: usize,
                    f: usize,
                    pc: usize,
                ) -> isize {
                    // SAFETY: As the program promises libc.
                    crate::sys::libc_result(unsafe { $body(a, b, c, d, e, f, pc) })
                }
            }
            crate::abi::with_return_address_on_stack! { $name => $name::body; }
        )*
    };
}

pub(crate) use {system_calls, system_calls_of_six};
