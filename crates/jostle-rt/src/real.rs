//! The functions that this library takes the place of, as libc has them.
//!
//! Looked up once, at the first use: before `main`, since anything that starts up may need
//! them.

#![allow(unsafe_code)]

use std::ffi::{c_char, c_int, c_uint, c_void};
use std::mem;
use std::sync::atomic::{AtomicPtr, Ordering};

/// The next definition of a symbol after this library's.
///
/// # Panics
///
/// If there is none: then libc is none that this library was made for.
fn next(known: &AtomicPtr<c_void>, name: &'static std::ffi::CStr) -> *mut c_void {
    let found = known.load(Ordering::Relaxed);
    if !found.is_null() {
        return found;
    }
    // SAFETY: The name is a C string.
    let found = unsafe { libc::dlsym(libc::RTLD_NEXT, name.as_ptr().cast::<c_char>()) };
    assert!(!found.is_null(), "libc has no {}", name.to_string_lossy());
    known.store(found, Ordering::Relaxed);
    found
}

macro_rules! real {
    ($($name:ident($($arg:ident: $type:ty),*) $(-> $result:ty)?;)*) => {
        $(
            #[doc = concat!("libc's `", stringify!($name), "`.")]
            ///
            /// # Safety
            ///
            /// As that demands.
            #[allow(non_snake_case, reason = "libc has names that begin with a capital")]
            #[inline]
            pub(crate) unsafe fn $name($($arg: $type),*) $(-> $result)? {
                static KNOWN: AtomicPtr<c_void> = AtomicPtr::new(std::ptr::null_mut());
                const NAME: &std::ffi::CStr =
                    match std::ffi::CStr::from_bytes_with_nul(concat!(stringify!($name), "\0").as_bytes()) {
                        Ok(name) => name,
                        Err(_) => unreachable!(),
                    };
                // SAFETY: The symbol of libc has this type.
                let f = unsafe {
                    mem::transmute::<*mut c_void, unsafe extern "C" fn($($type),*) $(-> $result)?>(
                        next(&KNOWN, NAME),
                    )
                };
                // SAFETY: As the caller promises.
                unsafe { f($($arg),*) }
            }
        )*
    };
}

/// What `pthread_create` calls in the new thread.
pub(crate) type Entry = extern "C" fn(*mut c_void) -> *mut c_void;

/// The callback of `dl_iterate_phdr`.
pub(crate) type PhdrCallback =
    Option<unsafe extern "C" fn(*mut libc::dl_phdr_info, usize, *mut c_void) -> c_int>;

/// The `main` of a program.
pub(crate) type Main = unsafe extern "C" fn(c_int, *mut *mut c_char, *mut *mut c_char) -> c_int;

