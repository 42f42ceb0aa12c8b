//! Hashes that are the same in every process, on every machine and in every version of
//! the standard library, which `DefaultHasher` does not promise.

/// The increment of SplitMix64: odd, and close to 2⁶⁴ divided by the golden ratio.
const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

/// The output function of SplitMix64 (Steele, Lea, Flood, "Fast Splittable
/// Pseudorandom Number Generators", OOPSLA 2014): a bijection that spreads each
/// bit over all others.
#[inline]
#[must_use]
pub const fn spread(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A hash of two words: output `b` of the SplitMix64 generator with the state `a`.
#[inline]
#[must_use]
pub const fn mix(a: u64, b: u64) -> u64 {
    spread(a.wrapping_add(GAMMA.wrapping_mul(b.wrapping_add(1))))
}

/// FNV-1a, 64 bits, for what is kept: names, and signatures of findings.
#[derive(Clone, Copy, Debug)]
pub struct Fnv(u64);

impl Fnv {
    /// The hash of nothing.
    #[must_use]
    pub const fn new() -> Fnv {
        Fnv(0xcbf2_9ce4_8422_2325)
    }

    /// Hashes in `bytes`.
    pub fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    /// The hash so far.
    #[must_use]
    pub const fn finish(self) -> u64 {
        self.0
    }
}

impl Default for Fnv {
    fn default() -> Fnv {
        Fnv::new()
    }
}

/// A multiplicative hash over words, a few instructions each: of traces, and of keys
/// that are hashes or addresses already. The multiplier is an odd constant with about as
/// many ones as zeros.
#[derive(Clone, Copy, Debug)]
pub struct Words(u64);

impl Words {
    /// The hash of no words.
    #[must_use]
    pub const fn new() -> Words {
        Words(GAMMA)
    }

    /// Hashes in `word`.
    #[inline]
    pub const fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0xf135_7aea_2e62_a9c5);
    }

    /// The hash so far. Tables take its upper bits for one thing and the lower ones for
    /// another.
    #[inline]
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0 ^ (self.0 >> 29)
    }
}

impl Default for Words {
    fn default() -> Words {
        Words::new()
    }
}

impl std::hash::Hasher for Words {
    #[inline]
    fn write_u64(&mut self, word: u64) {
        self.add(word);
    }

    #[inline]
    fn write_u32(&mut self, word: u32) {
        self.add(u64::from(word));
    }

    #[inline]
    fn write_usize(&mut self, word: usize) {
        self.add(word as u64);
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.add(u64::from(byte));
        }
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.get()
    }
}

/// Makes tables hash their keys with [`Words`], without the random keys of the standard
/// hash.
pub type Mixed = std::hash::BuildHasherDefault<Words>;
