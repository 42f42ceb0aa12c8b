//! Size classes: which freed blocks may serve which requests.
//!
//! Up to 1 KiB a class is a multiple of 16 bytes, above that an eighth of a power of two. A
//! block is as large as its class, so that a block of the right class is always large enough,
//! and at most an eighth is wasted.

/// Classes of [`class_of`] are below this.
pub(super) const CLASSES: usize = 64 + 8 * (MAX_LOG - 10);
const MAX_LOG: usize = 40;

/// The largest size that has a class: 1 TiB.
pub(super) const LARGEST: usize = 1 << MAX_LOG;

/// The class of a size from 1 to [`LARGEST`], and the size of its blocks.
pub(super) fn class_of(size: usize) -> (usize, usize) {
    let size = size.clamp(1, LARGEST);
    if size <= 1024 {
        let units = size.div_ceil(16);
        return (units - 1, units * 16);
    }
    // 2^log < size <= 2^(log + 1)
    let log = (size - 1).ilog2() as usize;
    let step = 1 << (log - 3);
    let eighth = (size - (1 << log)).div_ceil(step);
    (64 + 8 * (log - 10) + eighth - 1, (1 << log) + eighth * step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_ordered_and_large_enough() {
        let mut last = (0, 16);
        for size in 1..100_000 {
            let (class, room) = class_of(size);
            assert!(room >= size && room % 16 == 0);
            assert!(room <= size + size / 8 + 16, "{size} in {room}");
            assert!(
                (class, room) == last || class == last.0 + 1 && room > last.1,
                "{size}"
            );
            assert_eq!(class_of(room), (class, room));
            last = (class, room);
        }
        assert_eq!(class_of(LARGEST), (CLASSES - 1, LARGEST));
    }
}
