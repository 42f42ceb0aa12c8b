//! A set of tasks that finds the k-th member, and the next one after a task, without
//! looking at every task.

use crate::id::TaskId;

/// A set of tasks as a bitmap with a count for each word.
///
/// The first word lies in the set itself: most scenarios have fewer than 64
/// tasks. Beyond, all operations cost a handful of instructions per 64 tasks at
/// most, which is what keeps the cost of a decision flat up to thousands of
/// tasks. What they need for that is not inlined.
#[derive(Clone, Default, Debug)]
pub struct TaskSet {
    head: Word,
    /// The words after `head`.
    tail: Vec<Word>,
    /// Invariant: the sum of the counts in `tail`.
    tail_len: u32,
}

/// Sixty-four tasks.
#[derive(Clone, Copy, Default, Debug)]
struct Word {
    bits: u64,
    /// Invariant: the number of ones in `bits`. Kept, because not every
    /// processor counts them in one instruction.
    count: u32,
}

impl Word {
    #[inline]
    fn contains(self, task: TaskId) -> bool {
        self.bits >> (task.index() % 64) & 1 == 1
    }

    #[inline]
    fn insert(&mut self, task: TaskId) -> bool {
        let absent = !self.contains(task);
        self.bits |= 1 << (task.index() % 64);
        self.count += u32::from(absent);
        absent
    }

    #[inline]
    fn remove(&mut self, task: TaskId) -> bool {
        let present = self.contains(task);
        self.bits &= !(1 << (task.index() % 64));
        self.count -= u32::from(present);
        present
    }

    /// Adds the members of `other`, in most cases all absent.
    #[inline]
    fn insert_all(&mut self, other: Word) {
        let overlap = self.bits & other.bits;
        self.bits |= other.bits;
        self.count = match overlap {
            0 => self.count + other.count,
            _ => count_ones(self.bits),
        };
    }

    /// Removes the members of `other`, in most cases all present.
    #[inline]
    fn remove_all(&mut self, other: Word) {
        let foreign = other.bits & !self.bits;
        self.bits &= !other.bits;
        self.count = match foreign {
            0 => self.count - other.count,
            _ => count_ones(self.bits),
        };
    }
}

/// A set of tasks below 64 that fits into registers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Few(Word);

impl Few {
    #[inline(always)]
    pub(crate) fn len(self) -> u32 {
        self.0.count
    }

    /// Removes `task`, which is a member.
    #[inline(always)]
    pub(crate) fn remove(&mut self, task: TaskId) {
        debug_assert!(self.0.contains(task), "{task} is no member");
        self.0.bits &= !(1 << (task.index() % 64));
        self.0.count -= 1;
    }

    /// The first member of a set that is not empty.
    #[inline(always)]
    pub(crate) fn first(self) -> TaskId {
        TaskId(self.0.bits.trailing_zeros())
    }

