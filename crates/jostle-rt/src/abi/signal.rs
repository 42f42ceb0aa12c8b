//! Signals: what the program says about them, sends, blocks and waits for.

#![allow(unsafe_code)]

use std::ffi::{c_int, c_uint, c_void};
use std::{mem, ptr};

use jostle_core::kernel::Woken;
use jostle_core::op::OpKind;
use jostle_core::vtime::VInstant;

use crate::abi::call::system_calls;
use crate::abi::descriptors::uncontrolled;
use crate::abi::fault::FATAL;
use crate::abi::{time, watchdog};
use crate::detector::Slot;
use crate::engine::point::point;
use crate::engine::signal::{address, deliver, note, send};
use crate::engine::{wait, with};
use crate::hot;
use crate::outside::signals::{SIGNALS, Set, masked};
use crate::real;
use crate::sys;

/// Whether a number is that of a signal.
fn is_signal(signal: c_int) -> bool {
    (1..SIGNALS as c_int).contains(&signal)
}

/// The set at an address, if there is one.
///
/// # Safety
///
/// It is null or a set.
unsafe fn set_at(set: *const libc::sigset_t) -> Option<Set> {
    // SAFETY: As the caller promises; the first word has all signals.
    unsafe { set.cast::<u64>().as_ref().copied() }
}

/// `sigaction(2)`.
///
/// A program that asks what happens at a fault of memory is told that somebody has seen to
/// it: std would set up a handler with a stack for each thread otherwise, under a lock that
/// orders the threads' starts and hides races.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn sigaction(
    signal: c_int,
    action: *const libc::sigaction,
    old: *mut libc::sigaction,
) -> c_int {
    if !hot::is_virtual() {
        // SAFETY: As the caller promises.
        return unsafe { real::sigaction(signal, action, old) };
    }
    let fixed = [libc::SIGKILL, libc::SIGSTOP].contains(&signal);
    if !is_signal(signal) || fixed && !action.is_null() {
        sys::set_errno(libc::EINVAL);
        return -1;
    }
    // SAFETY: As the caller promises; all zeros is a value of it.
    unsafe {
        let fault = matches!(signal, libc::SIGSEGV | libc::SIGBUS);
        let known = with(|e| e.outside.signals.action(signal));
        let mut before: libc::sigaction = mem::zeroed();
        match known {
            Some(known) => before = known,
            None if fault => before.sa_sigaction = libc::SIG_IGN,
            None if FATAL.contains(&signal) || signal == watchdog::SIGNAL => {}
            None => {
                real::sigaction(signal, ptr::null(), &raw mut before);
            }
        }
        let new = action.as_ref().copied();
        if !old.is_null() {
            old.write(before);
        }
        if let Some(new) = new {
            set_action(signal, new);
        }
    }
    0
}

/// The program says what is to happen at a signal.
fn set_action(signal: c_int, action: libc::sigaction) {
    with(|e| e.outside.signals.set_action(signal, action));
    if FATAL.contains(&signal) || signal == watchdog::SIGNAL {
        let handler = ![libc::SIG_DFL, libc::SIG_IGN].contains(&action.sa_sigaction);
        if handler && signal != libc::SIGABRT {
            uncontrolled(
                "the program has a handler for a fatal signal: a fault ends the execution \
                 without it",
            );
        }
        return;
    }
    // Whoever ends the session from outside means the session.
    if [libc::SIGINT, libc::SIGTERM, libc::SIGHUP, libc::SIGQUIT].contains(&signal) {
        return;
    }
    let noted = match action.sa_sigaction {
        libc::SIG_IGN => false,
        // By default a write to a closed pipe would end the session.
        libc::SIG_DFL => signal == libc::SIGPIPE,
        _ => true,
    };
    // SAFETY: All zeros is a value of it; the handler only notes the signal.
    unsafe {
        let mut system = action;
        if noted {
            system = mem::zeroed();
            system.sa_sigaction = note as *const () as usize;
            system.sa_flags = libc::SA_RESTART | libc::SA_ONSTACK;
        }
        let mut before: libc::sigaction = mem::zeroed();
        real::sigaction(signal, &raw const system, &raw mut before);
        with(|e| e.outside.signals.note_before(signal, before));
    }
}

