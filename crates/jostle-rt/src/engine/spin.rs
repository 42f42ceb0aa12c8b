//! Loops that read what nobody changes.
//!
//! `spin_loop` is an instruction, which nobody sees. What is seen is a thread that reads the
//! same values from the same places again and again and writes nothing: it waits for another
//! one. Such a thread goes on once another one has made a step, and is never what keeps an
//! execution from its end.
//!
//! Many loops end by themselves: they look a limited number of times before they wait in
//! earnest, or give up. Virtual time must not pass meanwhile, or a deadline would come before
//! the thread has even begun to wait. So a thread that spins while nobody else can go on has
//! to have looked much longer before time passes.
//!
//! The locks of the standard library read their word up to a hundred times before they wait
//! for it in earnest. What they would do in between makes no difference to anybody, so that
//! they wait at once, until somebody writes the word, or until nobody else can go on.

use jostle_core::op::Site;

/// What a thread has read lately without having changed anything since.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reads {
    seen: [(usize, u64); KEPT],
    next: usize,
    /// How many reads in a row gave what had been read before.
    stale: u32,
    /// It has waited for a write that did not come: so many reads of its loop are left.
    left: u32,
}

/// What a thread does that reads what it has read before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Spin {
    /// It goes on.
    No,
    /// It may be in the loop of a lock.
    Perhaps,
    /// It waits for another thread.
    Yes,
}

/// A loop that looks at more places than this is not recognized.
const KEPT: usize = 8;

/// So many stale reads are a wait.
const ENOUGH: u32 = 24;

/// So many are a wait that only time can end: more than limited loops make. The backoff of
/// crossbeam takes some 50 reads, the one of std's locks 100.
const LONG: u32 = 512;

/// So many looks a thread that has looked for long is given anew when others have done something:
/// what it waits for may be there, and a round of its loop takes several reads.
const ANOTHER_LOOK: u32 = 64;

/// So many are one in the loop of a lock.
const ENOUGH_AT_LOCK: u32 = 2;

/// Rounds of the loop of a lock at most: the standard library's makes 100.
const ROUNDS: u32 = 128;

/// Whether a place is in a lock of the standard library, which spins before it waits. The locks
/// of other libraries may do anything in their loops: there are frames of theirs below the
/// operation.
pub(crate) fn is_lock(site: Site) -> bool {
    let operation = matches!(
        site.operation(),
        "Mutex::lock" | "RwLock::read" | "RwLock::write" | "Condvar::wait"
    );
    operation && site.inner().is_empty()
}

impl Reads {
    pub(crate) const NONE: Reads = Reads {
        seen: [(0, 0); KEPT],
        next: 0,
        stale: 0,
        left: 0,
    };

    /// The thread has read `value` at `address`.
    #[inline]
    pub(crate) fn read(&mut self, address: usize, value: u64) -> Spin {
        if self.seen.contains(&(address, value)) {
            self.stale += 1;
            return match self.stale {
                _ if self.left > 0 => {
                    self.left -= 1;
                    Spin::No
                }
                ENOUGH.. => Spin::Yes,
                ENOUGH_AT_LOCK.. => Spin::Perhaps,
                _ => Spin::No,
            };
        }
        let known = self.seen.iter().position(|&(a, _)| a == address);
        let at = known.unwrap_or(self.next);
        if known.is_none() {
            self.next = (self.next + 1) % KEPT;
        }
        self.seen[at] = (address, value);
        self.stale = 0;
        Spin::No
    }

    /// The write that the thread waited for did not come, and nobody else can go on.
    #[inline]
    pub(crate) fn release(&mut self) {
        self.left = ROUNDS;
    }

    /// Whether a load that would give `value` is one more round of a lock's loop that nobody
    /// can end, which need not be scheduled.
    #[inline(always)]
    pub(crate) fn is_idle(&self, address: usize, value: u64) -> bool {
        self.left > 0 && self.seen.contains(&(address, value))
    }

    /// Whether the thread has looked so long that only time can end its loop.
    #[inline]
    pub(crate) fn is_long(&self) -> bool {
        self.stale >= LONG
    }

    /// Others have done something since it has looked.
    #[inline]
    pub(crate) fn look_again(&mut self) {
        self.stale = self.stale.min(LONG - ANOTHER_LOOK);
    }

    /// The thread has changed something.
    #[inline]
    pub(crate) fn wrote(&mut self) {
        if self.stale != 0 || self.next != 0 || self.left != 0 || self.seen[0].0 != 0 {
            *self = Reads::NONE;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_that_reads_the_same_waits_and_one_that_reads_something_new_does_not() {
        let waits = |rounds: u64, read: &dyn Fn(&mut Reads, u64) -> Spin| {
            let mut reads = Reads::NONE;
            (0..rounds).any(|i| read(&mut reads, i) == Spin::Yes)
        };
        assert!(waits(100, &|r, _| r.read(8, 0)));
        assert!(waits(100, &|r, _| {
            r.read(8, 0);
            r.read(16, 1)
        }));
        assert!(!waits(1000, &|r, i| r.read(8, i)));
        assert!(!waits(1000, &|r, _| {
            r.wrote();
            r.read(8, 0)
        }));
    }

    #[test]
    fn a_limited_loop_is_not_long() {
        let mut reads = Reads::NONE;
        for _ in 0..200 {
            reads.read(8, 0);
        }
        assert!(!reads.is_long());
        for _ in 0..400 {
            reads.read(8, 0);
        }
        assert!(reads.is_long());
        reads.look_again();
        assert!(!reads.is_long());
    }

    #[test]
    fn the_loop_of_a_lock_waits_early_and_once() {
        let mut reads = Reads::NONE;
        assert_eq!(reads.read(8, 1), Spin::No);
        assert_eq!(reads.read(8, 1), Spin::No);
        assert_eq!(reads.read(8, 1), Spin::Perhaps);
        reads.release();
        assert_eq!(reads.read(8, 1), Spin::No);
        reads.wrote();
        assert!((0..3).any(|_| reads.read(8, 1) == Spin::Perhaps));
    }
}
