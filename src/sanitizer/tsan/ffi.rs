//! What of TSan's runtime is used, as `sanitizer/tsan_interface.h` of LLVM's
//! compiler-rt documents it.

use std::ffi::{c_char, c_int, c_uint, c_void};

unsafe extern "C" {
    // Where the linker has put the first and behind the last `static` that can change.
    pub(super) static __data_start: u8;
    pub(super) static _end: u8;

    pub(super) fn __tsan_acquire(address: *mut c_void);
    pub(super) fn __tsan_release(address: *mut c_void);
    // What the compiler puts before accesses of one byte.
    pub(super) fn __tsan_read1(address: *mut c_void);
    pub(super) fn __tsan_write1(address: *mut c_void);
    pub(super) fn __tsan_get_current_fiber() -> *mut c_void;
    pub(super) fn __tsan_create_fiber(flags: c_uint) -> *mut c_void;
    pub(super) fn __tsan_destroy_fiber(fiber: *mut c_void);
    pub(super) fn __tsan_switch_to_fiber(fiber: *mut c_void, flags: c_uint);
    pub(super) fn __tsan_set_fiber_name(fiber: *mut c_void, name: *const c_char);
    // “Annotate a mutex”: between the calls of a pair, accesses and synchronization are
    // ignored; the first call of `unlock` and the second of `lock` do the work.
    pub(super) fn __tsan_mutex_pre_lock(address: *mut c_void, flags: c_uint);
    pub(super) fn __tsan_mutex_post_lock(address: *mut c_void, flags: c_uint, recursion: c_int);
    pub(super) fn __tsan_mutex_pre_unlock(address: *mut c_void, flags: c_uint) -> c_int;
    pub(super) fn __tsan_mutex_post_unlock(address: *mut c_void, flags: c_uint);
    // “Annotate the signal of a condition variable”: up to the second call, the
    // accesses and the synchronization of the calling thread are ignored.
    // `__tsan_ignore_thread_begin` does half of that and takes a stack trace.
    pub(super) fn __tsan_mutex_pre_signal(address: *mut c_void, flags: c_uint);
    pub(super) fn __tsan_mutex_post_signal(address: *mut c_void, flags: c_uint);
}
