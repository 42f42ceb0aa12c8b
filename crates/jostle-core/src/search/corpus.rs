//! Keeps the executions that had something new, to build on them.

use crate::decision::{Pick, Rng};

/// Entries kept at most, and picks in all of them: 16 MiB.
const ENTRIES: usize = 4096;
const PICKS: usize = 1 << 21;

/// An execution that had something new.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Its choices.
    pub(super) picks: Vec<Pick>,
    /// How many of them it took to the last new thing.
    pub(super) cut: usize,
    /// What the scenario made its argument of.
    pub(super) data: Vec<u8>,
    /// How often it was built on.
    uses: u32,
}

/// The entries, the oldest first.
#[derive(Default, Debug)]
pub(super) struct Corpus {
    entries: Vec<Entry>,
    picks: usize,
}

impl Corpus {
    /// How many entries there are, and how many picks they have.
    #[cfg(test)]
    pub(super) fn size(&self) -> (usize, usize) {
        (self.entries.len(), self.picks)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Adds an execution. If that makes too many, entries that were built on more
    /// often than others go.
    pub(super) fn add(&mut self, picks: Vec<Pick>, cut: usize, data: Vec<u8>, rng: &mut Rng) {
        self.picks += picks.len();
        self.entries.push(Entry {
            picks,
            cut,
            data,
            uses: 0,
        });
        while self.entries.len() > ENTRIES || (self.picks > PICKS && self.entries.len() > 1) {
            let last = self.entries.len() as u32 - 1;
            let victim = (0..3)
                .map(|_| rng.below(last) as usize)
                .max_by_key(|&at| self.entries[at].uses)
                .unwrap_or(0);
            let gone = self.entries.remove(victim);
            self.picks -= gone.picks.len();
        }
    }

    /// One of the `newest` entries, or, every other time, the one of three that was
    /// built on least.
    ///
    /// # Panics
    ///
    /// If there is no entry.
    pub(super) fn draw(&mut self, newest: u32, rng: &mut Rng) -> &Entry {
        let len = self.entries.len() as u32;
        let at = if rng.below(2) == 0 {
            len - 1 - rng.below(newest.min(len))
        } else {
            let at = (0..3)
                .map(|_| rng.below(len))
                .min_by_key(|&at| self.entries[at as usize].uses);
            at.unwrap_or(0)
        };
        let entry = &mut self.entries[at as usize];
        entry.uses += 1;
        entry
    }

    /// The choices of any entry.
    pub(super) fn any(&self, rng: &mut Rng) -> Option<&[Pick]> {
        let at = rng.below(self.entries.len() as u32) as usize;
        self.entries.get(at).map(|entry| &entry.picks[..])
    }
}