/// `signal(3)`.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn signal(number: c_int, handler: usize) -> usize {
    // SAFETY: All zeros is a value of it.
    unsafe {
        let mut action: libc::sigaction = mem::zeroed();
        let mut old: libc::sigaction = mem::zeroed();
        action.sa_sigaction = handler;
        action.sa_flags = libc::SA_RESTART;
        match sigaction(number, &raw const action, &raw mut old) {
            0 => old.sa_sigaction,
            _ => libc::SIG_ERR,
        }
    }
}

/// `sigaltstack(2)`: handlers of the program run where the signal is delivered.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn sigaltstack(
    new: *const libc::stack_t,
    old: *mut libc::stack_t,
) -> c_int {
    if !hot::is_virtual() {
        // SAFETY: As the caller promises.
        return unsafe { real::sigaltstack(new, old) };
    }
    if !old.is_null() {
        // SAFETY: The caller gives room for it.
        unsafe {
            old.write(libc::stack_t {
                ss_sp: ptr::null_mut(),
                ss_flags: libc::SS_DISABLE,
                ss_size: 0,
            });
        }
    }
    0
}

/// `raise(3)`.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn raise(signal: c_int) -> c_int {
    if !hot::is_virtual() {
        // SAFETY: It has no conditions.
        return unsafe { real::raise(signal) };
    }
    sys::libc_result(send_to(signal, Some(hot::slot()), 0)) as c_int
}

/// Sends a signal; the result is the kernel's. Number 0 only asks.
fn send_to(signal: c_int, to: Option<Slot>, pc: usize) -> isize {
    if signal == 0 {
        return 0;
    }
    if !is_signal(signal) {
        return -(libc::EINVAL as isize);
    }
    if hot::is_running() && pc != 0 {
        point(OpKind::Send, 0, pc);
    }
    send(signal, to);
    0
}

system_calls! {
    kill(pid, signal), "rdx" => kill_process;
    killpg(group, signal), "rdx" => kill_group;
    tgkill(pid, thread, signal), "rcx" => kill_thread;
    sigqueue(pid, signal, value), "rcx" => queue;
    sigprocmask(how, set, old), "rcx" => mask;
    sigpending(set), "rsi" => pending;
    sigtimedwait(set, info, limit), "rcx" => wait_until;
    sigwaitinfo(set, info), "rdx" => wait_for_info;
    pause(), "rdi" => pause_for_any;
    sigsuspend(set), "rsi" => suspend;
    setitimer(which, new, old), "rcx" => set_timer;
    timer_create(clock, event, timer), "rcx" => make_timer;
}

pub(super) fn own_pid() -> c_int {
    // SAFETY: It has no conditions.
    unsafe { sys::call(libc::SYS_getpid, []) as c_int }
}

pub(super) unsafe fn kill_process(pid: usize, signal: usize, pc: usize) -> isize {
    if hot::is_virtual() && (pid as c_int == own_pid() || pid as c_int == 0) {
        return send_to(signal as c_int, None, pc);
    }
    // SAFETY: As the caller promises.
    unsafe { sys::call(libc::SYS_kill, [pid, signal]) }
}

unsafe fn kill_group(group: usize, signal: usize, pc: usize) -> isize {
    match group as c_int {
        // SAFETY: As the caller promises.
        0 => unsafe { kill_process(0, signal, pc) },
        // SAFETY: As the caller promises.
        group => unsafe { kill_process(-group as usize, signal, pc) },
    }
}

/// `tgkill(2)`. The result is the kernel's.
///
/// # Safety
///
/// As of the system call.
pub(crate) unsafe fn kill_thread(pid: usize, thread: usize, signal: usize, pc: usize) -> isize {
    if !hot::is_virtual() || pid as c_int != own_pid() {
        // SAFETY: As the caller promises.
        return unsafe { sys::call(libc::SYS_tgkill, [pid, thread, signal]) };
    }
    let slot = with(|e| {
        let slot = e.tls.slot_of_number(thread as c_int)?;
        e.threads.is_live(slot).then_some(slot)
    });
    match slot {
        Some(slot) => send_to(signal as c_int, Some(slot), pc),
        None => -(libc::ESRCH as isize),
    }
}

