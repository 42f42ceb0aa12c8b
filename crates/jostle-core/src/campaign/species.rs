//! Counts classes of executions, and estimates how many are unseen.
//!
//! The estimates are those that biologists make of species, from how many were met
//! once or twice (Böhme, "STADS: Software Testing as Species Discovery", TOSEM 2018):
//!
//! - the probability that the next execution is of a class not yet seen is about
//!   `f₁ / n` (Good and Turing), with `f₁` classes seen once in `n` executions;
//! - at least about `f₁² / 2f₂` classes are unseen (Chao, 1984), with `f₂` classes seen
//!   twice.
//!
//! Both assume that executions are drawn independently from one distribution. A
//! sampler does that. A search does not: it goes where it has not been, so that what is
//! seen once is more frequent than it would be, and the first estimate too high. Neither
//! says anything about classes that the search hardly ever gets to, nor that an
//! unseen class has a bug.

use std::collections::HashMap;

use crate::hash::Mixed;

/// Classes counted at most: memory for about 32 megabytes.
pub const DISTINCT_LIMIT: usize = 1 << 20;

/// Counts classes.
#[derive(Clone, Default, Debug)]
pub struct SpeciesCount {
    /// How often each class was seen, at least once.
    counts: HashMap<u64, u32, Mixed>,
    executions: u64,
    /// How many classes were seen once, and twice.
    rare: [u64; 2],
    full: bool,
}

impl SpeciesCount {
    /// Counts an execution of `class`. Returns how often it was seen before, `None` if
    /// there are too many classes for this one to be counted.
    pub fn add(&mut self, class: u64) -> Option<u32> {
        if self.counts.len() >= DISTINCT_LIMIT && !self.counts.contains_key(&class) {
            self.full = true;
            return None;
        }
        self.executions += 1;
        let count = self.counts.entry(class).or_insert(0);
        let before = *count;
        *count = before.saturating_add(1);
        self.changed(before, before.saturating_add(1));
        Some(before)
    }

    /// Takes back an execution of `class` that was counted.
    pub fn remove(&mut self, class: u64) {
        let Some(count) = self.counts.get_mut(&class) else {
            return;
        };
        let before = *count;
        *count -= 1;
        if before == 1 {
            self.counts.remove(&class);
        }
        self.executions -= 1;
        self.changed(before, before - 1);
    }

    /// Counts all that `other` has counted.
    pub fn merge(&mut self, other: &SpeciesCount) {
        // The order in which the map gives its classes plays no part, as long as all
        // of them have room.
        for (&class, &count) in &other.counts {
            if self.counts.len() >= DISTINCT_LIMIT && !self.counts.contains_key(&class) {
                self.full = true;
                continue;
            }
            let sum = self.counts.entry(class).or_insert(0);
            let before = *sum;
            *sum = before.saturating_add(count);
            let after = *sum;
            self.changed(before, after);
        }
        self.executions += other.executions;
        self.full |= other.full;
    }

    fn changed(&mut self, before: u32, after: u32) {
        for (at, rare) in self.rare.iter_mut().enumerate() {
            *rare -= u64::from(before as usize == at + 1);
            *rare += u64::from(after as usize == at + 1);
        }
    }

    /// How many classes were seen. Stops at [`DISTINCT_LIMIT`].
    #[must_use]
    pub fn distinct(&self) -> u64 {
        self.counts.len() as u64
    }

    /// About how likely the next execution is of a class not yet seen, from 0 to 1;
    /// `None` if nothing can be said: no executions, or more classes than are counted.
    #[must_use]
    pub fn unseen(&self) -> Option<f64> {
        let some = self.executions > 0 && !self.full;
        some.then(|| self.rare[0] as f64 / self.executions as f64)
    }

    /// About how many classes are unseen at least; `None` as for
    /// [`unseen`](SpeciesCount::unseen).
    #[must_use]
    pub fn missing(&self) -> Option<u64> {
        self.unseen()?;
        // Chao's form that does not divide by zero.
        let [once, twice] = self.rare;
        Some(once * once.saturating_sub(1) / (2 * (twice + 1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::Rng;

    fn counting(classes: impl IntoIterator<Item = u64>) -> SpeciesCount {
        let mut counted = SpeciesCount::default();
        for class in classes {
            counted.add(class);
        }
        counted
    }

    #[test]
    fn a_class_is_new_once() {
        let mut counted = SpeciesCount::default();
        let before = [1, 2, 1, 1, 1, 2].map(|class| counted.add(class));
        assert_eq!(before, [0, 0, 1, 2, 3, 1].map(Some));
        assert_eq!(counted.distinct(), 2);
        assert_eq!(counted.unseen(), Some(0.0));
        assert_eq!(SpeciesCount::default().unseen(), None);
    }

    #[test]
    fn the_estimates_are_those_of_the_papers() {
        // Five once, two twice, one three times: 12 executions.
        let counted = counting([1, 2, 3, 4, 5, 6, 6, 7, 7, 8, 8, 8]);
        assert_eq!(counted.unseen(), Some(5.0 / 12.0));
        assert_eq!(counted.missing(), Some(5 * 4 / (2 * 3)));
    }

    #[test]
    fn where_all_are_as_likely_the_estimates_are_close() {
        let mut rng = Rng::new(0);
        let counted = counting((0..2000).map(|_| u64::from(rng.below(1000))));
        // 1000 classes in 2000 draws: 135 are unseen, and 13.5 % of the draws to come.
        let unseen = counted.unseen().unwrap();
        assert!((0.11..0.16).contains(&unseen), "{unseen}");
        let missing = counted.missing().unwrap();
        assert!((90..180).contains(&missing), "{missing}");
        assert!(counted.distinct() + missing > 900);
    }

    #[test]
    fn what_is_taken_back_and_what_is_put_together_is_as_if_counted_so() {
        let figures = |c: &SpeciesCount| (c.distinct(), c.unseen(), c.missing());
        let all = [1, 2, 2, 3, 3, 3, 4, 5, 5];
        let mut more = counting(all.into_iter().chain([1, 6, 5, 6, 6]));
        for class in [6, 5, 6, 1, 6] {
            more.remove(class);
        }
        assert_eq!(figures(&more), figures(&counting(all)));
        let mut merged = counting(all[..4].iter().copied());
        merged.merge(&counting(all[4..].iter().copied()));
        assert_eq!(figures(&merged), figures(&counting(all)));
    }

    #[test]
    fn beyond_the_limit_nothing_is_said() {
        let counted = counting(0..=DISTINCT_LIMIT as u64);
        assert_eq!(counted.distinct(), DISTINCT_LIMIT as u64);
        assert_eq!(counted.unseen(), None);
        assert_eq!(counted.missing(), None);
    }
}
