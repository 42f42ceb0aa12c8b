//! What the program can learn of the machine: the same on each.

#![allow(unsafe_code)]

use std::ffi::{c_int, c_long, c_void};

use crate::abi::time;
use crate::hot;
use crate::real;
use crate::sys;

/// Processors that the program sees: more than one, so that it makes threads, and as few as
/// that, so that it makes few.
const PROCESSORS: usize = 2;

/// `sysconf(3)`.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn sysconf(name: c_int) -> c_long {
    match name {
        libc::_SC_NPROCESSORS_ONLN | libc::_SC_NPROCESSORS_CONF if hot::is_virtual() => {
            PROCESSORS as c_long
        }
        // SAFETY: As the caller promises.
        _ => unsafe { real::sysconf(name) },
    }
}

/// `get_nprocs(3)`.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn get_nprocs() -> c_int {
    match hot::is_virtual() {
        true => PROCESSORS as c_int,
        // SAFETY: It has no conditions.
        false => unsafe { real::get_nprocs() },
    }
}

/// `get_nprocs_conf(3)`.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn get_nprocs_conf() -> c_int {
    match hot::is_virtual() {
        true => PROCESSORS as c_int,
        // SAFETY: It has no conditions.
        false => unsafe { real::get_nprocs_conf() },
    }
}

/// `sched_getaffinity(2)`.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn sched_getaffinity(
    pid: libc::pid_t,
    size: usize,
    set: *mut libc::cpu_set_t,
) -> c_int {
    if !hot::is_virtual() {
        // SAFETY: As the caller promises.
        return unsafe { real::sched_getaffinity(pid, size, set) };
    }
    if size < size_of::<u64>() {
        sys::set_errno(libc::EINVAL);
        return -1;
    }
    // SAFETY: The caller gives that many bytes.
    unsafe {
        set.cast::<u8>().write_bytes(0, size);
        set.cast::<u64>().write_unaligned((1 << PROCESSORS) - 1);
    }
    0
}

/// `sched_setaffinity(2)`: one OS thread executes everything.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn sched_setaffinity(
    pid: libc::pid_t,
    size: usize,
    set: *const libc::cpu_set_t,
) -> c_int {
    match hot::is_virtual() {
        true => 0,
        // SAFETY: As the caller promises.
        false => unsafe { real::sched_setaffinity(pid, size, set) },
    }
}

/// `sched_getcpu(3)`.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn sched_getcpu() -> c_int {
    match hot::is_virtual() {
        true => 0,
        // SAFETY: It has no conditions.
        false => unsafe { real::sched_getcpu() },
    }
}

/// `clock(3)`: microseconds of virtual time.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn clock() -> libc::clock_t {
    match hot::is_virtual() {
        true => (time::now().0 / 1000) as libc::clock_t,
        // SAFETY: It has no conditions.
        false => unsafe { real::clock() },
    }
}

/// `times(2)`: nothing but virtual time has passed.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn times(out: *mut libc::tms) -> libc::clock_t {
    if !hot::is_virtual() {
        // SAFETY: As the caller promises.
        return unsafe { real::times(out) };
    }
    if !out.is_null() {
        // SAFETY: The caller gives room for it; all zeros is a value of it.
        unsafe { out.write(std::mem::zeroed()) };
    }
    // In hundredths of a second.
    (time::now().0 / 10_000_000) as libc::clock_t
}

/// `getrusage(2)`: nothing was used.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn getrusage(who: c_int, out: *mut libc::rusage) -> c_int {
    if !hot::is_virtual() {
        let arguments = [who as usize, out.addr()];
        // SAFETY: As the caller promises.
        let result = unsafe { sys::call(libc::SYS_getrusage, arguments) };
        return sys::libc_result(result) as c_int;
    }
    // SAFETY: The caller gives room for it; all zeros is a value of it.
    unsafe { out.write(std::mem::zeroed()) };
    0
}

/// `dl_iterate_phdr(3)`: no objects, for a program under control.
///
/// Who asks is a library that symbolizes backtraces, in each execution, for a quarter of a
/// second. The unwinder finds its tables by `_dl_find_object` where libc has that; where it
/// has not, everybody gets the answer.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn dl_iterate_phdr(
    callback: real::PhdrCallback,
    data: *mut c_void,
) -> c_int {
    if hot::is_running() && unwinder_has_another_way() {
        return 0;
    }
    // SAFETY: As the caller promises.
    unsafe { real::dl_iterate_phdr(callback, data) }
}

fn unwinder_has_another_way() -> bool {
    use std::sync::atomic::{AtomicU8, Ordering};
    static KNOWN: AtomicU8 = AtomicU8::new(0);
    if KNOWN.load(Ordering::Relaxed) == 0 {
        // SAFETY: The name is a C string.
        let found = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"_dl_find_object".as_ptr()) };
        KNOWN.store(1 + u8::from(!found.is_null()), Ordering::Relaxed);
    }
    KNOWN.load(Ordering::Relaxed) == 2
}
