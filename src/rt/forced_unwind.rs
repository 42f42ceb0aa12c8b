//! Leaves the panic hook without returning from it, by a forced unwinding.
//!
//! When a destructor panics while its task unwinds, std aborts the process as soon as the hook
//! returns. The stack is given up inside the hook instead. But std calls the hook under a lock
//! that `take_hook` and `set_hook` take as well. A stack that stops right there holds the lock
//! for ever, and a caller that changes the hook next, such as libtest after all tests, never
//! comes back.
//!
//! ```text
//!   hook and what it called     unwound
//!   std, holds the lock         unwound, which releases the lock
//!   ───────────────────────────────────────────────────────────
//!   std, would abort            stays, as do the frames of the task
//! ```
//!
//! A panic cannot unwind these frames, since a panic inside the hook aborts. A forced unwinding
//! can, and it asks before each frame whether to continue (Itanium C++ ABI, "Exception Handling",
//! 1.6.1; `_Unwind_ForcedUnwind`).
//!
//! How std calls the hook is no promise of std's. A test named after it fails when it changes.

#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};
use std::ptr;

/// The header of an exception; the unwinder keeps its state in it.
#[repr(C, align(16))]
struct Exception {
    class: u64,
    cleanup: *const c_void,
    private: [usize; 6],
}

#[repr(C)]
struct Context {
    opaque: [u8; 0],
}

type Stop = extern "C" fn(
    version: c_int,
    actions: c_int,
    class: u64,
    exception: *mut Exception,
    context: *mut Context,
    target: *mut c_void,
) -> c_int;

unsafe extern "C-unwind" {
    fn _Unwind_ForcedUnwind(exception: *mut Exception, stop: Stop, target: *mut c_void) -> c_int;
    fn _Unwind_GetCFA(context: *mut Context) -> usize;
}

/// Where to stop and what to do there.
struct Target {
    /// An address in the outermost frame to unwind.
    within: usize,
    then: fn() -> !,
}

/// Unwinds this stack up to and including the frame that `within` lies in, and
/// calls `then` below the frames that are left.
pub(crate) fn unwind_past<T>(within: *const T, then: fn() -> !) -> ! {
    // Neither is used any more once `stop` has called `then`, but the unwinder
    // looks at them on a stack from which this frame is gone: they are leaked.
    let exception = Box::leak(Box::new(Exception {
        class: 0,
        cleanup: ptr::null(),
        private: [0; 6],
    }));
    let target = Box::leak(Box::new(Target {
        within: within.addr(),
        then,
    }));
    // SAFETY: `exception` is a header as the unwinder wants it, at least as large
    // and aligned, and it and `target` are valid for ever. The frames that are
    // unwound are the caller's up to std's call of the hook; all are Rust, were
    // built to unwind (the hook is a `dyn Fn` that may panic, for all that its
    // caller knows), and are dropped in order. No code on this stack runs again.
    unsafe { _Unwind_ForcedUnwind(exception, stop, ptr::from_mut(target).cast()) };
    // The unwinder has come to the end of the stack, or to a frame without
    // tables: the lock stays held.
    then()
}

extern "C" fn stop(
    _version: c_int,
    _actions: c_int,
    _class: u64,
    _exception: *mut Exception,
    context: *mut Context,
    target: *mut c_void,
) -> c_int {
    const GO_ON: c_int = 0;
    // SAFETY: The pointer that `unwind_past` passed.
    let target = unsafe { &*target.cast::<Target>() };
    // SAFETY: The unwinder calls this function with a context that is valid
    // during the call. In a context the "canonical frame address" is that of the
    // frame inside, which is where the frame to be unwound next begins.
    let begins = unsafe { _Unwind_GetCFA(context) };
    if begins > target.within {
        (target.then)();
    }
    GO_ON
}

#[cfg(test)]
mod tests {
    //! Canaries: each is named after something that std does and does not promise.

    use std::panic::{self, PanicHookInfo};
    use std::process::Command;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::mpsc;
    use std::thread;
    use std::time::{Duration, Instant};

    use super::unwind_past;
    use crate::rt::panics::{aborts, leave_hook};

    /// Tells the process that a test has started to run the test itself.
    const CHILD: &str = "JOSTLE_TEST_CANARY_CHILD";

    /// Longer than anything here takes on a machine under load.
    const PATIENCE: Duration = Duration::from_secs(20);

