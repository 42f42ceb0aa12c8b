//! A library for C programs and for Rust.
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

static CALLS: AtomicU32 = AtomicU32::new(0);

/// How often it has been called, this time included.
#[unsafe(no_mangle)]
pub extern "C" fn programs_shared_calls() -> u32 {
    CALLS.fetch_add(1, SeqCst) + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_counted() {
        std::thread::spawn(|| programs_shared_calls())
            .join()
            .unwrap();
        assert_eq!(programs_shared_calls(), 2);
    }
}
