//! The hash of a shadow call stack, kept up to date at each call.
//!
//! Each entry of the shadow call stack holds a return address and the hash of the innermost
//! [`WINDOW`] return addresses up to it. So a return has nothing to do, and a call costs two
//! multiplications that do not wait for each other. A window, because the hash of a whole
//! stack would be a new one at each depth of a recursion: once a recursion is deeper than the
//! window, its hashes come again. What a place is made of must not reach beyond the window
//! either, or it would not be a function of the hash: see
//! [`Symbolizer::resolve`](super::Symbolizer::resolve).
//!
//! The hash of return addresses `p1 … pn`, `pn` the innermost, is the sum of `pi · Mⁿ⁻ⁱ` modulo
//! 2⁶⁴ over the window. `M` is odd, so that nothing is shifted out.

/// How many return addresses count.
pub(crate) const WINDOW: usize = 64;

const M: u64 = 0x9E37_79B9_7F4A_7C15;

/// `M` to the power of [`WINDOW`]: the weight of the return address that leaves the window.
const LEAVING: u64 = {
    let (mut power, mut n) = (1_u64, 0);
    while n < WINDOW {
        power = power.wrapping_mul(M);
        n += 1;
    }
    power
};

/// The hash of an empty stack.
pub(crate) const EMPTY: u64 = 0;

/// The hash of a stack with `pc` as its new innermost return address.
///
/// `outer` is the hash that the innermost entry has now, [`EMPTY`] if there is none. `leaving`
/// is the return address that [`WINDOW`] entries stand above once `pc` is there: that of the
/// entry `n - WINDOW` of the `n` that are there now; 0 if there are fewer.
#[inline(always)]
#[must_use]
pub(crate) const fn entered(outer: u64, leaving: usize, pc: usize) -> u64 {
    let rest = (pc as u64).wrapping_sub((leaving as u64).wrapping_mul(LEAVING));
    outer.wrapping_mul(M).wrapping_add(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a caller keeps it.
    fn hashes(pcs: &[usize]) -> Vec<u64> {
        let mut hashes: Vec<u64> = Vec::new();
        for (n, &pc) in pcs.iter().enumerate() {
            let leaving = n.checked_sub(WINDOW).map_or(0, |at| pcs[at]);
            hashes.push(entered(
                hashes.last().copied().unwrap_or(EMPTY),
                leaving,
                pc,
            ));
        }
        hashes
    }

    #[test]
    fn only_the_window_counts_and_all_of_it_does() {
        let pcs: Vec<usize> = (0..200).map(|n| 0x5555_0000 + 13 * n * n).collect();
        let all = hashes(&pcs);
        for end in WINDOW..=200 {
            let window = hashes(&pcs[end - WINDOW..end]);
            assert_eq!(all[end - 1], *window.last().unwrap());
            for at in 0..WINDOW {
                let mut other = pcs[end - WINDOW..end].to_vec();
                other[at] += 16;
                assert_ne!(all[end - 1], *hashes(&other).last().unwrap());
            }
        }
    }

    #[test]
    fn a_deep_recursion_has_as_many_hashes_as_the_window_and_its_period() {
        let pcs: Vec<usize> = (0..100_000).map(|n| 0x5555_0000 + 32 * (n % 3)).collect();
        let mut different = hashes(&pcs);
        different.sort_unstable();
        different.dedup();
        assert_eq!(different.len(), WINDOW - 1 + 3);
    }

    #[test]
    fn order_counts() {
        assert_ne!(hashes(&[1, 2]).last(), hashes(&[2, 1]).last());
    }
}
