//! Finds what is new about an execution.

use std::collections::HashSet;

use crate::coverage::{Accesses, FeatureKinds, Features};
use crate::hash::Mixed;
use crate::history::History;

/// Features kept at most. When there are more, all are forgotten: a search that goes
/// on for that long may as well begin again.
const MOST: usize = 1 << 21;

/// Every feature that has been seen.
#[derive(Debug)]
pub(super) struct Novelty {
    features: Features,
    seen: HashSet<u64, Mixed>,
}

impl Novelty {
    pub(super) fn new(kinds: FeatureKinds) -> Novelty {
        Novelty {
            features: Features::new(kinds),
            seen: HashSet::default(),
        }
    }

    /// Takes in the last execution. Returns how many choices led to the last new
    /// thing about it, if there is one.
    pub(super) fn learn(&mut self, history: &History, accesses: &mut Accesses) -> Option<u32> {
        if self.seen.len() > MOST {
            self.seen.clear();
        }
        let mut newest = None;
        let seen = &mut self.seen;
        self.features.each(history, accesses, |feature, before| {
            if seen.insert(feature) {
                newest = newest.max(Some(before));
            }
        });
        newest
    }
}
