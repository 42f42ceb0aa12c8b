//! Derives inputs from seeds, and the seeds of a campaign from its seed.

use crate::decision::Rng;
use crate::hash::{Fnv, mix, spread};
use crate::input::{Input, Steering};
use crate::strategy::Kind;

/// Tells the stream that data are drawn from apart from the one of the same seed
/// that decisions are drawn from.
const DATA: u64 = 0x6461_7461_6461_7461;

/// The hash of a scenario's name.
pub(super) fn hash(name: &str) -> u64 {
    let mut hash = Fnv::new();
    hash.write(name.as_bytes());
    hash.finish()
}

/// The seed of execution `index` of `scenario` in a campaign.
///
/// It is output `index` of the SplitMix64 generator whose state is
/// `spread(spread(campaign_seed) ^ fnv1a(scenario))`, so that any execution of a
/// campaign can be made alone, in any order and on any machine, and no two of
/// the same scenario have the same seed.
#[must_use]
pub fn seed_of(campaign_seed: u64, scenario: &str, index: u64) -> u64 {
    let state = spread(spread(campaign_seed) ^ hash(scenario));
    mix(state, index)
}

impl Input {
    /// An input that is all drawn from `seed`: no overrides, and from 64 to 256
    /// bytes of data from a stream of their own.
    ///
    /// That is enough for a plan of a few dozen small steps; whatever a scenario
    /// asks for beyond, it reads as zeros.
    #[must_use]
    pub fn from_seed(strategy: Kind, seed: u64) -> Input {
        let mut stream = Rng::new(spread(seed ^ DATA));
        let mut data = vec![0; 64 + stream.below(193) as usize];
        stream.fill(&mut data);
        Input {
            strategy,
            seed,
            steering: Steering::none(),
            overrides: Vec::new(),
            data,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn seeds_are_those_of_splitmix64() {
        // The first outputs of the reference implementation for the state
        // 1234567.
        let state = 1_234_567u64;
        let output = |i: u64| mix(state, i);
        assert_eq!(
            [output(0), output(1), output(2)],
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423,
            ]
        );
    }

    #[test]
    fn seeds_stay_what_they_were() {
        // Calculated with another implementation. A changed value makes every
        // seed that anybody wrote down mean another execution.
        let seeds = [
            (0, "pool", 0),
            (0, "pool", 1),
            (1, "pool", 0),
            (0, "cron", 0),
        ];
        assert_eq!(
            seeds.map(|(campaign, scenario, index)| seed_of(campaign, scenario, index)),
            [
                0x49b7_3dd8_f56f_255d,
                0x27cc_5cdd_37dd_d0ac,
                0x01f2_a520_553a_bf2a,
                0xaa9d_833b_9fb8_c3af,
            ]
        );
    }

    #[test]
    fn no_two_executions_have_the_same_seed() {
        let mut seeds = BTreeSet::new();
        for campaign in 0..10 {
            for scenario in ["pool", "cron", ""] {
                for index in (0..100).chain([u64::MAX - 1, u64::MAX]) {
                    assert!(seeds.insert(seed_of(campaign, scenario, index)));
                }
            }
        }
    }

    #[test]
    fn data_are_a_function_of_the_seed_alone() {
        let mut lengths = BTreeSet::new();
        for seed in 0..500 {
            let input = Input::from_seed(Kind::Random, seed);
            assert_eq!(input.data, Input::from_seed(Kind::NonPreemptive, seed).data);
            assert_ne!(
                input.data,
                Input::from_seed(Kind::NonPreemptive, seed + 1).data
            );
            lengths.insert(input.data.len());
        }
        assert!(*lengths.first().unwrap() >= 64 && *lengths.last().unwrap() <= 256);
        assert!(lengths.len() > 150, "{}", lengths.len());
    }

    #[test]
    fn data_are_not_what_decisions_are_drawn_from() {
        let input = Input::from_seed(Kind::Random, 7);
        let mut drawn = vec![0; input.data.len()];
        Rng::new(7).fill(&mut drawn);
        assert_ne!(input.data, drawn);
        assert_ne!(input.data[..60], drawn[4..64]);
    }
}
