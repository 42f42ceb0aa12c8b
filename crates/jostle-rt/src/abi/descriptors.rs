//! The life of descriptors: opened, duplicated, closed.
//!
//! What an execution does to them is noted, so that it can be taken back.

#![allow(unsafe_code)]

use std::ffi::{c_char, c_int, c_void};

use jostle_core::op::OpKind;

use crate::abi::blocking::{OBJECT, What, release_shared};
use crate::abi::call::system_calls;
use crate::abi::files;
use crate::abi::locks_of_files;
use crate::abi::sockets::opened;
use crate::engine::point::point;
use crate::engine::with;
use crate::hot;
use crate::outside::descriptors::FIRST_OWN;
use crate::real;
use crate::sys;

system_calls! {
    open(path, flags, mode), "rcx" => open_path;
    open64(path, flags, mode), "rcx" => open_path;
    __open_2(path, flags), "rdx" => open_existing;
    __open64_2(path, flags), "rdx" => open_existing;
    openat(folder, path, flags, mode), "r8" => open_in;
    openat64(folder, path, flags, mode), "r8" => open_in;
    __openat_2(folder, path, flags), "rcx" => open_existing_in;
    __openat64_2(folder, path, flags), "rcx" => open_existing_in;
    creat(path, mode), "rdx" => create;
    creat64(path, mode), "rdx" => create;
    close(fd), "rsi" => close_one;
    close_range(first, last, flags), "rcx" => close_many;
    dup(fd), "rsi" => duplicate;
    dup2(fd, to), "rdx" => duplicate_to;
    dup3(fd, to, flags), "rcx" => duplicate_with;
    pipe(pair), "rsi" => make_pipe;
    pipe2(pair, flags), "rdx" => make_pipe_with;
    fcntl(fd, command, value), "rcx" => control;
    fcntl64(fd, command, value), "rcx" => control;
    ioctl(fd, request, value), "rcx" => device_control;
    memfd_create(name, flags), "rdx" => make_memory;
    timerfd_create(clock, flags), "rdx" => make_timer;
    signalfd(fd, set, flags), "rcx" => make_signal;
    inotify_init(), "rdi" => make_watch;
    inotify_init1(flags), "rsi" => make_watch_with;
    pidfd_open(pid, flags), "rdx" => make_process;
}

const HERE: usize = libc::AT_FDCWD as usize;

unsafe fn open_path(path: usize, flags: usize, mode: usize, pc: usize) -> isize {
    // SAFETY: As the caller promises.
    unsafe { open_in(HERE, path, flags, mode, pc) }
}

unsafe fn open_existing(path: usize, flags: usize, pc: usize) -> isize {
    // SAFETY: As the caller promises.
    unsafe { open_in(HERE, path, flags, 0, pc) }
}

unsafe fn open_existing_in(folder: usize, path: usize, flags: usize, pc: usize) -> isize {
    // SAFETY: As the caller promises.
    unsafe { open_in(folder, path, flags, 0, pc) }
}

unsafe fn create(path: usize, mode: usize, pc: usize) -> isize {
    let flags = libc::O_CREAT | libc::O_WRONLY | libc::O_TRUNC;
    // SAFETY: As the caller promises.
    unsafe { open_in(HERE, path, flags as usize, mode, pc) }
}

/// `openat(2)`. The result is the kernel's.
///
/// # Safety
///
/// As of the system call.
pub(crate) unsafe fn open_in(
    folder: usize,
    path: usize,
    flags: usize,
    mode: usize,
    _: usize,
) -> isize {
    // SAFETY: As the caller promises.
    let call = || unsafe { sys::call(libc::SYS_openat, [folder, path, flags, mode]) };
    if !hot::is_running() {
        return call();
    }
    let writes = flags as i32 & libc::O_ACCMODE != libc::O_RDONLY;
    let unnamed = flags as i32 & libc::O_TMPFILE == libc::O_TMPFILE;
    let result = match writes && !unnamed || flags as i32 & libc::O_CREAT != 0 {
        // SAFETY: As the caller promises.
        true => unsafe { files::opening(folder, path, flags as i32, call) },
        false => call(),
    };
    opened(result)
}

/// `close(2)`. The result is the kernel's.
///
/// # Safety
///
/// As of the system call.
pub(crate) unsafe fn close_one(fd: usize, pc: usize) -> isize {
    // SAFETY: As the caller promises.
    let call = || unsafe { sys::call(libc::SYS_close, [fd]) };
    if !hot::is_virtual() {
        return call();
    }
    let fd = fd as i32;
    if fd >= 0 && !with(|e| e.outside.descriptors.is_programs(fd)) {
        return -(libc::EBADF as isize);
    }
    if !hot::is_running() {
        with(|e| e.outside.closing(fd));
        return call();
    }
    if What::of(fd as usize) != What::Plain {
        point(OpKind::Close, OBJECT, pc);
        release_shared();
    }
    with(|e| e.outside.closing(fd));
    let result = call();
    // The other end sees it, and a lock of the file is gone.
    with(|e| e.check_descriptors());
    locks_of_files::released();
    result
}

