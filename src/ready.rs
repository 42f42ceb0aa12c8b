//! A set of tasks that answers "the k-th member" and "the next member after"
//! without looking at every task.

use crate::id::TaskId;

/// A set of tasks as a bitmap with a count for each word.
///
/// All operations cost a handful of instructions per 64 tasks at most, which
/// is what keeps the cost of a decision flat up to thousands of tasks.
#[derive(Clone, Default, Debug)]
pub struct TaskSet {
    words: Vec<u64>,
    /// Invariant: `counts[i]` is the number of ones in `words[i]`.
    counts: Vec<u8>,
    /// Invariant: the sum of `counts`.
    len: u32,
}

impl TaskSet {
    /// An empty set.
    #[must_use]
    pub fn new() -> TaskSet {
        TaskSet::default()
    }

    /// How many tasks are in the set.
    #[inline]
    #[must_use]
    pub fn len(&self) -> u32 {
        self.len
    }

    /// Whether the set is empty.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether `task` is in the set.
    #[inline]
    #[must_use]
    pub fn contains(&self, task: TaskId) -> bool {
        self.words
            .get(task.index() / 64)
            .is_some_and(|w| w >> (task.index() % 64) & 1 == 1)
    }

    /// Adds `task`; returns whether it was absent.
    #[inline]
    pub fn insert(&mut self, task: TaskId) -> bool {
        let (word, bit) = (task.index() / 64, 1u64 << (task.index() % 64));
        if word >= self.words.len() {
            self.grow(word);
        }
        let absent = self.words[word] & bit == 0;
        self.words[word] |= bit;
        self.counts[word] += u8::from(absent);
        self.len += u32::from(absent);
        absent
    }

    /// Removes `task`; returns whether it was present.
    #[inline]
    pub fn remove(&mut self, task: TaskId) -> bool {
        let (word, bit) = (task.index() / 64, 1u64 << (task.index() % 64));
        let Some(w) = self.words.get_mut(word) else {
            return false;
        };
        let present = *w & bit != 0;
        *w &= !bit;
        self.counts[word] -= u8::from(present);
        self.len -= u32::from(present);
        present
    }

    /// Removes every task, keeping the memory.
    pub fn clear(&mut self) {
        self.words.clear();
        self.counts.clear();
        self.len = 0;
    }

    /// Adds every member of `other`.
    #[inline]
    pub fn insert_all(&mut self, other: &TaskSet) {
        if other.words.len() > self.words.len() {
            self.grow(other.words.len() - 1);
        }
        for (i, &w) in other.words.iter().enumerate() {
            if w & !self.words[i] != 0 {
                self.set_word(i, self.words[i] | w);
            }
        }
    }

    /// Removes every member of `other`.
    #[inline]
    pub fn remove_all(&mut self, other: &TaskSet) {
        for (i, &w) in other.words.iter().enumerate().take(self.words.len()) {
            if w & self.words[i] != 0 {
                self.set_word(i, self.words[i] & !w);
            }
        }
    }

    /// The member with `rank` in the order of task numbers, counted from 0.
    ///
    /// # Panics
    ///
    /// If the set has no more than `rank` members.
    #[inline]
    #[must_use]
    pub fn nth(&self, rank: u32) -> TaskId {
        assert!(rank < self.len, "rank {rank} in a set of {}", self.len);
        let mut rank = rank;
        let mut word = 0;
        while rank >= u32::from(self.counts[word]) {
            rank -= u32::from(self.counts[word]);
            word += 1;
        }
        TaskId((word * 64) as u32 + select(self.words[word], rank))
    }

    /// The first member.
    #[inline]
    #[must_use]
    pub fn first(&self) -> Option<TaskId> {
        (!self.is_empty()).then(|| self.nth(0))
    }

    /// The member with the smallest number above `task`, or the first one if
    /// there is none above.
    #[must_use]
    pub fn next_after(&self, task: TaskId) -> Option<TaskId> {
        let start = task.index() + 1;
        let mut word = start / 64;
        if let Some(w) = self.words.get(word) {
            let above = w & (u64::MAX << (start % 64));
            if above != 0 {
                return Some(TaskId((word * 64) as u32 + above.trailing_zeros()));
            }
            word += 1;
            while let Some(&w) = self.words.get(word) {
                if w != 0 {
                    return Some(TaskId((word * 64) as u32 + w.trailing_zeros()));
                }
                word += 1;
            }
        }
        self.first()
    }

