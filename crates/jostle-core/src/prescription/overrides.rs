//! Overrides: single decisions, by number.

/// What to pick at one decision, whatever the sampler says.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Override {
    /// Which decision of the execution, counted from 0.
    pub at: u32,
    /// Which alternative, modulo the number of alternatives. For a scheduling
    /// decision: the rank among the runnable tasks, in the order of their numbers.
    pub pick: u32,
}

/// Overrides that are being read.
#[derive(Clone, Default, Debug)]
pub(super) struct Overrides {
    /// Invariant: sorted by `at`, no two with the same `at`.
    list: Vec<Override>,
    next: usize,
}

impl Overrides {
    /// Of several for the same decision the first one counts.
    pub(super) fn new(mut list: Vec<Override>) -> Overrides {
        list.sort_by_key(|o| o.at);
        list.dedup_by_key(|o| o.at);
        Overrides { list, next: 0 }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Begins anew.
    pub(super) fn begin(&mut self) {
        self.next = 0;
    }

    /// The pick for decision `at`, if there is one. Decisions come in order, so `next`
    /// only moves forward.
    pub(super) fn take(&mut self, at: u32) -> Option<u32> {
        while let Some(o) = self.list.get(self.next) {
            match o.at.cmp(&at) {
                std::cmp::Ordering::Less => self.next += 1,
                std::cmp::Ordering::Equal => {
                    self.next += 1;
                    return Some(o.pick);
                }
                std::cmp::Ordering::Greater => return None,
            }
        }
        None
    }
}