real! {
    __libc_start_main(
        main: Main,
        argc: c_int,
        argv: *mut *mut c_char,
        init: *mut c_void,
        fini: *mut c_void,
        rtld_fini: *mut c_void,
        stack_end: *mut c_void
    ) -> c_int;
    dl_iterate_phdr(callback: PhdrCallback, data: *mut c_void) -> c_int;
    pthread_create(
        thread: *mut libc::pthread_t,
        attr: *const libc::pthread_attr_t,
        entry: Entry,
        arg: *mut c_void
    ) -> c_int;
    pthread_join(thread: libc::pthread_t, value: *mut *mut c_void) -> c_int;
    pthread_detach(thread: libc::pthread_t) -> c_int;
    pthread_getattr_np(thread: libc::pthread_t, attr: *mut libc::pthread_attr_t) -> c_int;
    pthread_setname_np(thread: libc::pthread_t, name: *const c_char) -> c_int;
    pthread_key_create(
        key: *mut libc::pthread_key_t,
        destructor: Option<unsafe extern "C" fn(*mut c_void)>
    ) -> c_int;
    pthread_key_delete(key: libc::pthread_key_t) -> c_int;
    pthread_sigmask(how: c_int, set: *const libc::sigset_t, old: *mut libc::sigset_t) -> c_int;
    __cxa_thread_atexit_impl(
        destructor: unsafe extern "C" fn(*mut c_void),
        object: *mut c_void,
        dso: *mut c_void
    ) -> c_int;
    exit(code: c_int);
    abort();
    sigaction(signal: c_int, action: *const libc::sigaction, old: *mut libc::sigaction) -> c_int;
    malloc_usable_size(block: *mut c_void) -> usize;
    pthread_tryjoin_np(thread: libc::pthread_t, value: *mut *mut c_void) -> c_int;
    pthread_timedjoin_np(
        thread: libc::pthread_t,
        value: *mut *mut c_void,
        moment: *const libc::timespec
    ) -> c_int;
    pthread_clockjoin_np(
        thread: libc::pthread_t,
        value: *mut *mut c_void,
        clock: libc::clockid_t,
        moment: *const libc::timespec
    ) -> c_int;
    pthread_exit(value: *mut c_void);
    pthread_cancel(thread: libc::pthread_t) -> c_int;
    pthread_getname_np(thread: libc::pthread_t, name: *mut c_char, size: usize) -> c_int;
    pthread_mutex_init(mutex: *mut c_void, attr: *const c_void) -> c_int;
    pthread_mutex_destroy(mutex: *mut c_void) -> c_int;
    pthread_mutex_lock(mutex: *mut c_void) -> c_int;
    pthread_mutex_trylock(mutex: *mut c_void) -> c_int;
    pthread_mutex_clocklock(
        mutex: *mut c_void,
        clock: libc::clockid_t,
        moment: *const libc::timespec
    ) -> c_int;
    pthread_mutex_unlock(mutex: *mut c_void) -> c_int;
    pthread_cond_init(cond: *mut c_void, attr: *const c_void) -> c_int;
    pthread_cond_destroy(cond: *mut c_void) -> c_int;
    pthread_cond_wait(cond: *mut c_void, mutex: *mut c_void) -> c_int;
    pthread_cond_clockwait(
        cond: *mut c_void,
        mutex: *mut c_void,
        clock: libc::clockid_t,
        moment: *const libc::timespec
    ) -> c_int;
    pthread_cond_signal(cond: *mut c_void) -> c_int;
    pthread_cond_broadcast(cond: *mut c_void) -> c_int;
    pthread_rwlock_init(lock: *mut c_void, attr: *const c_void) -> c_int;
    pthread_rwlock_destroy(lock: *mut c_void) -> c_int;
    pthread_rwlock_rdlock(lock: *mut c_void) -> c_int;
    pthread_rwlock_wrlock(lock: *mut c_void) -> c_int;
    pthread_rwlock_tryrdlock(lock: *mut c_void) -> c_int;
    pthread_rwlock_trywrlock(lock: *mut c_void) -> c_int;
    pthread_rwlock_clockrdlock(
        lock: *mut c_void,
        clock: libc::clockid_t,
        moment: *const libc::timespec
    ) -> c_int;
    pthread_rwlock_clockwrlock(
        lock: *mut c_void,
        clock: libc::clockid_t,
        moment: *const libc::timespec
    ) -> c_int;
    pthread_rwlock_unlock(lock: *mut c_void) -> c_int;
    pthread_barrier_init(barrier: *mut c_void, attr: *const c_void, count: c_uint) -> c_int;
    pthread_barrier_destroy(barrier: *mut c_void) -> c_int;
    pthread_barrier_wait(barrier: *mut c_void) -> c_int;
    pthread_spin_init(lock: *mut c_void, shared: c_int) -> c_int;
    pthread_spin_destroy(lock: *mut c_void) -> c_int;
    pthread_spin_lock(lock: *mut c_void) -> c_int;
    pthread_spin_trylock(lock: *mut c_void) -> c_int;
    pthread_spin_unlock(lock: *mut c_void) -> c_int;
    sem_init(sem: *mut c_void, shared: c_int, value: c_uint) -> c_int;
    sem_destroy(sem: *mut c_void) -> c_int;
    sem_post(sem: *mut c_void) -> c_int;
    sem_wait(sem: *mut c_void) -> c_int;
    sem_trywait(sem: *mut c_void) -> c_int;
    sem_clockwait(
        sem: *mut c_void,
        clock: libc::clockid_t,
        moment: *const libc::timespec
    ) -> c_int;
    sem_getvalue(sem: *mut c_void, value: *mut c_int) -> c_int;
    sem_close(sem: *mut c_void) -> c_int;
    sem_unlink(name: *const c_char) -> c_int;
    thrd_create(thread: *mut libc::pthread_t, start: *const c_void, arg: *mut c_void) -> c_int;
    thrd_join(thread: libc::pthread_t, result: *mut c_int) -> c_int;
    thrd_detach(thread: libc::pthread_t) -> c_int;
    fopen(path: *const c_char, mode: *const c_char) -> *mut c_void;
    fclose(stream: *mut c_void) -> c_int;
    opendir(path: *const c_char) -> *mut c_void;
    closedir(folder: *mut c_void) -> c_int;
    mkstemp(template: *mut c_char) -> c_int;
    mkstemp64(template: *mut c_char) -> c_int;
    mkostemp(template: *mut c_char, flags: c_int) -> c_int;
    mkostemp64(template: *mut c_char, flags: c_int) -> c_int;
    mkstemps(template: *mut c_char, suffix: c_int) -> c_int;
    mkostemps(template: *mut c_char, suffix: c_int, flags: c_int) -> c_int;
    mkdtemp(template: *mut c_char) -> *mut c_char;
    shm_open(name: *const c_char, flags: c_int, mode: libc::mode_t) -> c_int;
    fork() -> libc::pid_t;
    _Fork() -> libc::pid_t;
    posix_spawn(
        pid: *mut libc::pid_t,
        path: *const c_char,
        actions: *const c_void,
        attributes: *const c_void,
        arguments: *const *mut c_char,
        environment: *const *mut c_char
    ) -> c_int;
    posix_spawnp(
        pid: *mut libc::pid_t,
        file: *const c_char,
        actions: *const c_void,
        attributes: *const c_void,
        arguments: *const *mut c_char,
        environment: *const *mut c_char
    ) -> c_int;
    clone(
        entry: usize,
        stack: usize,
        flags: usize,
        argument: usize,
        parent: usize,
        storage: usize,
        child: usize
    ) -> c_int;
    sysconf(name: c_int) -> std::ffi::c_long;
    get_nprocs() -> c_int;
    get_nprocs_conf() -> c_int;
    sched_getaffinity(pid: libc::pid_t, size: usize, set: *mut libc::cpu_set_t) -> c_int;
    sched_setaffinity(pid: libc::pid_t, size: usize, set: *const libc::cpu_set_t) -> c_int;
    sched_getcpu() -> c_int;
    clock() -> libc::clock_t;
    times(out: *mut libc::tms) -> libc::clock_t;
    raise(signal: c_int) -> c_int;
    pthread_kill(thread: libc::pthread_t, signal: c_int) -> c_int;
    timer_create(clock: libc::clockid_t, event: *mut c_void, timer: *mut c_void) -> c_int;
    sigwait(set: *const libc::sigset_t, signal: *mut c_int) -> c_int;
    sigaltstack(new: *const libc::stack_t, old: *mut libc::stack_t) -> c_int;
    unshare(a: usize, b: usize, c: usize, d: usize, e: usize, f: usize) -> c_int;
    setns(a: usize, b: usize, c: usize, d: usize, e: usize, f: usize) -> c_int;
    chroot(a: usize, b: usize, c: usize, d: usize, e: usize, f: usize) -> c_int;
    daemon(a: usize, b: usize, c: usize, d: usize, e: usize, f: usize) -> c_int;
    setuid(a: usize, b: usize, c: usize, d: usize, e: usize, f: usize) -> c_int;
    seteuid(a: usize, b: usize, c: usize, d: usize, e: usize, f: usize) -> c_int;
    setreuid(a: usize, b: usize, c: usize, d: usize, e: usize, f: usize) -> c_int;
    setresuid(a: usize, b: usize, c: usize, d: usize, e: usize, f: usize) -> c_int;
    setgid(a: usize, b: usize, c: usize, d: usize, e: usize, f: usize) -> c_int;
    setegid(a: usize, b: usize, c: usize, d: usize, e: usize, f: usize) -> c_int;
    setregid(a: usize, b: usize, c: usize, d: usize, e: usize, f: usize) -> c_int;
    setresgid(a: usize, b: usize, c: usize, d: usize, e: usize, f: usize) -> c_int;
    setgroups(a: usize, b: usize, c: usize, d: usize, e: usize, f: usize) -> c_int;
    setsid(a: usize, b: usize, c: usize, d: usize, e: usize, f: usize) -> c_int;
    ptrace(a: usize, b: usize, c: usize, d: usize, e: usize, f: usize) -> c_int;
}

