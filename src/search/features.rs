//! What is new about an execution.
//!
//! For every operation on an object two hashes are looked up among all that have been
//! seen in the scenario:
//!
//! - what it did (its class, the class of the write that it reads from, whether that
//!   was its own task's, the value) together with what its task did just before;
//! - its class, how often its task had done that, and the class of the write.
//!
//! The first tells protocols apart by their data: that a compare-exchange saw the
//! value that another task had put there two steps ago is what most lock-free bugs
//! hang on. Pairs of neighbours are enough. With longer memory everything is new, and
//! what is kept is noise; with single operations nothing is new after a while.

use std::collections::{HashMap, HashSet};

use crate::class::{Mixed, mix};
use crate::search::observed::Observed;

/// Hashes kept at most. When there are more, all are forgotten: a search that goes
/// on for that long may as well begin again.
const MOST: usize = 1 << 21;

/// Everything that has been seen.
#[derive(Default, Debug)]
pub(super) struct Features {
    seen: HashSet<u64, Mixed>,
    /// What each task did last.
    last: Vec<u64>,
    /// How often each task has done what.
    counts: HashMap<u64, u32, Mixed>,
}

impl Features {
    /// Takes in the last execution. Returns its last operation that had something
    /// new about it, by its place in the list, if there is one.
    pub(super) fn learn(&mut self, observed: &Observed) -> Option<usize> {
        if self.seen.len() > MOST {
            self.seen.clear();
        }
        self.last.clear();
        self.counts.clear();
        let mut newest = None;
        for (at, seen) in observed.list.iter().enumerate() {
            let task = seen.task.index();
            if task >= self.last.len() {
                self.last.resize(task + 1, 0);
            }
            let source = seen.source.map(|s| &observed.list[s as usize]);
            let read = source.map_or(u64::MAX, |source| {
                u64::from(source.class) << 1 | u64::from(source.task == seen.task)
            });
            let value = seen.value.map_or(u64::MAX, u64::from);
            let deed = mix(mix(u64::from(seen.class), read), value);
            let pair = mix(deed, self.last[task]);
            self.last[task] = deed;
            let key = (task as u64) << 32 | u64::from(seen.class);
            let count = self.counts.entry(mix(key, 0)).or_insert(0);
            let nth = mix(
                mix(u64::from(seen.class), u64::from(bucket(*count))),
                read ^ 1 << 63,
            );
            *count += 1;
            let pair = self.seen.insert(pair);
            let nth = self.seen.insert(nth);
            if pair || nth {
                newest = Some(at);
            }
        }
        newest
    }
}

/// Small numbers exactly, larger ones by their length, so that a loop is new only
/// when it doubles.
fn bucket(n: u32) -> u32 {
    if n < 16 { n } else { 16 + n.ilog2() }
}
