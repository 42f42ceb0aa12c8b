//! The ChaCha stream that samplers draw from.

use std::fmt;

use rand_chacha::ChaCha8Core;
use rand_chacha::rand_core::SeedableRng;
use rand_chacha::rand_core::block::Generator;

/// A stream of random numbers that is the same for the same seed on every
/// machine: ChaCha with 8 rounds.
///
/// Eight rounds because the stream only has to be unpredictable to the program
/// under test; the rounds beyond would cost more than the rest of a decision.
/// For the same reason a small number takes 16 bits of the stream and not more.
pub struct Rng {
    seed: u64,
    /// `None` before the first draw: an execution that makes no decision pays
    /// for no key schedule.
    stream: Option<ChaCha8Core>,
    /// A piece of the stream, used up to `at`.
    buffer: [u8; BUFFER],
    at: usize,
}

/// As much as the generator makes at a time.
const BUFFER: usize = 256;

impl Rng {
    /// The stream of `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Rng {
        Rng {
            seed,
            stream: None,
            buffer: [0; BUFFER],
            at: BUFFER,
        }
    }

    /// Starts over with the stream of `seed`.
    pub fn reset(&mut self, seed: u64) {
        self.seed = seed;
        self.stream = None;
        self.at = BUFFER;
    }

    /// A number below `bound`, or 0 if `bound` is 0; each with exactly the same
    /// probability.
    #[inline]
    pub fn below(&mut self, bound: u32) -> u32 {
        match self.peek_below(bound) {
            Some(number) => {
                self.drop_peeked();
                number
            }
            None => self.below_rejecting(bound),
        }
    }

    /// What [`below`](Rng::below) is about to answer, if that is a matter of a few
    /// instructions, as it nearly always is for small bounds. It draws nothing;
    /// whoever uses the number calls [`drop_peeked`](Rng::drop_peeked).
    #[inline(always)]
    pub(crate) fn peek_below(&self, bound: u32) -> Option<u32> {
        // Lemire's method (ACM TOMACS 29, 2019): the product's upper half is
        // the number, and its lower half tells the few draws that may have to
        // be rejected lest somebody is favoured. No bound of more than 16 bits
        // passes that test, so that the product may wrap.
        let bytes = self.buffer.get(self.at..self.at + 2)?;
        let bits = u32::from(u16::from_le_bytes([bytes[0], bytes[1]]));
        let product = bits.wrapping_mul(bound);
        (product & 0xffff >= bound).then_some(product >> 16)
    }

    /// Draws what [`peek_below`](Rng::peek_below) has answered.
    #[inline(always)]
    pub(crate) fn drop_peeked(&mut self) {
        self.at += 2;
    }

    /// As [`below`](Rng::below), in all cases. Not inlined, so that the samplers
    /// save no registers for a call that is hardly ever made.
    #[cold]
    #[inline(never)]
    fn below_rejecting(&mut self, bound: u32) -> u32 {
        if bound == 0 {
            return 0;
        }
        if let Ok(bound) = u16::try_from(bound) {
            let rejected = (u16::MAX % bound + 1) % bound;
            loop {
                let product = u32::from(self.bits16()) * u32::from(bound);
                if product as u16 >= rejected {
                    return product >> 16;
                }
            }
        }
        let rejected = (u32::MAX % bound + 1) % bound;
        loop {
            let product = u64::from(self.bits32()) * u64::from(bound);
            if product as u32 >= rejected {
                return (product >> 32) as u32;
            }
        }
    }

    /// A number below `bound`, or 0 if `bound` is 0, for bounds that do not fit
    /// in 32 bits.
    ///
    /// By multiplication, without rejection: the bias is below `bound / 2⁶⁴`.
    #[inline]
    pub fn below_u64(&mut self, bound: u64) -> u64 {
        ((u128::from(self.bits64()) * u128::from(bound)) >> 64) as u64
    }

    /// 16 random bits.
    #[inline]
    pub fn bits16(&mut self) -> u16 {
        u16::from_le_bytes(self.take())
    }

    /// 32 random bits.
    #[inline]
    pub fn bits32(&mut self) -> u32 {
        u32::from_le_bytes(self.take())
    }

    /// 64 random bits.
    #[inline]
    pub fn bits64(&mut self) -> u64 {
        u64::from_le_bytes(self.take())
    }

    /// Fills `bytes` with random bytes.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            [*byte] = self.take();
        }
    }

    /// The next bytes of the stream. Too few left in the buffer are skipped.
    #[inline]
    fn take<const N: usize>(&mut self) -> [u8; N] {
        if let Some(bytes) = self.buffer.get(self.at..self.at + N)
            && let Ok(bytes) = bytes.try_into()
        {
            self.at += N;
            return bytes;
        }
        self.refill();
        self.take_first()
    }

    fn take_first<const N: usize>(&mut self) -> [u8; N] {
        const { assert!(N <= BUFFER) };
        let mut bytes = [0; N];
        bytes.copy_from_slice(&self.buffer[..N]);
        self.at = N;
        bytes
    }

    #[cold]
    fn refill(&mut self) {
        let seed = self.seed;
        let mut words = [0; BUFFER / size_of::<u32>()];
        self.stream
            .get_or_insert_with(|| ChaCha8Core::seed_from_u64(seed))
            .generate(&mut words);
        let (chunks, _) = self.buffer.as_chunks_mut();
        for (bytes, word) in chunks.iter_mut().zip(words) {
            *bytes = word.to_le_bytes();
        }
    }
}

impl fmt::Debug for Rng {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rng")
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::Rng as _;

    use super::*;

    #[test]
    fn the_stream_is_that_of_chacha8() {
        let mut expected = [0; 3 * BUFFER];
        ChaCha8Rng::seed_from_u64(7).fill_bytes(&mut expected);
        let mut rng = Rng::new(1);
        rng.bits64();
        rng.reset(7);
        let mut bytes = [0; 3 * BUFFER];
        rng.fill(&mut bytes);
        assert_eq!(bytes, expected);
    }

    #[test]
    fn every_number_is_as_likely_as_any_other() {
        // 3/4 of 2¹⁶: without rejection every third number would come up twice
        // as often as the others.
        let bound = 3 << 14;
        let n = 300_000;
        let mut rng = Rng::new(0);
        let thirds = (0..n)
            .filter(|_| rng.below(bound).is_multiple_of(3))
            .count() as f64;
        let (mean, deviation) = (f64::from(n) / 3.0, (f64::from(n) * 2.0 / 9.0).sqrt());
        assert!((thirds - mean).abs() < 5.0 * deviation, "{thirds} of {n}");
    }

    #[test]
    fn numbers_are_below_their_bound() {
        let mut rng = Rng::new(0);
        for bound in [0, 1, 2, 3, 10, 65_535, 65_536, 65_537, u32::MAX] {
            for _ in 0..1000 {
                assert!(rng.below(bound) < bound.max(1));
            }
        }
    }
}
