//! A library with a doctest, unit tests, an integration test, an example and a test with a
//! harness of its own.
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::thread;

/// Adds numbers on threads.
///
/// ```
/// assert_eq!(programs_app::sum(&[1, 2]), 3);
/// ```
pub fn sum(numbers: &[u32]) -> u32 {
    let total = AtomicU32::new(0);
    thread::scope(|s| {
        for n in numbers {
            let total = &total;
            s.spawn(move || total.fetch_add(*n, SeqCst));
        }
    });
    total.into_inner()
}

/// Loses an addition if both load before either stores.
pub fn unlucky_sum(numbers: [u32; 2]) -> u32 {
    let total = AtomicU32::new(0);
    thread::scope(|s| {
        for n in &numbers {
            let total = &total;
            s.spawn(move || total.store(total.load(SeqCst) + n, SeqCst));
        }
    });
    total.into_inner()
}

/// What the build script and the macro made.
pub fn built() -> (&'static str, u32) {
    (env!("PROGRAMS_APP_NUMBER"), programs_macros::seven!())
}

#[cfg(test)]
mod tests {
    #[test]
    fn sums() {
        assert_eq!(super::sum(&[1, 2, 3]), 6);
    }

    #[test]
    fn bug_unlucky_sum() {
        assert_eq!(super::unlucky_sum([1, 2]), 3);
    }
}
