//! Several hunts of one contender on one program, and what they say.

use std::fmt;

use serde::Serialize;

use crate::hunt::Hunt;

/// What the hunts of one contender on one program came to.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Sample {
    pub(crate) cap: u64,
    /// In the order of the seeds.
    pub(crate) hunts: Vec<Hunt>,
}

/// A number of executions, or more than the cap.
#[derive(Clone, Copy, PartialEq, PartialOrd, Debug)]
pub(crate) struct Median(f64);

impl Median {
    pub(crate) const fn new(executions: f64) -> Median {
        Median(executions)
    }

    pub(crate) fn executions(self) -> f64 {
        self.0
    }
}

impl fmt::Display for Median {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            m if m.is_infinite() => f.pad("–"),
            m if m.fract() == 0.0 => f.pad(&format!("{m:.0}")),
            m => f.pad(&format!("{m:.1}")),
        }
    }
}

impl Sample {
    /// Executions to the bug where it was found, in ascending order.
    fn found(&self) -> Vec<u64> {
        let found = self.hunts.iter().filter_map(|hunt| match hunt {
            Hunt::Found(execution) => Some(*execution),
            _ => None,
        });
        let mut found: Vec<_> = found.collect();
        found.sort_unstable();
        found
    }

    pub(crate) fn count_found(&self) -> usize {
        self.found().len()
    }

    /// The largest number of executions, `None` if it was not always found.
    pub(crate) fn worst(&self) -> Option<u64> {
        let found = self.found();
        (found.len() == self.hunts.len()).then(|| found.last().copied())?
    }

    /// The median over all hunts; one that found nothing counts as infinite.
    pub(crate) fn median(&self) -> Median {
        let found = self.found();
        let at = |i: usize| found.get(i).map_or(f64::INFINITY, |&n| n as f64);
        let n = self.hunts.len();
        Median(match n % 2 {
            _ if n == 0 => f64::INFINITY,
            1 => at(n / 2),
            _ => f64::midpoint(at(n / 2 - 1), at(n / 2)),
        })
    }

    /// What went wrong, if anything did.
    pub(crate) fn trouble(&self) -> Option<&str> {
        self.hunts.iter().find_map(|hunt| match hunt {
            Hunt::Trouble(what) => Some(what.as_str()),
            _ => None,
        })
    }
}

/// `median (min–max)`, and how many found it unless all did.
impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = self.found();
        let mut text = self.median().to_string();
        if let (Some(first), Some(last)) = (found.first(), found.last())
            && self.hunts.len() > 1
        {
            text += &format!(" ({first}–{last})");
        }
        if found.len() < self.hunts.len() {
            text += &format!(" [{}/{}]", found.len(), self.hunts.len());
        }
        if self.trouble().is_some() {
            text += " !";
        }
        f.pad(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(hunts: &[Option<u64>]) -> Sample {
        let hunts = hunts.iter().map(|h| h.map_or(Hunt::Missed, Hunt::Found));
        Sample {
            cap: 100,
            hunts: hunts.collect(),
        }
    }

    #[test]
    fn the_median_counts_those_that_found_nothing() {
        for (hunts, text) in [
            (&[Some(3)][..], "3"),
            (&[Some(9), Some(1), Some(2)], "2 (1–9)"),
            (&[Some(9), Some(2)], "5.5 (2–9)"),
            (&[Some(9), None, Some(2)], "9 (2–9) [2/3]"),
            (&[Some(9), None], "– (9–9) [1/2]"),
            (&[None, None], "– [0/2]"),
        ] {
            assert_eq!(sample(hunts).to_string(), text);
        }
    }

    #[test]
    fn there_is_no_worst_if_one_found_nothing() {
        assert_eq!(sample(&[Some(4), Some(7)]).worst(), Some(7));
        assert_eq!(sample(&[Some(4), None]).worst(), None);
    }
}
