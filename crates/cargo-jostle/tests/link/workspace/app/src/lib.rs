//! A crate with threads, atomics, a C library and a procedural macro.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock};
use std::thread;

unsafe extern "C" {
    safe fn twice(value: i32) -> i32;
}

static COUNTER: AtomicU64 = AtomicU64::new(0);

/// Counts, and is large enough to be a function.
#[inline(never)]
pub fn bump(by: u64) -> u64 {
    COUNTER.fetch_add(by, Ordering::SeqCst)
}

/// Has assembly that enters the kernel.
#[inline(never)]
pub fn process() -> u32 {
    let id: u64;
    // SAFETY: `getpid` takes nothing and only returns a number.
    unsafe {
        std::arch::asm!("syscall", inlateout("rax") 39_u64 => id, out("rcx") _, out("r11") _);
    }
    id as u32
}

/// Uses the C library.
pub fn four() -> i32 {
    twice(2)
}

/// Uses std's own synchronization.
pub fn locked() -> u32 {
    static LOCK: OnceLock<Mutex<u32>> = OnceLock::new();
    let lock = LOCK.get_or_init(|| Mutex::new(0));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| *lock.lock().unwrap() += 1);
        }
    });
    *lock.lock().unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_works() {
        assert_eq!(macros::answer!(), 42);
        assert_eq!(four(), 4);
        assert_eq!(locked(), 4);
        assert_eq!(process(), std::process::id());
        assert_eq!(bump(1) + bump(1), 1);
    }

    #[test]
    #[should_panic = "on purpose"]
    fn unwinding_works() {
        panic!("on purpose");
    }
}