    /// Runs `body` in a process of its own, since there is one hook for all threads.
    /// `name` is that of the calling test.
    fn in_a_process(name: &str, body: fn()) {
        if std::env::var_os(CHILD).is_some() {
            return body();
        }
        let test = format!("{}::{name}", module_path!().trim_start_matches("jostle::"));
        let output = Command::new(std::env::current_exe().expect("this binary"))
            .args(["--exact", &test, "--nocapture"])
            .env(CHILD, "1")
            .output()
            .expect("a process");
        let said = String::from_utf8_lossy(&output.stderr);
        let ran = String::from_utf8_lossy(&output.stdout).contains("1 passed");
        assert!(output.status.success() && ran, "{}\n{said}", output.status);
    }

    /// Whether another thread can change the hook within `time`.
    fn hook_can_be_taken(time: Duration) -> bool {
        let (done, wait) = mpsc::channel();
        thread::spawn(move || {
            drop(panic::take_hook());
            // Whoever waits may have given up.
            let _ = done.send(());
        });
        wait.recv_timeout(time).is_ok()
    }

    #[test]
    fn std_still_runs_the_hook_under_its_lock() {
        static LOCKED: AtomicBool = AtomicBool::new(false);
        in_a_process("std_still_runs_the_hook_under_its_lock", || {
            panic::set_hook(Box::new(|_| {
                let free = hook_can_be_taken(Duration::from_millis(500));
                LOCKED.store(!free, Ordering::SeqCst);
            }));
            assert!(panic::catch_unwind(|| panic!("a panic")).is_err());
            assert!(
                LOCKED.load(Ordering::SeqCst),
                "std calls the hook without a lock: forced_unwind may not be needed any more"
            );
        });
    }

    /// Whether the thread of [`gives_up`] has left the hook, and has panicked after that.
    static LEFT: AtomicBool = AtomicBool::new(false);
    static PANICKED_AGAIN: AtomicBool = AtomicBool::new(false);

    fn left() -> ! {
        LEFT.store(true, Ordering::SeqCst);
        leave_hook();
        // The hook returns from this one. If std took the thread to be inside the hook, it
        // would abort.
        assert!(panic::catch_unwind(|| panic!("once more")).is_err());
        PANICKED_AGAIN.store(true, Ordering::SeqCst);
        loop {
            thread::park();
        }
    }

    fn hook(info: &PanicHookInfo<'_>) {
        if aborts(info) {
            unwind_past(info, left);
        }
    }

    fn comes(flag: &AtomicBool) -> bool {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if flag.load(Ordering::SeqCst) {
                return true;
            }
            thread::sleep(Duration::from_millis(5));
        }
        false
    }

    /// Runs on a thread that is never joined, and looks whether its panic left the hook.
    fn gives_up(body: fn()) {
        panic::set_hook(Box::new(hook));
        thread::spawn(body);
        assert!(comes(&LEFT), "std has other words for a panic that aborts");
    }

    fn panic_in_a_destructor() {
        struct Panics;
        impl Drop for Panics {
            fn drop(&mut self) {
                panic!("the second panic");
            }
        }
        let _panics = Panics;
        panic!("the first panic");
    }

    fn panic_where_nothing_unwinds() {
        extern "C" fn no_unwind() {
            panic!("a panic");
        }
        no_unwind();
    }

    #[test]
    fn std_still_announces_the_abort_of_a_panic_in_a_destructor() {
        in_a_process(
            "std_still_announces_the_abort_of_a_panic_in_a_destructor",
            || gives_up(panic_in_a_destructor),
        );
    }

    #[test]
    fn std_still_announces_the_abort_of_a_panic_that_cannot_unwind() {
        in_a_process(
            "std_still_announces_the_abort_of_a_panic_that_cannot_unwind",
            || gives_up(panic_where_nothing_unwinds),
        );
    }

    #[test]
    fn std_still_releases_its_lock_when_a_forced_unwinding_passes_it() {
        in_a_process(
            "std_still_releases_its_lock_when_a_forced_unwinding_passes_it",
            || {
                gives_up(panic_in_a_destructor);
                assert!(hook_can_be_taken(PATIENCE), "the lock is held for ever");
            },
        );
    }

    #[test]
    fn std_still_forgets_the_hook_at_the_end_of_an_unwinding() {
        in_a_process(
            "std_still_forgets_the_hook_at_the_end_of_an_unwinding",
            || {
                gives_up(panic_in_a_destructor);
                assert!(comes(&PANICKED_AGAIN), "the thread cannot panic any more");
            },
        );
    }
}