unsafe fn queue(pid: usize, signal: usize, value: usize, pc: usize) -> isize {
    if hot::is_virtual() && pid as c_int == own_pid() {
        return send_to(signal as c_int, None, pc);
    }
    // SAFETY: All zeros is a value of it; its fields are those of `sigqueue`.
    unsafe {
        let mut info: libc::siginfo_t = mem::zeroed();
        info.si_signo = signal as c_int;
        info.si_code = libc::SI_QUEUE;
        let fields = (&raw mut info).cast::<u32>();
        fields.add(4).write(own_pid() as u32);
        fields.add(5).write(sys::call(libc::SYS_getuid, []) as u32);
        fields.add(6).cast::<usize>().write_unaligned(value);
        sys::call(
            libc::SYS_rt_sigqueueinfo,
            [pid, signal, (&raw const info).addr()],
        )
    }
}

/// `pthread_kill(3)`.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn pthread_kill(thread: libc::pthread_t, signal: c_int) -> c_int {
    if !hot::is_virtual() {
        // SAFETY: As the caller promises.
        return unsafe { real::pthread_kill(thread, signal) };
    }
    let slot = with(|e| {
        let slot = e.threads.find(thread)?;
        e.threads.is_live(slot).then_some(slot)
    });
    match slot {
        Some(slot) => -send_to(signal, Some(slot), 0) as c_int,
        None => libc::ESRCH,
    }
}

/// `pthread_sigmask(3)`.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn pthread_sigmask(
    how: c_int,
    set: *const libc::sigset_t,
    old: *mut libc::sigset_t,
) -> c_int {
    if !hot::is_virtual() {
        // SAFETY: As the caller promises.
        return unsafe { real::pthread_sigmask(how, set, old) };
    }
    // SAFETY: As the caller promises.
    -unsafe { mask(how as usize, set.addr(), old.addr(), 0) } as c_int
}

/// `sigprocmask(2)`: of the running thread. The result is the kernel's.
///
/// # Safety
///
/// As of the system call.
unsafe fn mask(how: usize, set: usize, old: usize, _: usize) -> isize {
    if !hot::is_virtual() {
        // SAFETY: As the caller promises; 8 is the kernel's size of a mask.
        return unsafe { sys::call(libc::SYS_rt_sigprocmask, [how, set, old, 8]) };
    }
    let slot = hot::slot();
    let before = with(|e| e.outside.signals.blocked(slot));
    // SAFETY: As the caller promises.
    let set = unsafe { set_at(set as *const libc::sigset_t) };
    if old != 0 {
        // SAFETY: The caller gives room for a set of libc's size.
        unsafe {
            (old as *mut libc::sigset_t).write_bytes(0, 1);
            (old as *mut u64).write(before);
        }
    }
    if let Some(set) = set {
        let Some(after) = masked(how as c_int, before, set) else {
            return -(libc::EINVAL as isize);
        };
        with(|e| e.outside.signals.block(slot, after));
        deliver();
    }
    0
}

unsafe fn pending(set: usize, _: usize) -> isize {
    if !hot::is_virtual() {
        // SAFETY: As the caller promises.
        return unsafe { sys::call(libc::SYS_rt_sigpending, [set, 8]) };
    }
    let slot = hot::slot();
    let all = with(|e| e.outside.signals.pending(slot) & e.outside.signals.blocked(slot));
    // SAFETY: The caller gives room for a set of libc's size.
    unsafe {
        (set as *mut libc::sigset_t).write_bytes(0, 1);
        (set as *mut u64).write(all);
    }
    0
}

/// Waits for one of the signals in `set`. Returns it, or a negated error number.
fn wait_in(set: Set, deadline: Option<VInstant>, pc: usize) -> isize {
    let slot = hot::slot();
    point(OpKind::Wait, address(slot), pc);
    loop {
        if let Some(signal) = with(|e| e.outside.signals.take(slot, set)) {
            return signal as isize;
        }
        if deadline.is_some_and(|d| d <= time::now()) {
            return -(libc::EAGAIN as isize);
        }
        with(|e| e.outside.signals.wait_for(slot, set));
        let woken = wait::wait(address(slot), wait::ANY, deadline);
        with(|e| e.outside.signals.wait_for(slot, 0));
        if woken == Woken::TimedOut {
            return -(libc::EAGAIN as isize);
        }
    }
}

