//! The ChaCha stream that samplers draw from.

use std::fmt;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng};

/// A stream of random numbers that is the same for the same seed on every
/// machine: ChaCha with 8 rounds.
///
/// Eight rounds because the stream only has to be unpredictable to the program
/// under test; the rounds beyond would cost more than the rest of a decision.
pub struct Rng {
    stream: ChaCha8Rng,
}

impl Rng {
    /// The stream of `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Rng {
        Rng {
            stream: ChaCha8Rng::seed_from_u64(seed),
        }
    }

    /// A number below `bound`, or 0 if `bound` is 0.
    ///
    /// By multiplication, without rejection: the bias is below `bound / 2³²`,
    /// far less than any number of executions can show.
    #[inline]
    pub fn below(&mut self, bound: u32) -> u32 {
        ((u64::from(self.stream.next_u32()) * u64::from(bound)) >> 32) as u32
    }

    /// A number below `bound`, or 0 if `bound` is 0, for bounds that do not fit
    /// in 32 bits.
    #[inline]
    pub fn below_u64(&mut self, bound: u64) -> u64 {
        ((u128::from(self.stream.next_u64()) * u128::from(bound)) >> 64) as u64
    }

    /// 32 random bits.
    #[inline]
    pub fn bits32(&mut self) -> u32 {
        self.stream.next_u32()
    }

    /// 64 random bits.
    #[inline]
    pub fn bits64(&mut self) -> u64 {
        self.stream.next_u64()
    }

    /// Fills `bytes` with random bytes.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        self.stream.fill_bytes(bytes);
    }
}

impl fmt::Debug for Rng {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rng")
            .field("word", &self.stream.get_word_pos())
            .finish()
    }
}
