//! Processes: starting them, waiting for them, and what the program may change of its own.

#![allow(unsafe_code)]

use std::ffi::{c_char, c_int, c_void};

use jostle_core::op::OpKind;

use crate::abi::call::system_calls;
use crate::abi::descriptors::uncontrolled;
use crate::abi::sockets::opened;
use crate::engine::point::point;
use crate::engine::wait::wait_for_descriptors;
use crate::engine::with;
use crate::hot::{self, Phase};
use crate::outside::signals::SIGNALS;
use crate::real;
use crate::sys;

/// What is said of programs that start others.
const STARTS: &str = "the program starts a process: what that does, and when, is not under \
     control, and an execution is not replayed bit by bit";

/// `fork(2)`: the child leaves the runtime and goes on as an ordinary process.
///
/// glibc's own would walk lists of threads on which logical ones are not.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn fork() -> libc::pid_t {
    if hot::phase() == Phase::Off {
        // SAFETY: As libc's.
        return unsafe { real::fork() };
    }
    // SAFETY: As libc's, for a child that is single-threaded, as this process is.
    let pid = unsafe { real::_Fork() };
    match pid {
        0 => {
            leave_runtime();
        }
        pid if pid > 0 => started(pid),
        _ => {}
    }
    pid
}

/// `vfork(2)`: with a child that has memory of its own.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn vfork() -> libc::pid_t {
    fork()
}

/// In the child: signals go to the system again, and nothing is under control.
fn leave_runtime() {
    let blocked = with(|e| {
        for signal in 1..SIGNALS as c_int {
            if let Some(action) = e.outside.signals.action(signal) {
                // SAFETY: What the program has asked for.
                unsafe { real::sigaction(signal, &raw const action, std::ptr::null_mut()) };
            }
        }
        e.outside.signals.blocked(hot::slot())
    });
    crate::abi::fault::uninstall();
    let arguments = [
        libc::SIG_SETMASK as usize,
        (&raw const blocked).addr(),
        0,
        8,
    ];
    // SAFETY: A mask of the kernel's size.
    unsafe { sys::call(libc::SYS_rt_sigprocmask, arguments) };
    hot::set_phase(Phase::Off);
}

fn started(pid: c_int) {
    if hot::is_virtual() {
        with(|e| e.outside.children.started(pid));
        uncontrolled(STARTS);
    }
}

/// `posix_spawn(3)`.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn posix_spawn(
    pid: *mut libc::pid_t,
    path: *const c_char,
    actions: *const c_void,
    attributes: *const c_void,
    arguments: *const *mut c_char,
    environment: *const *mut c_char,
) -> c_int {
    let mut started_pid = 0;
    // SAFETY: As the caller promises.
    let error = unsafe {
        real::posix_spawn(
            &raw mut started_pid,
            path,
            actions,
            attributes,
            arguments,
            environment,
        )
    };
    // SAFETY: As the caller promises.
    unsafe { tell(pid, started_pid, error) }
}

/// `posix_spawnp(3)`.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn posix_spawnp(
    pid: *mut libc::pid_t,
    file: *const c_char,
    actions: *const c_void,
    attributes: *const c_void,
    arguments: *const *mut c_char,
    environment: *const *mut c_char,
) -> c_int {
    let mut started_pid = 0;
    // SAFETY: As the caller promises.
    let error = unsafe {
        real::posix_spawnp(
            &raw mut started_pid,
            file,
            actions,
            attributes,
            arguments,
            environment,
        )
    };
    // SAFETY: As the caller promises.
    unsafe { tell(pid, started_pid, error) }
}

/// # Safety
///
/// There is room for the number, or null.
unsafe fn tell(out: *mut libc::pid_t, pid: c_int, error: c_int) -> c_int {
    if error == 0 {
        if !out.is_null() {
            // SAFETY: As the caller promises.
            unsafe { out.write(pid) };
        }
        started(pid);
    }
    error
}