    /// As [`nth`](TaskSet::nth), if that is a matter of a few instructions.
    #[inline(always)]
    pub(crate) fn nth_if_near(self, rank: u32) -> Option<TaskId> {
        (rank < 16).then(|| TaskId(select_by_ones(self.0.bits, rank)))
    }
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
        self.head.count + self.tail_len
    }

    /// Whether the set is empty.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether `task` is in the set.
    #[inline]
    #[must_use]
    pub fn contains(&self, task: TaskId) -> bool {
        match tail_index(task) {
            None => self.head.contains(task),
            Some(i) => self.tail.get(i).is_some_and(|word| word.contains(task)),
        }
    }

    /// Adds `task`; returns whether it was absent.
    #[inline]
    pub fn insert(&mut self, task: TaskId) -> bool {
        match tail_index(task) {
            None => self.head.insert(task),
            Some(i) => self.insert_in_tail(i, task),
        }
    }

    #[inline(never)]
    fn insert_in_tail(&mut self, i: usize, task: TaskId) -> bool {
        self.grow(i + 1);
        let absent = self.tail[i].insert(task);
        self.tail_len += u32::from(absent);
        absent
    }

    /// Removes `task`; returns whether it was present.
    #[inline]
    pub fn remove(&mut self, task: TaskId) -> bool {
        match tail_index(task) {
            None => self.head.remove(task),
            Some(i) => self.remove_from_tail(i, task),
        }
    }

    #[inline(never)]
    fn remove_from_tail(&mut self, i: usize, task: TaskId) -> bool {
        let present = self.tail.get_mut(i).is_some_and(|word| word.remove(task));
        self.tail_len -= u32::from(present);
        present
    }

    /// Removes every task, keeping the memory.
    #[inline]
    pub fn clear(&mut self) {
        self.head = Word::default();
        self.tail.clear();
        self.tail_len = 0;
    }

    /// Adds every member of `other`.
    #[inline]
    pub fn insert_all(&mut self, other: &TaskSet) {
        self.head.insert_all(other.head);
        if other.tail_len > 0 {
            self.insert_all_in_tail(other);
        }
    }

    #[inline(never)]
    fn insert_all_in_tail(&mut self, other: &TaskSet) {
        self.grow(other.tail.len());
        for (word, &theirs) in self.tail.iter_mut().zip(&other.tail) {
            self.tail_len -= word.count;
            word.insert_all(theirs);
            self.tail_len += word.count;
        }
    }

    /// Removes every member of `other`.
    #[inline]
    pub fn remove_all(&mut self, other: &TaskSet) {
        self.head.remove_all(other.head);
        if other.tail_len > 0 {
            self.remove_all_from_tail(other);
        }
    }

    #[inline(never)]
    fn remove_all_from_tail(&mut self, other: &TaskSet) {
        for (word, &theirs) in self.tail.iter_mut().zip(&other.tail) {
            self.tail_len -= word.count;
            word.remove_all(theirs);
            self.tail_len += word.count;
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
        match rank.checked_sub(self.head.count) {
            None => TaskId(select(self.head.bits, rank)),
            Some(rank) => self.nth_of_tail(rank),
        }
    }

    /// The set, if no member is above 63.
    #[inline(always)]
    pub(crate) fn few(&self) -> Option<Few> {
        (self.tail_len == 0).then_some(Few(self.head))
    }

    /// Makes a set of which there are [`few`](TaskSet::few) equal to `few`.
    #[inline(always)]
    pub(crate) fn set_few(&mut self, few: Few) {
        debug_assert!(self.tail_len == 0, "the set has other members");
        self.head = few.0;
    }

    /// Below which number all members are.
    #[inline]
    pub(crate) fn span(&self) -> u32 {
        64 * (1 + self.tail.len() as u32)
    }

    /// Whether the set is not small and holds most tasks below its span.
    #[inline]
    pub(crate) fn is_dense(&self) -> bool {
        self.tail_len > 0 && self.len() > self.span() / 2
    }

    #[inline(never)]
    fn nth_of_tail(&self, mut rank: u32) -> TaskId {
        for (i, word) in self.tail.iter().enumerate() {
            match rank.checked_sub(word.count) {
                None => return TaskId((i as u32 + 1) * 64 + select(word.bits, rank)),
                Some(rest) => rank = rest,
            }
        }
        panic!("a set of {} tasks has no member of that rank", self.len());
    }

    /// How many members have smaller numbers than `task`.
    #[must_use]
    pub fn rank_of(&self, task: TaskId) -> u32 {
        let below = |word: &Word, bits: usize| (word.bits & !(u64::MAX << bits)).count_ones();
        match tail_index(task) {
            None => below(&self.head, task.index() % 64),
            Some(i) => {
                let full: u32 = self.tail.iter().take(i).map(|word| word.count).sum();
                let last = self.tail.get(i).map(|w| below(w, task.index() % 64));
                self.head.count + full + last.unwrap_or_default()
            }
        }
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
        let mut mask = u64::MAX << (start % 64);
        for (i, word) in self.words().enumerate().skip(start / 64) {
            let above = word.bits & mask;
            if above != 0 {
                return Some(TaskId(i as u32 * 64 + above.trailing_zeros()));
            }
            mask = u64::MAX;
        }
        self.first()
    }

    /// The members in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = TaskId> + '_ {
        self.words().enumerate().flat_map(|(i, word)| {
            let mut rest = word.bits;
            std::iter::from_fn(move || {
                (rest != 0).then(|| {
                    let bit = rest.trailing_zeros();
                    rest &= rest - 1;
                    TaskId(i as u32 * 64 + bit)
                })
            })
        })
    }

    fn words(&self) -> impl Iterator<Item = &Word> {
        std::iter::once(&self.head).chain(&self.tail)
    }

    fn grow(&mut self, len: usize) {
        if self.tail.len() < len {
            self.tail.resize(len, Word::default());
        }
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

/// Which word of the tail holds `task`, if it is not in the head.
#[inline]
fn tail_index(task: TaskId) -> Option<usize> {
    (task.index() / 64).checked_sub(1)
}

/// Out of line: without an instruction for it, which not every processor has, it is
/// a dozen of others.
#[cold]
fn count_ones(word: u64) -> u32 {
    word.count_ones()
}

/// The position of the one with `rank` in `word`, counted from 0.
#[inline]
fn select(word: u64, rank: u32) -> u32 {
    if rank >= 8 {
        return select_by_bytes(word, rank);
    }
    select_by_ones(word, rank)
}

/// As [`select`], one after the other.
#[inline(always)]
fn select_by_ones(word: u64, rank: u32) -> u32 {
    let mut rest = word;
    if rank > 0 {
        rest = without_lowest(rest);
        // Kept out of the way of what is the rule in small scenarios.
        for _ in 1..rank {
            rest = without_lowest(rest);
        }
    }
    rest.trailing_zeros()
}

/// As [`select`]: clearing ones one at a time would cost up to 63 rounds.
fn select_by_bytes(word: u64, rank: u32) -> u32 {
    let pairs = word - ((word >> 1) & 0x5555_5555_5555_5555);
    let nibbles = (pairs & 0x3333_3333_3333_3333) + ((pairs >> 2) & 0x3333_3333_3333_3333);
    let bytes = (nibbles + (nibbles >> 4)) & 0x0f0f_0f0f_0f0f_0f0f;
    // Byte i of `sums` counts the ones in bytes 0..i.
    let sums = bytes.wrapping_mul(0x0101_0101_0101_0101) << 8;
    let below = |base: u32| (sums >> base) as u8;
    // The highest byte with no more than `rank` ones below it.
    let mut base = 0;
    while base < 56 && u32::from(below(base + 8)) <= rank {
        base += 8;
    }
    let mut rest = word >> base;
    for _ in u32::from(below(base))..rank {
        rest = without_lowest(rest);
    }
    base + rest.trailing_zeros()
}

/// `word` with its lowest one cleared.
#[inline]
fn without_lowest(word: u64) -> u64 {
    word & word.wrapping_sub(1)
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
                prop_assert_eq!(set.rank_of(TaskId(n)) as usize, model.range(..n).count());
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
