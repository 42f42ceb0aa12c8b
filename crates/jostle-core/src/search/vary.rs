//! Makes inputs from others, as a fuzzer does with its corpus.

use crate::decision::{Override, Rng};
use crate::input::Input;
use crate::search::prefixes;
use crate::strategy::{Depth, Kind};

/// Strategies to change to, the ones that find most first.
const STRATEGIES: [Kind; 6] = [
    Kind::Pos,
    Kind::Urw,
    Kind::Random,
    Kind::Pct(Depth::DEFAULT),
    Kind::NonPreemptive,
    Kind::Newest,
];

/// Overrides of an input at most; see the grammar of inputs.
const OVERRIDES: usize = 63;

/// How far from the beginning a new override is put: most executions have no more
/// decisions than that.
const REACH: u32 = 64;

/// Changes `input` in one place, as `seed` says.
pub fn vary(input: &mut Input, seed: u64) {
    let rng = &mut Rng::new(seed);
    let steered = !input.steering.is_none();
    match rng.below(8) {
        0 => input.seed = rng.bits64(),
        1 => input.strategy = STRATEGIES[rng.below(STRATEGIES.len() as u32) as usize],
        2 => vary_data(&mut input.data, rng),
        3 if !input.steering.orders.is_empty() => {
            let at = rng.below(input.steering.orders.len() as u32) as usize;
            if rng.below(2) == 0 {
                let order = &mut input.steering.orders[at];
                std::mem::swap(&mut order.first, &mut order.then);
            } else {
                input.steering.orders.remove(at);
            }
        }
        4..=6 if steered && !input.steering.prefix.picks.is_empty() => {
            let prefix = &mut input.steering.prefix;
            prefixes::mutate(&mut prefix.picks, None, rng);
            prefix.strict = false;
        }
        _ => vary_overrides(&mut input.overrides, rng),
    }
}

fn vary_data(data: &mut Vec<u8>, rng: &mut Rng) {
    let at = rng.below(data.len() as u32 + 1) as usize;
    match (rng.below(4), data.get_mut(at)) {
        (0, Some(_)) => {
            data.remove(at);
        }
        (1 | 2, Some(byte)) => *byte = rng.bits16() as u8,
        _ => data.insert(at, rng.bits16() as u8),
    }
}

fn vary_overrides(overrides: &mut Vec<Override>, rng: &mut Rng) {
    let len = overrides.len() as u32;
    let pick = rng.below(4);
    if len > 0 && rng.below(2) == 0 {
        let at = rng.below(len) as usize;
        match rng.below(3) {
            0 => {
                overrides.remove(at);
            }
            1 => overrides[at].pick = pick,
            _ => overrides[at].at = rng.below(REACH),
        }
    } else if overrides.len() < OVERRIDES {
        let at = rng.below(REACH);
        overrides.push(Override { at, pick });
    }
    overrides.sort_by_key(|o| o.at);
}

/// An input with parts of both: the steering of one with the sampler of the other, the
/// beginning of one prefix with the end of the other, all overrides, either's data.
#[must_use]
pub fn cross(a: &Input, b: &Input, seed: u64) -> Input {
    let mut rng = Rng::new(seed);
    let coin = |rng: &mut Rng| rng.below(2) == 0;
    let mut child = a.clone();
    if coin(&mut rng) {
        child.strategy = b.strategy;
        child.seed = b.seed;
    }
    if coin(&mut rng) {
        child.data.clone_from(&b.data);
    }
    let (ours, theirs) = (&a.steering, &b.steering);
    let shorter = ours.prefix.picks.len().min(theirs.prefix.picks.len());
    if shorter > 0 {
        let at = rng.below(shorter as u32) as usize;
        let picks = &mut child.steering.prefix.picks;
        picks.truncate(at);
        picks.extend(&theirs.prefix.picks[at..]);
        child.steering.prefix.strict = false;
    } else if ours.prefix.picks.is_empty() {
        child.steering.prefix = theirs.prefix.clone();
    }
    if ours.orders.is_empty() || coin(&mut rng) {
        child.steering.orders.clone_from(&theirs.orders);
    }
    child.steering.hold = ours.hold.or(theirs.hold);
    child.overrides.extend(&b.overrides);
    child.overrides.sort_by_key(|o| o.at);
    child.overrides.dedup_by_key(|o| o.at);
    child.overrides.truncate(OVERRIDES);
    child
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    use crate::decision::{ChoiceKind, Pick, Prefix};
    use crate::input::Steering;

    fn prefix(tasks: &[u32]) -> Prefix {
        let pick = |&picked: &u32| Pick {
            kind: ChoiceKind::Task,
            picked,
        };
        Prefix {
            picks: tasks.iter().map(pick).collect(),
            strict: true,
        }
    }

    fn input(tasks: &[u32], data: &[u8]) -> Input {
        Input {
            strategy: Kind::Random,
            seed: tasks.len() as u64,
            steering: Steering {
                prefix: prefix(tasks),
                ..Steering::none()
            },
            overrides: Vec::new(),
            data: data.to_vec(),
        }
    }

    #[test]
    fn a_change_is_small_and_has_bytes() {
        let original = input(&[1, 2, 3, 1, 2, 3], b"data");
        let mut seen = BTreeSet::new();
        for seed in 0..400 {
            let mut changed = original.clone();
            vary(&mut changed, seed);
            let differs = [
                changed.strategy != original.strategy,
                changed.seed != original.seed,
                changed.steering != original.steering,
                changed.overrides != original.overrides,
                changed.data != original.data,
            ];
            assert!(differs.iter().filter(|&&d| d).count() <= 1, "{changed:?}");
            assert_eq!(Input::decode(&changed.encode(1)), (1, changed));
            seen.insert(differs);
        }
        assert_eq!(
            seen.len(),
            6,
            "each part now and then, and nothing: {seen:?}"
        );
    }

    #[test]
    fn a_child_begins_like_one_and_goes_on_like_the_other() {
        let (a, b) = (input(&[1; 6], b"a"), input(&[2; 9], b"b"));
        let mut lengths = BTreeSet::new();
        for seed in 0..200 {
            let child = cross(&a, &b, seed);
            let picks: Vec<u32> = child
                .steering
                .prefix
                .picks
                .iter()
                .map(|p| p.picked)
                .collect();
            assert!(picks.is_sorted(), "{picks:?}");
            assert_eq!(picks.len(), 9);
            assert!(child.data == b"a" || child.data == b"b");
            lengths.insert(picks.iter().filter(|&&p| p == 1).count());
            assert_eq!(cross(&a, &b, seed), child);
        }
        assert_eq!(lengths.len(), 6, "{lengths:?}");
    }
}
