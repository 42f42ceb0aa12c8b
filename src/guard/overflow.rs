//! Names the task whose stack has overflowed.
//!
//! Below every task's stack lies a page that nobody may touch. The fault that
//! touching it causes is delivered on another stack, to a handler that was put
//! in front of the present ones (of std, of a sanitizer, of a fuzzer). It knows
//! the stack by the address and the task by its badge. Any other fault is passed
//! on as if the handler were not there.

#![allow(unsafe_code)]

use std::fmt::Write;
use std::mem::{self, MaybeUninit};
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::guard::stderr::Stderr;
use crate::guard::watchdog::Action;
use crate::guard::{frames, message};
use crate::rt::pulse::Pulse;

/// The handlers that were there before, for the signals of [`SIGNALS`].
static BEFORE: OnceLock<[libc::sigaction; 2]> = OnceLock::new();

const SIGNALS: [libc::c_int; 2] = [libc::SIGSEGV, libc::SIGBUS];

/// Puts the handler in front of the present ones. To be called once.
pub(crate) fn install() {
    BEFORE.get_or_init(|| SIGNALS.map(present));
    for signal in SIGNALS {
        let mut action = MaybeUninit::<libc::sigaction>::zeroed();
        // SAFETY: All zeros is a valid `sigaction`: no flags, an empty mask.
        // `on_fault` has the signature that SA_SIGINFO asks for, and calls only
        // what a handler may call.
        unsafe {
            let a = action.assume_init_mut();
            a.sa_sigaction = on_fault as *const () as usize;
            a.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
            libc::sigaction(signal, a, ptr::null_mut());
        }
    }
}

/// How a signal is handled at present.
fn present(signal: libc::c_int) -> libc::sigaction {
    let mut action = MaybeUninit::zeroed();
    // SAFETY: All zeros is a valid `sigaction`; with a null second argument the
    // call only writes to the third one.
    unsafe {
        libc::sigaction(signal, ptr::null(), action.as_mut_ptr());
        action.assume_init()
    }
}

extern "C" fn on_fault(
    signal: libc::c_int,
    info: *mut libc::siginfo_t,
    context: *mut libc::c_void,
) {
    // SAFETY: The kernel passes a valid `siginfo_t` to a handler with
    // SA_SIGINFO. `si_addr` reads a field that is there for every fault, and
    // bytes of the same structure for a signal that was sent.
    let (address, is_fault) = unsafe { ((*info).si_addr().addr(), (*info).si_code > 0) };
    let pulse = Pulse::existing();
    let overflown = pulse.and_then(|pulse| {
        let badge = pulse.badge()?;
        (is_fault && badge.guard().contains(&address)).then_some((pulse, badge))
    });
    if let Some((pulse, badge)) = overflown {
        let _ = message::overflow(&mut Stderr, pulse, badge.stack());
        if let exit @ Action::Exit(_) = Action::chosen() {
            // A fuzzer prints the stack itself.
            have_located(instruction(context));
            exit.take()
        }
    }
    pass_on(signal, info, context, is_fault);
    if overflown.is_some() && !is_handled(signal) {
        // The handler before us has taken itself away, as std's does, or there
        // was none. A fuzzer keeps the input of an abort.
        Action::Abort.take()
    }
}

/// The instruction at which a stack has overflowed, until the watchdog has said
/// where that is; see [`locate`].
static OVERFLOWN_AT: AtomicUsize = AtomicUsize::new(0);

/// Looking up a name takes more than a handler may do, and more stack than it
/// has: waits for the watchdog to do it, which looks this often for this long.
fn have_located(instruction: Option<usize>) {
    let Some(instruction) = instruction else {
        return;
    };
    OVERFLOWN_AT.store(instruction, Ordering::Release);
    for _ in 0..300 {
        if OVERFLOWN_AT.load(Ordering::Acquire) == 0 {
            return;
        }
        // `nanosleep`, which a handler may call.
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Called by the watchdog: says in which function a stack has overflowed, if one
/// has.
pub(crate) fn locate() {
    let instruction = OVERFLOWN_AT.load(Ordering::Acquire);
    if instruction != 0 {
        let _ = Stderr.write_str(&frames::describe(&[instruction + 1]));
        OVERFLOWN_AT.store(0, Ordering::Release);
    }
}

/// The instruction that was interrupted.
fn instruction(context: *mut libc::c_void) -> Option<usize> {
    let context = context.cast::<libc::ucontext_t>();
    // SAFETY: The kernel passes a valid `ucontext_t` to a handler with
    // SA_SIGINFO.
    #[cfg(all(target_arch = "x86_64", target_env = "gnu"))]
    let at = unsafe { (&(*context).uc_mcontext.gregs)[libc::REG_RIP as usize] as usize };
    // SAFETY: As above.
    #[cfg(all(target_arch = "aarch64", target_env = "gnu"))]
    let at = unsafe { (*context).uc_mcontext.pc as usize };
    #[cfg(not(all(
        any(target_arch = "x86_64", target_arch = "aarch64"),
        target_env = "gnu"
    )))]
    let at = {
        let _ = context;
        0
    };
    (at != 0).then_some(at)
}