/// Calls libc's `pthread_once`, with a frame through which the initialization may unwind.
///
/// # Safety
///
/// As that demands.
pub(crate) unsafe fn pthread_once(control: *mut c_int, routine: Routine) -> c_int {
    static KNOWN: AtomicPtr<c_void> = AtomicPtr::new(std::ptr::null_mut());
    type Once = unsafe extern "C-unwind" fn(*mut c_int, Routine) -> c_int;
    // SAFETY: The symbol of libc has this type.
    let f = unsafe { mem::transmute::<*mut c_void, Once>(next(&KNOWN, c"pthread_once")) };
    // SAFETY: As the caller promises.
    unsafe { f(control, routine) }
}

/// A one-time initialization.
pub(crate) type Routine = unsafe extern "C-unwind" fn();

/// Calls libc's `sem_open`, which has arguments that depend on its flags.
///
/// # Safety
///
/// As that demands.
pub(crate) unsafe fn sem_open(
    name: *const c_char,
    flags: c_int,
    mode: libc::mode_t,
    value: c_uint,
) -> *mut c_void {
    static KNOWN: AtomicPtr<c_void> = AtomicPtr::new(std::ptr::null_mut());
    type Open = unsafe extern "C" fn(*const c_char, c_int, ...) -> *mut c_void;
    // SAFETY: The symbol of libc has this type.
    let f = unsafe { mem::transmute::<*mut c_void, Open>(next(&KNOWN, c"sem_open")) };
    // SAFETY: As the caller promises.
    unsafe { f(name, flags, mode, value) }
}