/// `sigwait(3)`.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn sigwait(set: *const libc::sigset_t, signal: *mut c_int) -> c_int {
    if !hot::is_running() {
        // SAFETY: As the caller promises.
        return unsafe { real::sigwait(set, signal) };
    }
    // SAFETY: As the caller promises.
    let wanted = unsafe { set_at(set) }.unwrap_or(0);
    let got = wait_in(wanted, None, 0);
    // SAFETY: The caller gives room for it.
    unsafe { signal.write(got as c_int) };
    0
}

unsafe fn wait_until(set: usize, info: usize, limit: usize, pc: usize) -> isize {
    if !hot::is_running() {
        // SAFETY: As the caller promises.
        return unsafe { sys::call(libc::SYS_rt_sigtimedwait, [set, info, limit, 8]) };
    }
    // SAFETY: As the caller promises.
    let (wanted, limit) = unsafe {
        (
            set_at(set as *const libc::sigset_t).unwrap_or(0),
            (limit as *const libc::timespec).as_ref(),
        )
    };
    let got = wait_in(wanted, limit.map(time::after), pc);
    if got > 0 && info != 0 {
        // SAFETY: The caller gives room for it; all zeros is a value of it.
        unsafe {
            let mut told: libc::siginfo_t = mem::zeroed();
            told.si_signo = got as c_int;
            (info as *mut libc::siginfo_t).write(told);
        }
    }
    got
}

unsafe fn wait_for_info(set: usize, info: usize, pc: usize) -> isize {
    // SAFETY: As the caller promises.
    unsafe { wait_until(set, info, 0, pc) }
}

unsafe fn pause_for_any(pc: usize) -> isize {
    if !hot::is_running() {
        // SAFETY: It has no conditions.
        return unsafe { sys::call(libc::SYS_pause, []) };
    }
    let slot = hot::slot();
    point(OpKind::Wait, address(slot), pc);
    wait::wait(address(slot), wait::ANY, None);
    -(libc::EINTR as isize)
}

unsafe fn suspend(set: usize, pc: usize) -> isize {
    if !hot::is_running() {
        // SAFETY: As the caller promises.
        return unsafe { sys::call(libc::SYS_rt_sigsuspend, [set, 8]) };
    }
    let slot = hot::slot();
    // SAFETY: As the caller promises.
    let wanted = unsafe { set_at(set as *const libc::sigset_t) }.unwrap_or(0);
    point(OpKind::Wait, address(slot), pc);
    let (before, ready) = with(|e| {
        let signals = &mut e.outside.signals;
        let before = signals.block(slot, wanted);
        (before, signals.pending(slot) & !wanted)
    });
    match ready {
        0 => {
            wait::wait(address(slot), wait::ANY, None);
        }
        _ => deliver(),
    }
    with(|e| e.outside.signals.block(slot, before));
    -(libc::EINTR as isize)
}

const TIMERS: &str = "timers that send a signal (`alarm`, `setitimer`, `timer_create`) are not \
     under control: they never fire";

/// `alarm(2)`.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn alarm(seconds: c_uint) -> c_uint {
    if hot::is_virtual() {
        uncontrolled(TIMERS);
        return 0;
    }
    // SAFETY: It has no conditions.
    unsafe { sys::call(libc::SYS_alarm, [seconds as usize]) as c_uint }
}

unsafe fn set_timer(which: usize, new: usize, old: usize, _: usize) -> isize {
    if hot::is_virtual() {
        uncontrolled(TIMERS);
        return -(libc::ENOSYS as isize);
    }
    // SAFETY: As the caller promises.
    unsafe { sys::call(libc::SYS_setitimer, [which, new, old]) }
}

/// `timer_create(2)`: without control libc's, which may make a thread.
unsafe fn make_timer(clock: usize, event: usize, timer: usize, _: usize) -> isize {
    if hot::is_virtual() {
        uncontrolled(TIMERS);
        return -(libc::ENOSYS as isize);
    }
    // SAFETY: As the caller promises.
    let result = unsafe {
        real::timer_create(
            clock as libc::clockid_t,
            event as *mut c_void,
            timer as *mut c_void,
        )
    };
    match result {
        0 => 0,
        // SAFETY: libc has set it.
        _ => -(unsafe { *libc::__errno_location() } as isize),
    }
}