pub(super) unsafe fn close_many(first: usize, last: usize, flags: usize, pc: usize) -> isize {
    if !hot::is_virtual() {
        // SAFETY: As the caller promises.
        return unsafe { sys::call(libc::SYS_close_range, [first, last, flags]) };
    }
    let (first, last) = (first as u32 as usize, last as u32 as usize);
    if first > last {
        return -(libc::EINVAL as isize);
    }
    // Those of the runtime are none for the program.
    for fd in first..=last.min(FIRST_OWN as usize - 1) {
        if flags as u32 & libc::CLOSE_RANGE_CLOEXEC != 0 {
            let arguments = [fd, libc::F_SETFD as usize, libc::FD_CLOEXEC as usize];
            // SAFETY: A flag of the program's descriptor.
            unsafe { sys::call(libc::SYS_fcntl, arguments) };
        } else if sys::stat(fd as i32).is_some() {
            // SAFETY: As the caller promises.
            unsafe { close_one(fd, pc) };
        }
    }
    0
}

/// `closefrom(3)`.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn closefrom(first: c_int) {
    // SAFETY: As the caller promises.
    unsafe { close_many(first.max(0) as usize, u32::MAX as usize, 0, 0) };
}

unsafe fn duplicate(fd: usize, _: usize) -> isize {
    // SAFETY: A new descriptor.
    duplicated(fd, unsafe { sys::call(libc::SYS_dup, [fd]) })
}

fn duplicated(fd: usize, result: isize) -> isize {
    if result >= 0 && hot::is_running() {
        with(|e| e.outside.descriptors.duplicated(fd as i32, result as i32));
    }
    result
}

unsafe fn duplicate_to(fd: usize, to: usize, pc: usize) -> isize {
    if fd as i32 == to as i32 {
        // SAFETY: It changes nothing.
        let result = unsafe { sys::call(libc::SYS_fcntl, [fd, libc::F_GETFD as usize]) };
        return result.min(0) + if result < 0 { 0 } else { to as i32 as isize };
    }
    // SAFETY: As the caller promises.
    unsafe { duplicate_with(fd, to, 0, pc) }
}

pub(super) unsafe fn duplicate_with(fd: usize, to: usize, flags: usize, pc: usize) -> isize {
    // SAFETY: As the caller promises.
    let call = || unsafe { sys::call(libc::SYS_dup3, [fd, to, flags]) };
    if !hot::is_virtual() {
        return call();
    }
    if !with(|e| e.outside.descriptors.is_programs(to as i32)) {
        return -(libc::EBADF as isize);
    }
    if hot::is_running() && What::of(to) != What::Plain {
        point(OpKind::Close, OBJECT, pc);
        release_shared();
    }
    let is_open = sys::stat(fd as i32).is_some();
    if is_open && fd != to {
        with(|e| e.outside.closing(to as i32));
    }
    let result = duplicated(fd, call());
    if hot::is_running() {
        with(|e| e.check_descriptors());
    }
    result
}

unsafe fn make_pipe(pair: usize, pc: usize) -> isize {
    // SAFETY: As the caller promises.
    unsafe { make_pipe_with(pair, 0, pc) }
}

pub(super) unsafe fn make_pipe_with(pair: usize, flags: usize, _: usize) -> isize {
    // SAFETY: As the caller promises.
    let result = unsafe { sys::call(libc::SYS_pipe2, [pair, flags]) };
    if result == 0 && hot::is_running() {
        // SAFETY: The kernel has written them.
        for fd in unsafe { *(pair as *const [i32; 2]) } {
            opened(fd as isize);
        }
    }
    result
}

/// `fcntl(2)`. The result is the kernel's.
///
/// # Safety
///
/// As of the system call.
pub(crate) unsafe fn control(fd: usize, command: usize, value: usize, pc: usize) -> isize {
    // SAFETY: As the caller promises.
    let call = || unsafe { sys::call(libc::SYS_fcntl, [fd, command, value]) };
    if !hot::is_running() {
        return call();
    }
    match command as i32 {
        libc::F_DUPFD | libc::F_DUPFD_CLOEXEC => duplicated(fd, call()),
        libc::F_SETFL => {
            with(|e| e.outside.descriptors.flags_changed(fd as i32));
            call()
        }
        // SAFETY: As the caller promises.
        libc::F_SETLKW | libc::F_OFD_SETLKW | libc::F_SETLK | libc::F_OFD_SETLK => unsafe {
            locks_of_files::control(fd, command as i32, value, pc)
        },
        _ => call(),
    }
}

unsafe fn device_control(fd: usize, request: usize, value: usize, _: usize) -> isize {
    if hot::is_running() && request as u32 == libc::FIONBIO as u32 {
        with(|e| e.outside.descriptors.flags_changed(fd as i32));
    }
    // SAFETY: As the caller promises.
    unsafe { sys::call(libc::SYS_ioctl, [fd, request, value]) }
}

