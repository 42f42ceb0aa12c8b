//! Safe wrappers for libc (sanitizer calls are in `sanitizer/`).

#![allow(unsafe_code)]

use std::marker::PhantomData;
use std::mem::{self, MaybeUninit};
use std::ptr;
use std::time::Duration;

use libc::{c_int, c_void, siginfo_t};

/// The number of the calling OS thread.
pub(crate) fn os_thread() -> i32 {
    // SAFETY: `gettid` takes nothing and always succeeds.
    unsafe { libc::gettid() }
}

/// The size of a page in bytes.
pub(crate) fn page_size() -> usize {
    configured(libc::_SC_PAGESIZE).unwrap_or(4096)
}

/// The unit in which the kernel counts processor time.
pub(crate) fn clock_tick() -> Duration {
    let per_second = configured(libc::_SC_CLK_TCK).and_then(|n| u32::try_from(n).ok());
    Duration::from_secs(1) / per_second.unwrap_or(100).max(1)
}

fn configured(name: c_int) -> Option<usize> {
    // SAFETY: `sysconf` takes a number and returns one.
    usize::try_from(unsafe { libc::sysconf(name) }).ok()
}

/// Writes to standard error, without a lock or a buffer. Returns how many bytes were
/// written, none if nobody reads any more.
pub(crate) fn write_stderr(bytes: &[u8]) -> usize {
    // SAFETY: `write` reads that many bytes of the slice.
    let written = unsafe { libc::write(2, bytes.as_ptr().cast(), bytes.len()) };
    usize::try_from(written).unwrap_or(0)
}

/// Ends the process at once: no destructor and no exit handler is run.
pub(crate) fn exit(code: u8) -> ! {
    // SAFETY: `_exit` takes a number and does not come back. What other threads were
    // doing does not matter any more.
    unsafe { libc::_exit(c_int::from(code)) }
}

/// BlockPool signals on this OS thread, signal `n` as bit `n - 1`. They are real-time
/// signals, which nothing that the program relies on waits for.
pub(crate) fn block(signals: u64) {
    change_mask(libc::SIG_BLOCK, signals);
}

/// Undoes [`block`].
pub(crate) fn unblock(signals: u64) {
    change_mask(libc::SIG_UNBLOCK, signals);
}

fn change_mask(how: c_int, signals: u64) {
    let mut set = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: `sigemptyset` initializes the set that it is given. Every signal
    // added is between 1 and 64. `pthread_sigmask` changes the mask of this
    // thread only; it reads the set and writes nothing, the third argument being
    // null.
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        for signal in (1..=64).filter(|n| signals & (1 << (n - 1)) != 0) {
            libc::sigaddset(set.as_mut_ptr(), signal);
        }
        libc::pthread_sigmask(how, set.as_ptr(), ptr::null_mut());
    }
}

/// A signal as its handler sees it.
#[derive(Debug)]
pub(crate) struct Signal<'a> {
    number: c_int,
    info: *mut siginfo_t,
    context: *mut c_void,
    /// The pointers are valid while the handler runs.
    handled: PhantomData<&'a siginfo_t>,
}

impl Signal<'_> {
    pub(crate) fn number(&self) -> c_int {
        self.number
    }

    /// Whether it is due to an instruction of this thread, and was not sent.
    pub(crate) fn is_fault(&self) -> bool {
        // SAFETY: The kernel passes a valid `siginfo_t` to a handler with SA_SIGINFO.
        unsafe { (*self.info).si_code > 0 }
    }

    /// The address that the instruction touched.
    pub(crate) fn address(&self) -> usize {
        // SAFETY: As in `is_fault`. The field is there for every fault, and bytes of
        // the same structure for a signal that was sent.
        unsafe { (*self.info).si_addr().addr() }
    }

    /// The instruction that was interrupted.
    pub(crate) fn instruction(&self) -> Option<usize> {
        let context = self.context.cast::<libc::ucontext_t>();
        // SAFETY: The kernel passes a valid `ucontext_t` to a handler with SA_SIGINFO.
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
}