/// Whether a handler, ours included, still takes the signal.
fn is_handled(signal: libc::c_int) -> bool {
    !matches!(present(signal).sa_sigaction, libc::SIG_DFL | libc::SIG_IGN)
}

/// Does with the signal what would have been done without our handler.
fn pass_on(
    signal: libc::c_int,
    info: *mut libc::siginfo_t,
    context: *mut libc::c_void,
    is_fault: bool,
) {
    let at = SIGNALS.iter().position(|&s| s == signal);
    let Some(before) = at.and_then(|at| BEFORE.get().map(|list| &list[at])) else {
        return;
    };
    match before.sa_sigaction {
        libc::SIG_DFL | libc::SIG_IGN => {
            // SAFETY: `before` is what `sigaction` gave us. After a fault the
            // instruction is tried again and the kernel does the rest; a signal
            // that was sent is sent again, to arrive when this handler returns.
            unsafe {
                libc::sigaction(signal, before, ptr::null_mut());
                if !is_fault {
                    libc::raise(signal);
                }
            }
        }
        handler if before.sa_flags & libc::SA_SIGINFO != 0 => {
            // SAFETY: With SA_SIGINFO, the field holds a function with these
            // parameters; they are the kernel's own.
            unsafe {
                let handler: extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void) =
                    mem::transmute(handler);
                handler(signal, info, context);
            }
        }
        handler => {
            // SAFETY: Without SA_SIGINFO, the field holds a function with this
            // parameter.
            unsafe {
                let handler: extern "C" fn(libc::c_int) = mem::transmute(handler);
                handler(signal);
            }
        }
    }
}

/// Gives this OS thread an alternate stack for signal handlers, unless it has
/// one, as threads of std and threads under a sanitizer do.
pub(crate) fn prepare_thread() {
    std::thread_local! {
        static STACK: Option<AlternateStack> = AlternateStack::install_if_none();
    }
    STACK.with(|_| ());
}

/// An alternate signal stack that we have made.
struct AlternateStack(*mut libc::c_void);

impl AlternateStack {
    /// Enough for our handler and for what a fuzzer's does.
    const SIZE: usize = 256 * 1024;

    fn install_if_none() -> Option<AlternateStack> {
        if current_stack().ss_flags & libc::SS_DISABLE == 0 {
            return None;
        }
        // SAFETY: An anonymous mapping at an address of the kernel's choice; it
        // overlaps nothing. It becomes the alternate stack only if it was made,
        // and is unmapped only when it is not that any more.
        unsafe {
            let memory = libc::mmap(
                ptr::null_mut(),
                AlternateStack::SIZE,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
                -1,
                0,
            );
            if memory == libc::MAP_FAILED {
                return None;
            }
            let stack = libc::stack_t {
                ss_sp: memory,
                ss_flags: 0,
                ss_size: AlternateStack::SIZE,
            };
            libc::sigaltstack(&raw const stack, ptr::null_mut());
            Some(AlternateStack(memory))
        }
    }
}

impl Drop for AlternateStack {
    fn drop(&mut self) {
        // Somebody else may have put another one in its place, and may even have
        // unmapped ours, as sanitizers do when a thread ends.
        if current_stack().ss_sp != self.0 {
            return;
        }
        let none = libc::stack_t {
            ss_sp: ptr::null_mut(),
            ss_flags: libc::SS_DISABLE,
            ss_size: 0,
        };
        // SAFETY: The memory is a mapping of ours of that size and the alternate
        // stack of this thread, on which no handler is running, since this is a
        // destructor of a thread that ends.
        unsafe {
            libc::sigaltstack(&raw const none, ptr::null_mut());
            libc::munmap(self.0, AlternateStack::SIZE);
        }
    }
}

/// This thread's alternate stack.
fn current_stack() -> libc::stack_t {
    let mut stack = libc::stack_t {
        ss_sp: ptr::null_mut(),
        ss_flags: 0,
        ss_size: 0,
    };
    // SAFETY: With a null first argument the call only writes to the second.
    unsafe { libc::sigaltstack(ptr::null(), &raw mut stack) };
    stack
}