system_calls! {
    wait(status), "rsi" => wait_for_any;
    waitpid(pid, status, options), "rcx" => wait_for_one;
    wait3(status, options, usage), "rcx" => wait_with_usage;
    wait4(pid, status, options, usage), "r8" => wait_for;
    waitid(kind, id, info, options), "r8" => wait_for_id;
    umask(mask), "rsi" => mask_modes;
    setrlimit(resource, limit), "rdx" => set_limit;
    setrlimit64(resource, limit), "rdx" => set_limit;
    prlimit(pid, resource, limit, old), "r8" => limit_of;
    prlimit64(pid, resource, limit, old), "r8" => limit_of;
    setpriority(which, who, value), "rcx" => prioritize;
}

unsafe fn wait_for_any(status: usize, pc: usize) -> isize {
    // SAFETY: As the caller promises.
    unsafe { wait_for(usize::MAX, status, 0, 0, pc) }
}

unsafe fn wait_for_one(pid: usize, status: usize, options: usize, pc: usize) -> isize {
    // SAFETY: As the caller promises.
    unsafe { wait_for(pid, status, options, 0, pc) }
}

unsafe fn wait_with_usage(status: usize, options: usize, usage: usize, pc: usize) -> isize {
    // SAFETY: As the caller promises.
    unsafe { wait_for(usize::MAX, status, options, usage, pc) }
}

/// `wait4(2)`. The result is the kernel's.
///
/// # Safety
///
/// As of the system call.
pub(crate) unsafe fn wait_for(
    pid: usize,
    status: usize,
    options: usize,
    usage: usize,
    pc: usize,
) -> isize {
    let ask = |also: i32| {
        let options = options as u32 as usize | also as usize;
        // SAFETY: As the caller promises.
        unsafe { sys::call(libc::SYS_wait4, [pid, status, options, usage]) }
    };
    if !hot::is_running() || options as i32 & libc::WNOHANG != 0 {
        return reaped(ask(0));
    }
    point(OpKind::Wait, 0, pc);
    loop {
        let result = ask(libc::WNOHANG);
        if result != 0 {
            return reaped(result);
        }
        wait_for_children(pid as i32);
    }
}

fn reaped(result: isize) -> isize {
    if result > 0 && hot::is_virtual() {
        with(|e| e.outside.children.reaped(result as i32));
    }
    result
}

pub(super) unsafe fn wait_for_id(
    kind: usize,
    id: usize,
    info: usize,
    options: usize,
    pc: usize,
) -> isize {
    let mut own = std::mem::MaybeUninit::<libc::siginfo_t>::uninit();
    let info = match info {
        0 => own.as_mut_ptr().addr(),
        given => given,
    };
    let ask = |also: i32| {
        let options = options as u32 as usize | also as usize;
        // SAFETY: As the caller promises.
        unsafe { sys::call(libc::SYS_waitid, [kind, id, info, options, 0]) }
    };
    if !hot::is_running() {
        return ask(0);
    }
    point(OpKind::Wait, 0, pc);
    loop {
        // SAFETY: The caller gives room for it; all zeros is a value of it.
        unsafe { (info as *mut libc::siginfo_t).write(std::mem::zeroed()) };
        let result = ask(libc::WNOHANG);
        // SAFETY: As above.
        let told = unsafe { &*(info as *const libc::siginfo_t) };
        if told.si_signo != 0 && options as i32 & libc::WNOWAIT == 0 {
            // SAFETY: It tells of a child.
            reaped(unsafe { told.si_pid() } as isize);
        }
        if result != 0 || told.si_signo != 0 || options as i32 & libc::WNOHANG != 0 {
            return result;
        }
        match kind as u32 {
            libc::P_PID => wait_for_children(id as i32),
            _ => wait_for_children(-1),
        }
    }
}

/// Waits until the child with this number, or one of all children, has ended.
fn wait_for_children(pid: c_int) {
    /// So many are waited for at once.
    const MOST: usize = 32;
    let mut entries = [libc::pollfd {
        fd: -1,
        events: libc::POLLIN,
        revents: 0,
    }; MOST];
    let mut used = 0;
    let mut add = |pid: c_int| {
        // SAFETY: A new descriptor.
        let fd = opened(unsafe { sys::call(libc::SYS_pidfd_open, [pid as usize, 0]) });
        if let Some(entry) = entries.get_mut(used)
            && fd >= 0
        {
            entry.fd = fd as i32;
            used += 1;
        }
    };
    if pid > 0 {
        add(pid);
    } else {
        let mut at = 0;
        while let Some(pid) = with(|e| e.outside.children.pids().get(at).copied()) {
            add(pid);
            at += 1;
        }
    }
    if used == 0 {
        // One that nobody knows of: others go first, and the question is asked again.
        crate::engine::point::spin_point(0, 0);
        return;
    }
    // SAFETY: They lie on this stack until the wait is over.
    unsafe { wait_for_descriptors(entries.as_mut_ptr(), used, None) };
    for entry in &entries[..used] {
        with(|e| e.outside.descriptors.closed(entry.fd));
        // SAFETY: Opened above.
        unsafe { sys::call(libc::SYS_close, [entry.fd as usize]) };
    }
}

