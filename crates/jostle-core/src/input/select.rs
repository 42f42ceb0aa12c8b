//! Chooses the scenario of an input if none is named.

use crate::hash::spread;
use crate::input::seed::hash;

/// The one of `names` that `selector` selects, `None` if there are none.
///
/// By rendezvous hashing (Thaler, Ravishankar, "Using Name-Based Mappings to
/// Increase Hit Rates", 1998): each name has a score with the selector, and the
/// highest wins. So every name has the same share of all selectors; the order
/// of the names does not matter; and if a scenario is added, the only inputs of a
/// corpus that change their scenario are those that go to the new one.
///
/// All names are hashed each time: two microseconds for a hundred.
#[must_use]
pub fn select<'a>(selector: u32, names: &[&'a str]) -> Option<&'a str> {
    let salt = spread(u64::from(selector));
    names
        .iter()
        .copied()
        .max_by_key(|&name| (spread(hash(name) ^ salt), name))
}

/// The smallest selector with which [`select`] gives `name`; 0 if it is not among
/// `names`.
#[must_use]
pub fn selector_of(name: &str, names: &[&str]) -> u32 {
    // With a hundred names, one in a hundred selectors will do.
    let selectors = 0..names.len() as u32 * 100;
    let mut fitting = selectors.filter(|&s| select(s, names) == Some(name));
    fitting.next().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn each_name_has_a_selector() {
        for name in NAMES {
            assert_eq!(select(selector_of(name, &NAMES), &NAMES), Some(name));
        }
        assert_eq!(selector_of("unknown", &NAMES), 0);
    }

    const NAMES: [&str; 7] = ["a", "b", "cron_tick", "pool", "pool_fixed", "x1", "x2"];

    #[test]
    fn every_name_has_the_same_share() {
        let mut shares: BTreeMap<&str, u32> = BTreeMap::new();
        for selector in 0..14_000 {
            *shares.entry(select(selector, &NAMES).unwrap()).or_default() += 1;
        }
        assert_eq!(shares.len(), NAMES.len());
        // Mean 2,000, standard deviation 41.
        assert!(
            shares.values().all(|s| (1_800..2_200).contains(s)),
            "{shares:?}"
        );
    }

    #[test]
    fn a_new_name_takes_its_share_and_nothing_else_moves() {
        let mut more = NAMES.to_vec();
        more.insert(3, "new");
        let mut moved = 0;
        for selector in 0..8_000 {
            let (before, after) = (select(selector, &NAMES), select(selector, &more));
            assert!(after == before || after == Some("new"));
            moved += u32::from(after != before);
        }
        // Mean 1,000, standard deviation 30.
        assert!((850..1_150).contains(&moved), "{moved}");
    }

    #[test]
    fn the_order_of_the_names_does_not_matter() {
        let mut reversed = NAMES;
        reversed.reverse();
        for selector in 0..1_000 {
            assert_eq!(select(selector, &NAMES), select(selector, &reversed));
        }
        assert_eq!(select(0, &[]), None);
    }
}
