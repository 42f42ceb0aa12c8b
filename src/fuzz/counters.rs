//! Shows libFuzzer the features of an execution as if they were coverage of code.
//!
//! libFuzzer looks at every byte of the section `__libfuzzer_extra_counters` as at one more
//! place in the code, and sets them to zero before the next input. It tells eight ranges of
//! values of a byte apart, so each feature of an execution is a byte and a range. libFuzzer
//! reads the section on Linux only; elsewhere the bytes are not read.

#![allow(unsafe_code)]

use std::sync::atomic::{AtomicU8, Ordering};

/// Counters: few enough that clearing and reading them takes less than a microsecond,
/// and with eight values each many enough for the thousands of features that the
/// deepest scenarios have.
const COUNTERS: usize = 1 << 13;

/// A value of each range that libFuzzer tells from the others.
const VALUES: [u8; 8] = [1, 2, 3, 4, 8, 16, 32, 128];

// SAFETY: libFuzzer takes everything in this section for counters of one byte, which
// these are, and writes nothing but zeroes to them, between two inputs.
#[cfg_attr(
    target_os = "linux",
    unsafe(link_section = "__libfuzzer_extra_counters")
)]
static SEEN: [AtomicU8; COUNTERS] = [const { AtomicU8::new(0) }; COUNTERS];

/// Notes that the present input has this feature. How often it has it does not count:
/// libFuzzer would keep inputs for that alone. Of several features that share a byte the
/// one with the largest value is seen, in whichever order they come.
pub(super) fn hit(feature: u64) {
    let seen = &SEEN[(feature % COUNTERS as u64) as usize];
    let value = VALUES[(feature / COUNTERS as u64 % VALUES.len() as u64) as usize];
    if seen.load(Ordering::Relaxed) < value {
        seen.store(value, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feature_is_a_byte_and_a_value() {
        let counters = COUNTERS as u64;
        let seen = |features: &[u64]| {
            SEEN.iter().for_each(|c| c.store(0, Ordering::Relaxed));
            features.iter().copied().for_each(hit);
            let all = SEEN.iter().enumerate();
            all.map(|(at, c)| (at, c.load(Ordering::Relaxed)))
                .filter(|c| c.1 > 0)
                .collect::<Vec<_>>()
        };
        assert_eq!(seen(&[7, 7]), [(7, 1)]);
        assert_eq!(
            seen(&[7 + 5 * counters, 7 + counters, 8]),
            [(7, 16), (8, 1)]
        );
        assert_eq!(seen(&[7 + counters, 7 + 5 * counters]), [(7, 16)]);
        assert_eq!(
            seen(&[7 + 8 * counters, u64::MAX]),
            [(7, 1), (COUNTERS - 1, 128)]
        );
    }
}