unsafe fn mask_modes(mask: usize, _: usize) -> isize {
    // SAFETY: It has no conditions.
    let old = unsafe { sys::call(libc::SYS_umask, [mask]) };
    if hot::is_running() {
        with(|e| e.outside.state.masked(old as usize));
    }
    old
}

unsafe fn set_limit(resource: usize, new: usize, pc: usize) -> isize {
    // SAFETY: As the caller promises.
    unsafe { limit_of(0, resource, new, 0, pc) }
}

unsafe fn limit_of(pid: usize, resource: usize, new: usize, old: usize, _: usize) -> isize {
    // SAFETY: As the caller promises.
    let call = |new: usize, old: usize| unsafe {
        sys::call(libc::SYS_prlimit64, [pid, resource, new, old])
    };
    if new == 0 || !hot::is_running() {
        return call(new, old);
    }
    let mut before = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    let error = call(0, (&raw mut before).addr());
    if error != 0 {
        return error;
    }
    let result = call(new, old);
    if result == 0 {
        with(|e| e.outside.state.limited(resource, before));
    }
    result
}

unsafe fn prioritize(which: usize, who: usize, value: usize, _: usize) -> isize {
    if hot::is_running() {
        with(|e| e.outside.state.prioritizing(which, who));
    }
    // SAFETY: It has no conditions.
    unsafe { sys::call(libc::SYS_setpriority, [which, who, value]) }
}

/// Calls that would change the process for good, or take it out of control.
macro_rules! refused {
    ($($name:ident, $error:ident;)*) => {
        $(
            #[doc = concat!("`", stringify!($name), "`: refused to a program under control.")]
            #[unsafe(no_mangle)]
            pub(crate) unsafe extern "C" fn $name(
                a: usize,
                b: usize,
                c: usize,
                d: usize,
                e: usize,
                f: usize,
            ) -> c_int {
                if hot::is_virtual() {
                    uncontrolled(concat!(
                        "`",
                        stringify!($name),
                        "` was refused: it would change the process for good"
                    ));
                    sys::set_errno(libc::$error);
                    return -1;
                }
                // SAFETY: As the program promises libc.
                unsafe { real::$name(a, b, c, d, e, f) }
            }
        )*
    };
}

refused! {
    unshare, EPERM;
    setns, EPERM;
    chroot, EPERM;
    daemon, EPERM;
    setuid, EPERM;
    seteuid, EPERM;
    setreuid, EPERM;
    setresuid, EPERM;
    setgid, EPERM;
    setegid, EPERM;
    setregid, EPERM;
    setresgid, EPERM;
    setgroups, EPERM;
    setsid, EPERM;
    ptrace, EPERM;
}

/// `clone(2)`: refused to a program under control; `pthread_create` makes threads.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn clone(
    entry: usize,
    stack: usize,
    flags: usize,
    argument: usize,
    parent: usize,
    storage: usize,
    child: usize,
) -> c_int {
    if hot::is_virtual() {
        uncontrolled("`clone` was refused: threads made by it would not be under control");
        sys::set_errno(libc::ENOSYS);
        return -1;
    }
    // SAFETY: As the caller promises.
    unsafe { real::clone(entry, stack, flags, argument, parent, storage, child) }
}

/// `gettid(2)`.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn gettid() -> libc::pid_t {
    if hot::is_virtual() {
        return with(|e| e.tls.thread_number());
    }
    // SAFETY: It has no conditions.
    unsafe { sys::call(libc::SYS_gettid, []) as libc::pid_t }
}