    /// The members in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = TaskId> + '_ {
        self.words.iter().enumerate().flat_map(|(i, &w)| {
            let mut rest = w;
            std::iter::from_fn(move || {
                (rest != 0).then(|| {
                    let bit = rest.trailing_zeros();
                    rest &= rest - 1;
                    TaskId((i * 64) as u32 + bit)
                })
            })
        })
    }

    fn set_word(&mut self, i: usize, w: u64) {
        let count = w.count_ones() as u8;
        self.len = self.len - u32::from(self.counts[i]) + u32::from(count);
        self.counts[i] = count;
        self.words[i] = w;
    }

    #[cold]
    fn grow(&mut self, word: usize) {
        self.words.resize(word + 1, 0);
        self.counts.resize(word + 1, 0);
    }
}

impl FromIterator<TaskId> for TaskSet {
    fn from_iter<I: IntoIterator<Item = TaskId>>(tasks: I) -> TaskSet {
        let mut set = TaskSet::new();
        for task in tasks {
            set.insert(task);
        }
        set
    }
}

/// The position of the one with `rank` in `word`, counted from 0.
#[inline]
fn select(word: u64, mut rank: u32) -> u32 {
    // Byte by byte first: clearing ones one at a time costs up to 63 rounds.
    let mut rest = word;
    let mut base = 0;
    if rank >= 4 {
        let pairs = word - ((word >> 1) & 0x5555_5555_5555_5555);
        let nibbles = (pairs & 0x3333_3333_3333_3333) + ((pairs >> 2) & 0x3333_3333_3333_3333);
        let bytes = (nibbles + (nibbles >> 4)) & 0x0f0f_0f0f_0f0f_0f0f;
        // Byte i of `sums` counts the ones in bytes 0..=i.
        let sums = bytes.wrapping_mul(0x0101_0101_0101_0101);
        while ((sums >> base) & 0xff) as u32 <= rank {
            base += 8;
        }
        if base > 0 {
            rank -= ((sums >> (base - 8)) & 0xff) as u32;
        }
        rest = word >> base;
    }
    for _ in 0..rank {
        rest &= rest - 1;
    }
    base + rest.trailing_zeros()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn behaves_like_an_ordered_set(ops in prop::collection::vec((any::<bool>(), 0u32..300), 0..200)) {
            let mut set = TaskSet::new();
            let mut model = BTreeSet::new();
            for (add, n) in ops {
                let task = TaskId(n);
                if add {
                    prop_assert_eq!(set.insert(task), model.insert(n));
                } else {
                    prop_assert_eq!(set.remove(task), model.remove(&n));
                }
                prop_assert_eq!(set.len() as usize, model.len());
            }
            let members: Vec<u32> = model.iter().copied().collect();
            prop_assert_eq!(set.iter().map(|t| t.0).collect::<Vec<_>>(), members.clone());
            for (rank, &n) in members.iter().enumerate() {
                prop_assert_eq!(set.nth(rank as u32), TaskId(n));
            }
            for n in 0..310 {
                let next = model.range(n + 1..).next().or(model.first()).copied();
                prop_assert_eq!(set.next_after(TaskId(n)).map(|t| t.0), next);
                prop_assert_eq!(set.contains(TaskId(n)), model.contains(&n));
            }
        }

        #[test]
        fn union_and_difference(a in prop::collection::btree_set(0u32..300, 0..80), b in prop::collection::btree_set(0u32..300, 0..80)) {
            let of = |s: &BTreeSet<u32>| s.iter().map(|&n| TaskId(n)).collect::<TaskSet>();
            let mut union = of(&a);
            union.insert_all(&of(&b));
            prop_assert_eq!(union.len() as usize, a.union(&b).count());
            prop_assert!(union.iter().map(|t| t.0).eq(a.union(&b).copied()));
            let mut rest = of(&a);
            rest.remove_all(&of(&b));
            prop_assert_eq!(rest.len() as usize, a.difference(&b).count());
            prop_assert!(rest.iter().map(|t| t.0).eq(a.difference(&b).copied()));
        }
    }
}
