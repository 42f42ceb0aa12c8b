//! What libFuzzer's inputs are turned into.
//!
//! A mutation of bytes knows nothing of schedules. Here an input is decoded, changed
//! as a search would, and encoded again; and the search that has looked at every
//! execution so far has its own ideas, as in `jostle hunt`. A share is left to
//! libFuzzer, which finds its way through the scenario's data.

use crate::decision::Rng;
use crate::hash::mix;
use crate::input::Input;
use crate::search::{self, Search};

/// Tells the stream of the mutator from the one of the search with the same seed.
const MUTATOR: u64 = 0x6d75_7461_746f_7221;

/// What becomes of an input.
pub(super) enum Mutant {
    /// These bytes.
    Bytes(Vec<u8>),
    /// Whatever libFuzzer makes of it.
    Another,
}

/// A mutant of `bytes` that has `most` bytes at most.
pub(super) fn mutate(bytes: &[u8], most: usize, seed: u64, search: Option<&mut Search>) -> Mutant {
    let (selector, mut input) = Input::decode(bytes);
    let mut rng = Rng::new(mix(seed, MUTATOR));
    match (rng.below(8), search) {
        (0, _) => return Mutant::Another,
        (1..=5, Some(search)) => input = search.next(seed),
        _ => search::vary(&mut input, seed),
    }
    Mutant::Bytes(fit(input, selector, most))
}

/// What two inputs make together.
pub(super) fn cross(a: &[u8], b: &[u8], most: usize, seed: u64) -> Vec<u8> {
    let (selector, a) = Input::decode(a);
    let (_, b) = Input::decode(b);
    fit(search::cross(&a, &b, seed), selector, most)
}

/// The bytes of `input`, or of as much of it as has room: first data go, then the end
/// of the tape, then all but the sampler.
fn fit(mut input: Input, selector: u32, most: usize) -> Vec<u8> {
    let bytes = input.encode(selector);
    if bytes.len() <= most {
        return bytes;
    }
    let over = |input: &Input| input.encode(selector).len().saturating_sub(most);
    let left = input.data.len().saturating_sub(over(&input));
    input.data.truncate(left);
    let picks = &input.steering.tape.picks;
    let left = picks.len().saturating_sub(over(&input));
    input.steering.tape.picks.truncate(left);
    if over(&input) > 0 {
        input.steering = crate::input::Steering::none();
        input.overrides.clear();
    }
    let mut bytes = input.encode(selector);
    bytes.truncate(most);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::decision::{ChoiceKind, Override, Pick, Tape};
    use crate::input::Steering;
    use crate::strategy::Kind;

    fn large() -> Input {
        let pick = Pick {
            kind: ChoiceKind::Task,
            picked: 2,
        };
        Input {
            strategy: Kind::Pos,
            seed: 9,
            steering: Steering {
                tape: Tape {
                    picks: vec![pick; 30],
                    strict: true,
                },
                ..Steering::none()
            },
            overrides: vec![Override { at: 1, pick: 1 }],
            data: vec![7; 20],
        }
    }

    #[test]
    fn an_input_that_is_too_long_loses_what_matters_least() {
        let whole = large().encode(3);
        assert_eq!(fit(large(), 3, whole.len()), whole);
        for most in 0..whole.len() {
            let bytes = fit(large(), 3, most);
            assert!(bytes.len() <= most);
            let (_, input) = Input::decode(&bytes);
            if most >= 14 {
                assert_eq!((input.strategy, input.seed), (Kind::Pos, 9));
            }
            if most + 20 > whole.len() {
                assert_eq!(input.steering, large().steering);
                assert_eq!(input.data.len(), 20 - (whole.len() - most));
            } else if most >= 30 {
                assert!(!input.steering.tape.picks.is_empty());
            }
        }
    }

    #[test]
    fn mutants_are_of_the_same_scenario_and_fit() {
        let bytes = large().encode(3);
        let mut search = Search::new(true);
        let mut others = 0;
        for seed in 0..400 {
            match mutate(&bytes, 60, seed, Some(&mut search)) {
                Mutant::Another => others += 1,
                Mutant::Bytes(mutant) => {
                    assert!(mutant.len() <= 60);
                    assert_eq!(Input::decode(&mutant).0, 3);
                }
            }
        }
        assert!((25..90).contains(&others), "one in eight: {others}");
        let child = cross(&bytes, &large().encode(4), 60, 1);
        assert_eq!(Input::decode(&child).0, 3);
    }
}