pub(super) unsafe fn make_memory(name: usize, flags: usize, _: usize) -> isize {
    // SAFETY: As the caller promises.
    opened(unsafe { sys::call(libc::SYS_memfd_create, [name, flags]) })
}

/// `timerfd_create(2)`: a timer of the system's goes by real time, which has nothing to do
/// with the program's. Users of it have another way.
pub(super) unsafe fn make_timer(clock: usize, flags: usize, _: usize) -> isize {
    if hot::is_virtual() {
        return -(libc::ENOSYS as isize);
    }
    // SAFETY: A new descriptor.
    unsafe { sys::call(libc::SYS_timerfd_create, [clock, flags]) }
}

unsafe fn make_signal(fd: usize, set: usize, flags: usize, _: usize) -> isize {
    if hot::is_virtual() {
        uncontrolled("signalfd: signals that the program sends itself do not show there");
    }
    // SAFETY: As the caller promises.
    opened(unsafe { sys::call(libc::SYS_signalfd4, [fd, set, 8, flags]) })
}

unsafe fn make_watch(pc: usize) -> isize {
    // SAFETY: As the caller promises.
    unsafe { make_watch_with(0, pc) }
}

unsafe fn make_watch_with(flags: usize, _: usize) -> isize {
    if hot::is_virtual() {
        uncontrolled("inotify: when the system tells of a change is not under control");
    }
    // SAFETY: A new descriptor.
    opened(unsafe { sys::call(libc::SYS_inotify_init1, [flags]) })
}

pub(super) unsafe fn make_process(pid: usize, flags: usize, _: usize) -> isize {
    // SAFETY: A new descriptor.
    opened(unsafe { sys::call(libc::SYS_pidfd_open, [pid, flags]) })
}

/// Notes something that is not under control.
pub(crate) fn uncontrolled(what: &str) {
    with(|e| e.inside(|_| crate::cautions::add(what)));
}

/// Notes the descriptor of a stream.
fn stream(stream: *mut c_void) -> *mut c_void {
    if hot::is_running() && !stream.is_null() {
        // SAFETY: libc has made it.
        opened(unsafe { libc::fileno(stream.cast()) } as isize);
    }
    stream
}

/// Whether a mode of `fopen` creates a file.
unsafe fn creates(mode: *const c_char) -> i32 {
    // SAFETY: As the caller promises.
    match unsafe { mode.read() } as u8 {
        b'w' => libc::O_CREAT | libc::O_TRUNC,
        b'a' => libc::O_CREAT,
        // SAFETY: A C string that is not empty has a second byte.
        b'r' if unsafe { libc::strchr(mode, b'+'.into()) }.is_null() => 0,
        _ => libc::O_RDWR,
    }
}

/// `fopen(3)`.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn fopen(path: *const c_char, mode: *const c_char) -> *mut c_void {
    // SAFETY: As the caller promises.
    let call = || unsafe { real::fopen(path, mode) };
    if !hot::is_running() {
        return call();
    }
    // SAFETY: As the caller promises.
    unsafe {
        match creates(mode) {
            0 => stream(call()),
            flags => {
                let call = || match call() {
                    made if made.is_null() => -1,
                    made => made.expose_provenance() as isize,
                };
                let made = files::opening(HERE, path.addr(), flags, call);
                stream(match made {
                    -1 => std::ptr::null_mut(),
                    made => std::ptr::with_exposed_provenance_mut(made as usize),
                })
            }
        }
    }
}

/// `fopen64(3)`.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn fopen64(path: *const c_char, mode: *const c_char) -> *mut c_void {
    // SAFETY: As the caller promises.
    unsafe { fopen(path, mode) }
}

/// `fclose(3)`.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn fclose(stream: *mut c_void) -> c_int {
    if hot::is_running() {
        // SAFETY: As the caller promises.
        let fd = unsafe { libc::fileno(stream.cast()) };
        with(|e| e.outside.closing(fd));
    }
    // SAFETY: As the caller promises.
    let result = unsafe { real::fclose(stream) };
    if hot::is_running() {
        with(|e| e.check_descriptors());
    }
    result
}

/// `opendir(3)`.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn opendir(path: *const c_char) -> *mut c_void {
    // SAFETY: As the caller promises.
    let folder = unsafe { real::opendir(path) };
    if hot::is_running() && !folder.is_null() {
        // SAFETY: libc has made it.
        opened(unsafe { libc::dirfd(folder.cast()) } as isize);
    }
    folder
}

/// `closedir(3)`.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn closedir(folder: *mut c_void) -> c_int {
    if hot::is_running() {
        // SAFETY: As the caller promises.
        let fd = unsafe { libc::dirfd(folder.cast()) };
        with(|e| e.outside.closing(fd));
    }
    // SAFETY: As the caller promises.
    unsafe { real::closedir(folder) }
}
