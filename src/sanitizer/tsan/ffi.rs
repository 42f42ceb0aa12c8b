//! Declares the functions of TSan's runtime that are used, as `sanitizer/tsan_interface.h` of
//! LLVM's compiler-rt documents them, and those of `report.c`.

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};

unsafe extern "C" {
    // Where the linker has put the first and behind the last `static` that can change.
    static __data_start: u8;
    static _end: u8;

    // TSan looks these addresses up and neither reads nor writes there.
    pub(super) safe fn __tsan_acquire(address: *mut c_void);
    pub(super) safe fn __tsan_release(address: *mut c_void);
    // What the compiler puts before accesses of one byte.
    pub(super) safe fn __tsan_read1(address: *mut c_void);
    pub(super) safe fn __tsan_write1(address: *mut c_void);
    pub(super) safe fn __tsan_get_current_fiber() -> *mut c_void;
    pub(super) safe fn __tsan_create_fiber(flags: c_uint) -> *mut c_void;
    pub(super) fn __tsan_destroy_fiber(fiber: *mut c_void);
    pub(super) fn __tsan_switch_to_fiber(fiber: *mut c_void, flags: c_uint);
    pub(super) fn __tsan_set_fiber_name(fiber: *mut c_void, name: *const c_char);
    // “Annotate a mutex”: between the calls of a pair, accesses and synchronization are
    // ignored; the first call of `unlock` and the second of `lock` do the work. The
    // address is only looked up.
    pub(super) safe fn __tsan_mutex_pre_lock(address: *mut c_void, flags: c_uint);
    pub(super) safe fn __tsan_mutex_post_lock(
        address: *mut c_void,
        flags: c_uint,
        recursion: c_int,
    );
    pub(super) safe fn __tsan_mutex_pre_unlock(address: *mut c_void, flags: c_uint) -> c_int;
    pub(super) safe fn __tsan_mutex_post_unlock(address: *mut c_void, flags: c_uint);
    // “Annotate the signal of a condition variable”: up to the second call, the
    // accesses and the synchronization of the calling thread are ignored.
    // `__tsan_ignore_thread_begin` does half of that and takes a stack trace. The
    // address is not looked at.
    pub(super) safe fn __tsan_mutex_pre_signal(address: *mut c_void, flags: c_uint);
    pub(super) safe fn __tsan_mutex_post_signal(address: *mut c_void, flags: c_uint);

    safe fn jostle_tsan_report() -> *mut Report;
}

/// How many frames, accesses and mutexes `report.c` has room for.
const FRAMES: usize = 64;
const ACCESSES: usize = 2;
const MUTEXES: usize = 32;

/// `struct access` of `report.c`.
#[repr(C)]
pub(super) struct Access {
    pub(super) fiber: i64,
    pub(super) address: *mut c_void,
    pub(super) write: i32,
    pub(super) atomic: i32,
    pub(super) size: i32,
    reserved: i32,
    pub(super) stack: [*mut c_void; FRAMES],
}

/// `struct report` of `report.c`.
#[repr(C)]
pub(super) struct Report {
    caught: i32,
    count: i32,
    kind: *const c_char,
    accesses: [Access; ACCESSES],
    /// Nulls follow.
    pub(super) mutexes: [*mut c_void; MUTEXES],
}

impl Report {
    /// The report on this OS thread that was made since the last call, if there was one.
    #[inline]
    pub(super) fn take<R>(f: impl FnOnce(&Report) -> R) -> Option<R> {
        if !Report::is_there() {
            return None;
        }
        // SAFETY: As in `forget`; `f` comes back before the next access is reported.
        let result = f(unsafe { &*jostle_tsan_report() });
        Report::forget();
        Some(result)
    }

    /// Whether [`take`](Report::take) has something to give.
    #[inline]
    pub(super) fn is_there() -> bool {
        // SAFETY: As in `forget`.
        unsafe { (*jostle_tsan_report()).caught != 0 }
    }

    /// Drops what was reported.
    pub(super) fn forget() {
        // SAFETY: A thread-local of this OS thread, which is written only while one
        // of the thread's accesses is being reported and `caught` is 0. That is not the
        // case here: the runtime's own are not.
        unsafe { (*jostle_tsan_report()).caught = 0 };
    }

    pub(super) fn accesses(&self) -> &[Access] {
        &self.accesses[..self.count as usize]
    }

    /// TSan's words for the kind of report.
    pub(super) fn kind(&self) -> String {
        if self.kind.is_null() {
            return "data-race".to_owned();
        }
        // SAFETY: TSan's words for kinds of reports are constants.
        let kind = unsafe { CStr::from_ptr(self.kind) };
        kind.to_string_lossy().into_owned()
    }
}

/// Whether an address is that of a `static` that can change.
pub(super) fn is_static(address: *mut c_void) -> bool {
    let statics = (&raw const __data_start).addr()..(&raw const _end).addr();
    statics.contains(&address.addr())
}

/// Has TSan forget what it knows of the page that an address lies in. It does when the
/// page is unmapped, before it asks the system to do that, which refuses if the address
/// is not that of a page.
pub(super) fn forget_page(address: *mut c_void) {
    // SAFETY: `sysconf` takes a number and returns one.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as usize;
    let within = address.map_addr(|address| address & !(size - 1) | 1);
    // SAFETY: An address that is not a multiple of the page size is an error and has no
    // effect (POSIX, `munmap`).
    let status = unsafe { libc::munmap(within, size) };
    debug_assert_eq!(status, -1);
}

/// Addresses without memory: `size` bytes of them.
pub(super) fn reserve(size: usize) -> usize {
    // SAFETY: A new private mapping that nothing can read or write.
    let range = unsafe {
        libc::mmap(
            std::ptr::null_mut(),
            size,
            libc::PROT_NONE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
            -1,
            0,
        )
    };
    assert!(
        range != libc::MAP_FAILED,
        "no addresses for ThreadSanitizer: {}",
        std::io::Error::last_os_error()
    );
    range as usize
}
