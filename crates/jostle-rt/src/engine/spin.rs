//! Loops that read what nobody changes.
//!
//! `spin_loop` is an instruction, which nobody sees. What is seen is a thread that reads the
//! same values from the same places again and again and writes nothing: it waits for another
//! one. Such a thread goes on once another one has made a step, and is never what keeps an
//! execution from its end.

/// What a thread has read lately without having changed anything since.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reads {
    /// What was read, as far as `kept` says. Not cleared by writes: most have nothing to clear.
    seen: [(usize, u64); KEPT],
    kept: usize,
    next: usize,
    /// How many reads in a row gave what had been read before.
    stale: u32,
}

/// A loop that looks at more places than this is not recognized.
const KEPT: usize = 8;

/// So many stale reads are a wait.
const ENOUGH: u32 = 24;

impl Reads {
    pub(crate) const NONE: Reads = Reads {
        seen: [(0, 0); KEPT],
        kept: 0,
        next: 0,
        stale: 0,
    };

    /// The thread has read `value` at `address`. Returns whether it waits.
    #[inline]
    pub(crate) fn read(&mut self, address: usize, value: u64) -> bool {
        let seen = self.seen.get(..self.kept).unwrap_or_default();
        if seen.contains(&(address, value)) {
            self.stale += 1;
            return self.stale >= ENOUGH;
        }
        let known = seen.iter().position(|&(a, _)| a == address);
        let at = known.unwrap_or(self.next);
        if known.is_none() {
            self.kept = self.kept.max(self.next + 1);
            self.next = (self.next + 1) % KEPT;
        }
        self.seen[at] = (address, value);
        self.stale = 0;
        false
    }

    /// The thread has changed something.
    #[inline]
    pub(crate) fn wrote(&mut self) {
        self.kept = 0;
        self.next = 0;
        self.stale = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_that_reads_the_same_waits_and_one_that_reads_something_new_does_not() {
        let mut reads = Reads::NONE;
        assert!((0..100).any(|_| reads.read(8, 0)));
        let mut reads = Reads::NONE;
        assert!((0..100).any(|_| reads.read(8, 0) | reads.read(16, 1)));
        let mut reads = Reads::NONE;
        assert!(!(0..1000).any(|i| reads.read(8, i)));
        let mut reads = Reads::NONE;
        let wrote = (0..1000).any(|_| {
            reads.wrote();
            reads.read(8, 0)
        });
        assert!(!wrote);
    }
}
