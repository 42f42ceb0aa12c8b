//! The beginning of the process.

#![allow(unsafe_code)]

use std::cell::Cell;
use std::ffi::{c_char, c_int, c_void};

use crate::abi::{exit, fault, memory, watchdog};
use crate::real::{self, Main};
use crate::session::{self, Arguments, Interface};

/// The program's `main`.
struct Kept(Cell<Option<Main>>);

// SAFETY: Written before `main` is called, when there is one OS thread.
unsafe impl Sync for Kept {}

static MAIN: Kept = Kept(Cell::new(None));

/// Called by the start-up code of the executable. Puts itself before `main`.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn __libc_start_main(
    main: Main,
    argc: c_int,
    argv: *mut *mut c_char,
    init: *mut c_void,
    fini: *mut c_void,
    rtld_fini: *mut c_void,
    stack_end: *mut c_void,
) -> c_int {
    MAIN.0.set(Some(main));
    // SAFETY: As the caller promises.
    unsafe { real::__libc_start_main(begin, argc, argv, init, fini, rtld_fini, stack_end) }
}

unsafe extern "C" fn begin(argc: c_int, argv: *mut *mut c_char, envp: *mut *mut c_char) -> c_int {
    let Some(main) = MAIN.0.get() else {
        return 127;
    };
    match session::asked() {
        // SAFETY: As the C library would call it.
        None => unsafe { main(argc, argv, envp) },
        Some(file) => session::run(
            &file,
            Arguments {
                main,
                argc,
                argv,
                envp,
            },
            INTERFACE,
        ),
    }
}

const INTERFACE: Interface = Interface {
    begin: memory::begin_session,
    take_heap: memory::take_heap,
    install: || {
        memory::heap_is_taken();
        fault::install();
        watchdog::install();
    },
    end: exit::end,
};
