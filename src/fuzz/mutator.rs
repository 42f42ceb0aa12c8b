//! Makes new inputs for libFuzzer out of those that it has.
//!
//! Mutations of bytes know nothing of schedules. The search that has seen every execution so
//! far does, and chooses most of the new inputs, as in `jostle hunt`. The others are inputs
//! that libFuzzer keeps because they reached new code: they are decoded, changed in one place,
//! and encoded again. Their share is larger where there is more to find than schedules, since
//! libFuzzer's own mutations find that too.

use jostle_core::decision::Rng;
use jostle_core::hash::mix;
use jostle_core::input::Input;
use jostle_core::search::{self, Search};

/// Tells the stream of the mutator from the one of the search with the same seed.
const MUTATOR: u64 = 0x6d75_7461_746f_7221;

/// The input that takes the place of another.
pub(super) enum Mutant {
    /// These bytes.
    Bytes(Vec<u8>),
    /// The one that libFuzzer's own mutation makes.
    Another,
}

/// How libFuzzer's two ways to a new input, mutation and crossover, which it takes equally
/// often, are shared out, in eighths. The rest of both is the search's.
struct Shares {
    /// Of mutation: libFuzzer's own, and a change in one place.
    another: u32,
    vary: u32,
    /// Of crossover: itself.
    cross: u32,
}

impl Shares {
    /// If all there is to find are schedules.
    const SCHEDULES: Shares = Shares {
        another: 0,
        vary: 1,
        cross: 1,
    };
    /// If there are also data for the scenario, or several scenarios to pick.
    const BYTES: Shares = Shares {
        another: 2,
        vary: 1,
        cross: 4,
    };

    fn of(open: bool) -> Shares {
        if open {
            Shares::BYTES
        } else {
            Shares::SCHEDULES
        }
    }
}

/// A mutant of `bytes` that has `most` bytes at most. `open` says whether more than
/// schedules is to be found.
pub(super) fn mutate(
    bytes: &[u8],
    most: usize,
    seed: u64,
    search: Option<&mut Search>,
    open: bool,
) -> Mutant {
    let (selector, mut input) = Input::decode(bytes);
    let shares = Shares::of(open);
    let drawn = Rng::new(mix(seed, MUTATOR)).below(8);
    match search {
        _ if drawn < shares.another => return Mutant::Another,
        Some(search) if drawn >= shares.another + shares.vary => input = search.next(seed),
        _ => search::vary(&mut input, seed),
    }
    Mutant::Bytes(fit(input, selector, most))
}

/// The cross of two inputs, or an input of the search instead.
pub(super) fn cross(
    a: &[u8],
    b: &[u8],
    most: usize,
    seed: u64,
    search: Option<&mut Search>,
    open: bool,
) -> Vec<u8> {
    let (selector, a) = Input::decode(a);
    let (_, b) = Input::decode(b);
    let drawn = Rng::new(mix(seed, MUTATOR)).below(8);
    let child = match search {
        Some(search) if drawn >= Shares::of(open).cross => search.next(seed),
        _ => search::cross(&a, &b, seed),
    };
    fit(child, selector, most)
}

/// The bytes of `input`, or of as much of it as has room: first data go, then the end
/// of the prefix, then all but the sampler.
fn fit(mut input: Input, selector: u32, most: usize) -> Vec<u8> {
    let bytes = input.encode(selector);
    if bytes.len() <= most {
        return bytes;
    }
    let over = |input: &Input| input.encode(selector).len().saturating_sub(most);
    let left = input.data.len().saturating_sub(over(&input));
    input.data.truncate(left);
    let picks = &input.steering.prefix.picks;
    let left = picks.len().saturating_sub(over(&input));
    input.steering.prefix.picks.truncate(left);
    if over(&input) > 0 {
        input.steering = jostle_core::input::Steering::none();
        input.overrides.clear();
    }
    let mut bytes = input.encode(selector);
    bytes.truncate(most);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    use jostle_core::decision::{ChoiceKind, Override, Pick, Prefix};
    use jostle_core::input::Steering;
    use jostle_core::strategy::Kind;

    fn large() -> Input {
        let pick = Pick {
            kind: ChoiceKind::Task,
            picked: 2,
        };
        Input {
            strategy: Kind::Pos,
            seed: 9,
            steering: Steering {
                prefix: Prefix {
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
                assert!(!input.steering.prefix.picks.is_empty());
            }
        }
    }

    #[test]
    fn mutants_are_of_the_same_scenario_and_fit() {
        let bytes = large().encode(3);
        for (open, share) in [(false, 0..=0), (true, 60..=140)] {
            let mut search = Search::new(open);
            let mut others = 0;
            for seed in 0..400 {
                match mutate(&bytes, 60, seed, Some(&mut search), open) {
                    Mutant::Another => others += 1,
                    Mutant::Bytes(mutant) => {
                        assert!(mutant.len() <= 60);
                        assert_eq!(Input::decode(&mutant).0, 3);
                    }
                }
                let other = large().encode(4);
                let child = cross(&bytes, &other, 60, seed, Some(&mut search), open);
                assert!(child.len() <= 60);
                assert_eq!(Input::decode(&child).0, 3);
            }
            assert!(share.contains(&others), "{others} of 400");
        }
    }

    #[test]
    fn most_new_inputs_are_what_the_search_says() {
        let bytes = large().encode(3);
        let mut search = Search::new(false);
        let mut own = 0;
        for seed in 0..400 {
            // The search knows nothing yet, so that its inputs have no tapes.
            let has_tape = |bytes: &[u8]| !Input::decode(bytes).1.steering.prefix.picks.is_empty();
            if let Mutant::Bytes(mutant) = mutate(&bytes, 99, seed, Some(&mut search), false) {
                own += u32::from(!has_tape(&mutant));
            }
            let child = cross(&bytes, &bytes, 99, seed, Some(&mut search), false);
            own += u32::from(!has_tape(&child));
        }
        assert!((660..=740).contains(&own), "{own} of 800");
        assert!(matches!(
            mutate(&bytes, 99, 1, None, false),
            Mutant::Bytes(_)
        ));
    }
}
