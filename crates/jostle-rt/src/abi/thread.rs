//! Threads of POSIX, except for waiting at locks.

#![allow(unsafe_code)]

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;

use crate::abi::with_return_address;
use crate::engine::point::point;
use crate::engine::thread::{self, Destructor, Name};
use crate::engine::with;
use crate::hot;
use crate::real::{self, Entry};
use crate::sys;

with_return_address! {
    pthread_create => create, "r8";
    pthread_join => join, "rdx";
    sched_yield => yield_now, "rdi";
}

/// # Safety
///
/// As of `pthread_create`.
pub(super) unsafe extern "C" fn create(
    out: *mut libc::pthread_t,
    attr: *const libc::pthread_attr_t,
    entry: Entry,
    arg: *mut c_void,
    pc: usize,
) -> c_int {
    if !hot::is_virtual() {
        // SAFETY: As the caller promises.
        return unsafe { real::pthread_create(out, attr, entry, arg) };
    }
    let (mut stack, mut detached) = (0, 0);
    if !attr.is_null() {
        // SAFETY: The caller gives valid attributes.
        unsafe {
            libc::pthread_attr_getstacksize(attr, &raw mut stack);
            pthread_attr_getdetachstate(attr, &raw mut detached);
        }
    }
    // Before the thread runs, which may look at it.
    let made = thread::create(stack, entry, arg, pc, |thread| {
        // SAFETY: The caller gives room for it.
        unsafe { out.write(thread as libc::pthread_t) };
    });
    match made {
        Ok(thread) => {
            if detached == libc::PTHREAD_CREATE_DETACHED {
                thread::detach(thread as libc::pthread_t);
            }
            0
        }
        Err(error) => error,
    }
}

unsafe extern "C" {
    fn pthread_attr_getdetachstate(attr: *const libc::pthread_attr_t, state: *mut c_int) -> c_int;
}

/// # Safety
///
/// As of `pthread_join`.
pub(super) unsafe extern "C" fn join(
    thread: libc::pthread_t,
    result: *mut *mut c_void,
    pc: usize,
) -> c_int {
    if !hot::is_running() {
        // SAFETY: As the caller promises.
        return unsafe { real::pthread_join(thread, result) };
    }
    match thread::join(thread, pc) {
        Ok(value) => {
            if !result.is_null() {
                // SAFETY: The caller gives room for it.
                unsafe { result.write(value) };
            }
            0
        }
        Err(error) => error,
    }
}

/// `pthread_detach(3)`.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn pthread_detach(thread: libc::pthread_t) -> c_int {
    if !hot::is_running() {
        // SAFETY: As the caller promises.
        return unsafe { real::pthread_detach(thread) };
    }
    thread::detach(thread)
}

pub(super) extern "C" fn yield_now(pc: usize) -> c_int {
    if hot::is_running() {
        point(jostle_core::op::OpKind::Yield, 0, pc);
        return 0;
    }
    // SAFETY: It has no conditions.
    unsafe { sys::call(libc::SYS_sched_yield, []) as c_int }
}

/// `pthread_getattr_np(3)`: the stack of a logical thread is one of ours.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn pthread_getattr_np(
    thread: libc::pthread_t,
    attr: *mut libc::pthread_attr_t,
) -> c_int {
    if hot::is_virtual()
        && let Some((low, size)) = thread::stack_of(thread)
    {
        // SAFETY: The caller gives room for attributes.
        return unsafe {
            libc::pthread_attr_init(attr);
            pthread_attr_setstack(attr, ptr::with_exposed_provenance_mut(low), size)
        };
    }
    // SAFETY: As the caller promises.
    unsafe { real::pthread_getattr_np(thread, attr) }
}

unsafe extern "C" {
    fn pthread_attr_setstack(
        attr: *mut libc::pthread_attr_t,
        low: *mut c_void,
        size: usize,
    ) -> c_int;
}

/// `pthread_attr_getguardsize(3)`: attributes that name a stack have a guard of 0 for libc,
/// which std takes for a fault. Ours have a page.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn pthread_attr_getguardsize(
    _: *const libc::pthread_attr_t,
    size: *mut usize,
) -> c_int {
    // SAFETY: The caller gives room for it.
    unsafe { size.write(4096) };
    0
}

/// `pthread_setname_np(3)`: the name of a task.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn pthread_setname_np(
    thread: libc::pthread_t,
    name: *const c_char,
) -> c_int {
    if !hot::is_virtual() {
        // SAFETY: As the caller promises.
        return unsafe { real::pthread_setname_np(thread, name) };
    }
    // SAFETY: The caller gives a C string.
    let name = unsafe { CStr::from_ptr(name) };
    if name.count_bytes() >= size_of::<Name>() {
        return libc::ERANGE;
    }
    if hot::is_running() {
        with(|e| e.inside(|e| e.set_name(thread, &name.to_string_lossy())));
    }
    0
}

/// `pthread_getname_np(3)`.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn pthread_getname_np(
    thread: libc::pthread_t,
    out: *mut c_char,
    size: usize,
) -> c_int {
    if !hot::is_virtual() {
        // SAFETY: As the caller promises.
        return unsafe { real::pthread_getname_np(thread, out, size) };
    }
    if size < size_of::<Name>() {
        return libc::ERANGE;
    }
    let Some(mut name) = thread::name_of(thread) else {
        return libc::ESRCH;
    };
    if name[0] == 0 {
        // SAFETY: There is room for a name.
        unsafe {
            sys::call(
                libc::SYS_prctl,
                [libc::PR_GET_NAME as usize, (&raw mut name).addr()],
            )
        };
    }
    // SAFETY: The caller gives room for it.
    unsafe { out.cast::<Name>().write_unaligned(name) };
    0
}

/// `pthread_key_create(3)`.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn pthread_key_create(
    key: *mut libc::pthread_key_t,
    destructor: Option<Destructor>,
) -> c_int {
    // SAFETY: As the caller promises.
    let error = unsafe { real::pthread_key_create(key, destructor) };
    if error == 0 && hot::is_virtual() {
        // SAFETY: It has been written.
        let key = unsafe { *key };
        with(|e| e.threads.add_key(key, destructor));
    }
    error
}

/// `pthread_key_delete(3)`.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn pthread_key_delete(key: libc::pthread_key_t) -> c_int {
    if hot::is_virtual() {
        with(|e| e.threads.remove_key(key));
    }
    // SAFETY: As the caller promises.
    unsafe { real::pthread_key_delete(key) }
}

/// `__cxa_thread_atexit_impl`: destructors of thread-local variables, which the runtime
/// calls under control.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn __cxa_thread_atexit_impl(
    destructor: Destructor,
    object: *mut c_void,
    dso: *mut c_void,
) -> c_int {
    if hot::is_virtual() {
        with(|e| e.threads.add_destructor(destructor, object));
        return 0;
    }
    // SAFETY: As the caller promises.
    unsafe { real::__cxa_thread_atexit_impl(destructor, object, dso) }
}
