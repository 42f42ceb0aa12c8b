//! The search: the next input, from what earlier executions did.
//!
//! - `engine`: [`Search`], which turns what has been learned into inputs.
//! - `plan`: which way of looking gets which execution.
//! - `orders`: orders between classes of operations, and drawing them.
//! - `flips`: pairs of operations of the last execution, the other way round.
//! - `vary`: [`vary`] and [`cross`], inputs made of others.
//! - `novelty`: what is new about an execution.
//! - `corpus`: executions that had something new.
//! - `prefixes`: the choices of such an execution, cut off or rearranged.
//!
//! Samplers are blind: each execution is drawn like the first. Most bugs need no
//! more, but some are so far from what is likely that they have to be approached in
//! steps, each execution building on one that came a little closer than those before.
//! A search keeps both going. Nothing in it knows a runtime: it hands out inputs and
//! is told what came of them, by `jostle hunt` and by the fuzz target alike.

mod corpus;
mod engine;
mod flips;
mod novelty;
mod orders;
mod plan;
mod prefixes;
mod vary;

#[cfg(test)]
mod tests;

pub use engine::Search;
pub use vary::{cross, vary};