/// A signal handler. It is called at any moment, so that it must neither allocate nor
/// lock.
pub(crate) trait Handle {
    fn handle(signal: &Signal<'_>);
}

extern "C" fn handle<H: Handle>(number: c_int, info: *mut siginfo_t, context: *mut c_void) {
    H::handle(&Signal {
        number,
        info,
        context,
        handled: PhantomData,
    });
}

/// How a signal is handled.
pub(crate) struct Disposition(libc::sigaction);

impl Disposition {
    /// At present.
    pub(crate) fn of(signal: c_int) -> Disposition {
        let mut action = MaybeUninit::zeroed();
        // SAFETY: All zeros is a valid `sigaction`; with a null second argument the
        // call only writes to the third one.
        unsafe {
            libc::sigaction(signal, ptr::null(), action.as_mut_ptr());
            Disposition(action.assume_init())
        }
    }

    /// By `H`, on the thread's alternate stack if that is asked for and it has one.
    pub(crate) fn by<H: Handle>(on_alternate_stack: bool) -> Disposition {
        // SAFETY: All zeros is a valid `sigaction`: no flags, an empty mask.
        let mut action: libc::sigaction = unsafe { mem::zeroed() };
        action.sa_sigaction = handle::<H> as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO;
        if on_alternate_stack {
            action.sa_flags |= libc::SA_ONSTACK;
        }
        Disposition(action)
    }

    /// Has `signal` handled like this from now on. Returns whether it will be.
    pub(crate) fn set(&self, signal: c_int) -> bool {
        // SAFETY: The action is one that the kernel gave us, or that `by` made: then its
        // handler has the signature that SA_SIGINFO asks for, and what it calls may be
        // called by handlers. With a null third argument nothing is written.
        unsafe { libc::sigaction(signal, &raw const self.0, ptr::null_mut()) == 0 }
    }

    /// Whether there is a handler.
    pub(crate) fn is_handler(&self) -> bool {
        !matches!(self.0.sa_sigaction, libc::SIG_DFL | libc::SIG_IGN)
    }

    /// Does with a signal that is being handled what this says.
    pub(crate) fn take(&self, signal: &Signal<'_>) {
        let handler = self.0.sa_sigaction;
        if !self.is_handler() {
            self.set(signal.number);
            // After a fault the instruction is tried again and the kernel does the
            // rest.
            if !signal.is_fault() {
                // SAFETY: `raise` takes a number. The signal arrives when the present
                // handler returns.
                unsafe { libc::raise(signal.number) };
            }
        } else if self.0.sa_flags & libc::SA_SIGINFO != 0 {
            // SAFETY: With SA_SIGINFO, the field holds a function with these
            // parameters; they are the kernel's own.
            unsafe {
                let handler: extern "C" fn(c_int, *mut siginfo_t, *mut c_void) =
                    mem::transmute(handler);
                handler(signal.number, signal.info, signal.context);
            }
        } else {
            // SAFETY: Without SA_SIGINFO, the field holds a function with this
            // parameter.
            unsafe {
                let handler: extern "C" fn(c_int) = mem::transmute(handler);
                handler(signal.number);
            }
        }
    }
}

/// Sends a signal to an OS thread of this process. Returns whether that could be done.
pub(crate) fn send(thread: i32, signal: c_int) -> bool {
    // SAFETY: Both calls take numbers only.
    unsafe { libc::syscall(libc::SYS_tgkill, libc::getpid(), thread, signal) == 0 }
}

/// Calls `f` with the return addresses on this thread's stack, innermost first, as long
/// as it says so. A signal handler may do that, where only one thread does.
pub(crate) fn return_addresses(mut f: impl FnMut(usize) -> bool) {
    // SAFETY: The crate asks that no two threads unwind through it at the same time
    // without its lock, which is about the unwinder of Windows. Whatever lock the
    // dynamic linker takes is recursive.
    unsafe { backtrace::trace_unsynchronized(|frame| f(frame.ip().addr())) }
}

/// An alternate signal stack that we have made, of the thread that made it.
pub(crate) struct AlternateStack(*mut c_void);

impl AlternateStack {
    /// Enough for our handler and for what a fuzzer's does.
    const SIZE: usize = 256 * 1024;

    /// Gives this OS thread an alternate stack, unless it has one.
    pub(crate) fn install_if_none() -> Option<AlternateStack> {
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
        // stack of this thread. No handler is running on it: none of ours drops this,
        // which a thread-local owns, and the kernel refuses to change a stack in use.
        unsafe {
            if libc::sigaltstack(&raw const none, ptr::null_mut()) == 0 {
                libc::munmap(self.0, AlternateStack::SIZE);
            }
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
