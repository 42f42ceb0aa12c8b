//! A fast sum over the bytes of a file, to notice that it is not what was written.
//!
//! It guards against accidents (a torn write, a full disk, an editor), not against an
//! adversary. Keys of the cache are SHA-1 of the content; this is read on every link,
//! for every file, and SHA-1 would take longer than the link.

/// An odd constant with bits all over.
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

/// The sum of `data`. Every byte and the length matter to it.
pub(crate) fn checksum(data: &[u8]) -> u64 {
    let mut lanes = [
        FACTOR,
        !FACTOR,
        FACTOR.rotate_left(17),
        FACTOR.rotate_left(43),
    ];
    let (blocks, rest) = data.as_chunks::<32>();
    let mix = |lane: &mut u64, word: u64| {
        *lane = (*lane ^ word).wrapping_mul(FACTOR).rotate_left(29);
    };
    for block in blocks {
        for (lane, word) in lanes.iter_mut().zip(block.as_chunks::<8>().0) {
            mix(lane, u64::from_le_bytes(*word));
        }
    }
    for &byte in rest {
        mix(&mut lanes[0], u64::from(byte));
    }
    mix(&mut lanes[0], data.len() as u64);
    let mut sum = 0;
    for lane in lanes {
        mix(&mut sum, lane);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_and_the_length_matter() {
        let data: Vec<u8> = (0..100).collect();
        let sum = checksum(&data);
        for place in 0..data.len() {
            let mut other = data.clone();
            other[place] ^= 1;
            assert_ne!(checksum(&other), sum, "byte {place}");
            assert_ne!(checksum(&data[..place]), sum, "cut at {place}");
        }
        assert_ne!(checksum(&[0; 32]), checksum(&[0; 64]));
    }

    #[test]
    fn zeros_in_place_of_the_content_are_noticed() {
        let mut torn: Vec<u8> = (1..=255).cycle().take(8192).collect();
        let sum = checksum(&torn);
        torn[4096..].fill(0);
        assert_ne!(checksum(&torn), sum);
    }
}
