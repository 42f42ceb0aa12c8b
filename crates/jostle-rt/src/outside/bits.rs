//! A set of descriptors.

/// Descriptors from 0 to `MOST - 1`.
#[derive(Clone, Debug)]
pub(crate) struct Bits([u64; Bits::MOST / 64]);

impl Bits {
    const MOST: usize = 4096;

    pub(crate) const NONE: Bits = Bits([0; Bits::MOST / 64]);

    #[inline]
    pub(crate) fn contains(&self, fd: i32) -> bool {
        let word = self.0.get(fd as usize / 64);
        word.is_some_and(|word| word & 1 << (fd as usize % 64) != 0)
    }

    #[inline]
    pub(crate) fn add(&mut self, fd: i32) {
        if let Some(word) = self.0.get_mut(fd as usize / 64) {
            *word |= 1 << (fd as usize % 64);
        }
    }

    #[inline]
    pub(crate) fn remove(&mut self, fd: i32) {
        if let Some(word) = self.0.get_mut(fd as usize / 64) {
            *word &= !(1 << (fd as usize % 64));
        }
    }

    /// Takes all of them out, from the lowest to the highest.
    pub(crate) fn drain(&mut self, mut each: impl FnMut(i32)) {
        for (at, word) in self.0.iter_mut().enumerate() {
            while *word != 0 {
                let bit = word.trailing_zeros();
                *word &= *word - 1;
                each((at * 64) as i32 + bit as i32);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_added_and_not_removed_comes_out_once_in_order() {
        let mut bits = Bits::NONE;
        for fd in [4095, 3, 64, 63, 3, 100] {
            bits.add(fd);
        }
        bits.remove(100);
        for nobody in [-1, 4096, i32::MAX] {
            bits.add(nobody);
            assert!(!bits.contains(nobody));
        }
        assert!(bits.contains(63) && !bits.contains(62));
        let mut all = Vec::new();
        bits.drain(|fd| all.push(fd));
        assert_eq!(all, [3, 63, 64, 4095]);
        bits.drain(|_| panic!("one is left"));
    }
}
