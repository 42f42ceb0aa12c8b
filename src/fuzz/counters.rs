//! What libFuzzer is shown of interleavings.
//!
//! libFuzzer knows coverage of code. It also looks at every byte in the section
//! `__libfuzzer_extra_counters`, as one more place that an input may have reached, and
//! zeroes them before the next input. So each feature of an execution is a byte there.
//! libFuzzer reads the section on Linux only; elsewhere the bytes go unread.

#![allow(unsafe_code)]

use std::sync::atomic::{AtomicU8, Ordering};

/// Counters: few enough that clearing and reading them takes a few microseconds, many
/// enough for the thousands of features that the deepest scenarios have.
const COUNTERS: usize = 1 << 15;

// SAFETY: libFuzzer takes everything in this section for counters of one byte, which
// these are, and writes nothing but zeroes to them, between two inputs.
#[cfg_attr(
    target_os = "linux",
    unsafe(link_section = "__libfuzzer_extra_counters")
)]
static SEEN: [AtomicU8; COUNTERS] = [const { AtomicU8::new(0) }; COUNTERS];

/// Notes that the present input has this feature. How often it has it does not count:
/// libFuzzer would keep inputs for that alone.
pub(super) fn hit(feature: u64) {
    SEEN[(feature % COUNTERS as u64) as usize].store(1, Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feature_is_a_byte() {
        hit(7);
        hit(7 + COUNTERS as u64);
        hit(u64::MAX);
        let seen: Vec<usize> = (0..COUNTERS)
            .filter(|&at| SEEN[at].load(Ordering::Relaxed) > 0)
            .collect();
        assert_eq!(seen, [7, COUNTERS - 1]);
    }
}
