//! Thread-local storage of logical threads: blocks that glibc lays out.
//!
//! A logical thread is for the program what a thread of the operating system is: it has a
//! thread control block with its variables, and `pthread_self` is its address. glibc makes
//! such blocks with `_dl_allocate_tls`, which it exports for its own thread library. What
//! is filled in after that is what `pthread_create` would, in the fields that code reads:
//! the pointers to itself, the guards, the number of the thread.

#![allow(unsafe_code)]

use std::ffi::{c_char, c_int, c_void};
use std::mem;
use std::ptr;

use crate::carrier::context;
use crate::sys;

/// Offsets in the thread control block that the compiler's own conventions fix (the x86-64
/// psABI and GCC's stack protector).
const SELF: usize = 0x10;
const STACK_GUARD: usize = 0x28;
const POINTER_GUARD: usize = 0x30;

/// Where the number of the thread is looked for: in the private part of the block.
const PRIVATE: std::ops::Range<usize> = 0x100..0x900;

/// Numbers of logical threads begin here: above those that Linux gives.
const FIRST_THREAD: c_int = 10_000_000;

type Allocate = unsafe extern "C" fn(*mut c_void) -> *mut u8;
type Deallocate = unsafe extern "C" fn(*mut u8, bool);
type InitCtype = unsafe extern "C" fn();

/// What glibc does for threads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tls {
    allocate: Allocate,
    deallocate: Deallocate,
    init_ctype: Option<InitCtype>,
    /// Where the block holds the number of the thread.
    number: usize,
    /// Bytes of a block below its base, and from there on.
    below: usize,
    above: usize,
}

impl Tls {
    /// Looks glibc's functions up.
    ///
    /// # Errors
    ///
    /// If this libc does not have them, in words.
    pub(crate) fn new() -> Result<Tls, &'static str> {
        const NOT_GLIBC: &str = "this libc does not lend its thread-local storage \
             (_dl_allocate_tls); glibc for x86-64 is needed";
        let (allocate, deallocate) = (
            lookup(c"_dl_allocate_tls".as_ptr()),
            lookup(c"_dl_deallocate_tls".as_ptr()),
        );
        if allocate.is_null() || deallocate.is_null() {
            return Err(NOT_GLIBC);
        }
        let init_ctype = lookup(c"__ctype_init".as_ptr());
        let block = ptr::with_exposed_provenance::<u8>(context::tls());
        // SAFETY: It has no conditions.
        let me = unsafe { sys::call(libc::SYS_gettid, []) } as c_int;
        let number = PRIVATE.step_by(size_of::<c_int>()).find(|&at| {
            // SAFETY: The control block of the running thread is that large at least.
            unsafe { block.add(at).cast::<c_int>().read() == me }
        });
        let Some(number) = number else {
            return Err(
                "this glibc keeps the number of a thread where it is not known to; \
                 please report its version",
            );
        };
        let (below, above) = sizes().ok_or(NOT_GLIBC)?;
        // SAFETY: These symbols of glibc have these types.
        unsafe {
            Ok(Tls {
                below,
                above,
                allocate: mem::transmute::<*mut c_void, Allocate>(allocate),
                deallocate: mem::transmute::<*mut c_void, Deallocate>(deallocate),
                init_ctype: (!init_ctype.is_null())
                    .then(|| mem::transmute::<*mut c_void, InitCtype>(init_ctype)),
                number,
            })
        }
    }

    /// A block for logical thread `number`, made by the running thread. Returns its base,
    /// 0 if there is no memory.
    pub(crate) fn allocate(&self, number: u16) -> usize {
        // SAFETY: With a null pointer glibc makes a new block with new variables.
        let block = unsafe { (self.allocate)(ptr::null_mut()) };
        if block.is_null() {
            return 0;
        }
        let mine = ptr::with_exposed_provenance::<u8>(context::tls());
        // SAFETY: Both are control blocks, and these are fields of theirs.
        unsafe {
            let word = |at: usize| block.add(at).cast::<u64>();
            let of_mine = |at: usize| mine.add(at).cast::<u64>().read();
            word(0).write(block.expose_provenance() as u64);
            word(SELF).write(block.addr() as u64);
            word(STACK_GUARD).write(of_mine(STACK_GUARD));
            word(POINTER_GUARD).write(of_mine(POINTER_GUARD));
            block
                .add(self.number)
                .cast::<c_int>()
                .write(FIRST_THREAD + c_int::from(number));
        }
        block.addr()
    }

    /// Gives a block back.
    ///
    /// # Safety
    ///
    /// [`allocate`](Tls::allocate) made it, and no thread has it any more.
    pub(crate) unsafe fn deallocate(&self, block: usize) {
        // SAFETY: As the caller promises.
        unsafe { (self.deallocate)(ptr::with_exposed_provenance_mut(block), true) };
    }

    /// What a new thread does first: the tables of `isalpha` and the like are found by way
    /// of variables of each thread.
    pub(crate) fn start(&self) {
        if let Some(init) = self.init_ctype {
            // SAFETY: It sets variables of the running thread.
            unsafe { init() };
        }
    }

    /// The memory of a block: the variables below the control block, and that.
    pub(crate) fn extent(&self, block: usize) -> std::ops::Range<usize> {
        block - self.below..block + self.above
    }

    /// The slot of the logical thread with this number.
    pub(crate) fn slot_of_number(&self, number: c_int) -> Option<u16> {
        u16::try_from(number.checked_sub(FIRST_THREAD)?).ok()
    }

    /// The number that `gettid` gives in the running thread.
    pub(crate) fn thread_number(&self) -> c_int {
        let block = ptr::with_exposed_provenance::<u8>(context::tls());
        // SAFETY: A field of the control block.
        unsafe { block.add(self.number).cast::<c_int>().read() }
    }
}

/// How many bytes of a block lie below its base, and how many from there on: glibc says the
/// size of the whole, and, for debuggers, that of its control block.
fn sizes() -> Option<(usize, usize)> {
    type Info = unsafe extern "C" fn(*mut usize, *mut usize);
    let info = lookup(c"_dl_get_tls_static_info".as_ptr());
    let control = lookup(c"_thread_db_sizeof_pthread".as_ptr());
    if info.is_null() || control.is_null() {
        return None;
    }
    let (mut size, mut align) = (0, 0);
    // SAFETY: These symbols of glibc have these types.
    let control = unsafe {
        mem::transmute::<*mut c_void, Info>(info)(&raw mut size, &raw mut align);
        *control.cast::<u32>() as usize
    };
    Some((size.checked_sub(control)?, control))
}

/// The address of a symbol in whatever defines it first.
fn lookup(name: *const c_char) -> *mut c_void {
    // SAFETY: The name is a C string.
    unsafe { libc::dlsym(libc::RTLD_DEFAULT, name) }
}
