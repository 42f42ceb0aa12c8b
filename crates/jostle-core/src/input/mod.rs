//! Inputs: everything that an execution is made from.
//!
//! - [`mod@self`]: [`Input`], the parts of an input.
//! - `bytes`: [`Input::decode`] and [`Input::encode`], and the grammar of the
//!   bytes that a fuzzer works on.
//! - `steering`: [`Steering`], what a search adds to a sampler.
//! - `seed`: [`Input::from_seed`] and [`seed_of`], for campaigns without a
//!   fuzzer.
//! - `select`: `select`, which chooses the scenario of an input if none is named, and
//!   `selector_of`.
//!
//! An input is not a list of choices but a sampler, a few deviations from it and
//! the scenario's data. Bytes that are choices find bugs that take a precise
//! sequence of switches, because a fuzzer can learn it piece by piece, but are no
//! better than a random walk where many tasks have to be in an unlikely order; a
//! good sampler finds those at once and never finds the others.

mod bytes;
mod seed;
mod select;
mod steering;

pub use seed::seed_of;
pub use select::{select, selector_of};
pub use steering::Steering;

use crate::decision::Override;
use crate::strategy::{Kind, Transcript};

/// What drives one execution.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Input {
    /// The strategy that picks tasks where no override does.
    pub strategy: Kind,
    /// The seed of everything that is drawn.
    pub seed: u64,
    /// What a search adds to it.
    pub steering: Steering,
    /// Deviations from both. Of several for the same decision the first one counts.
    pub overrides: Vec<Override>,
    /// What the scenario makes its argument of.
    pub data: Vec<u8>,
}

impl Input {
    /// The canonical form of an execution: the non-preemptive strategy, and overrides where it
    /// chose something else.
    #[must_use]
    pub fn from_decisions(transcript: &Transcript, data: Vec<u8>) -> Input {
        let deviating = transcript
            .decisions
            .iter()
            .filter(|d| d.picked != d.default);
        Input {
            strategy: Kind::NonPreemptive,
            seed: 0,
            steering: Steering::none(),
            overrides: deviating
                .map(|d| Override {
                    at: d.number,
                    pick: d.rank(),
                })
                .collect(),
            data,
        }
    }
}
