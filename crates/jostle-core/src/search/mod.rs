//! The search: makes the next input from what earlier executions did.
//!
//! - `engine`: [`Search`], which generates the next input.
//! - `plan`: allocates executions among the search methods.
//! - `orders`: learns pairs of site classes that conflict, and draws orders between them.
//! - `flips`: picks a pair of operations of the last execution to reverse.
//! - `vary`: [`vary`] and [`cross`], which make inputs from others.
//! - `novelty`: finds what is new about an execution.
//! - `corpus`: keeps the executions that had something new.
//! - `prefixes`: cuts off or rearranges the choices of such an execution.
//! - `tuning`: the tuned constants.
//!
//! Samplers are blind: each execution is drawn like the first. Most bugs need no
//! more, but some are so far from what is likely that they have to be approached in
//! steps, each execution building on one that came a little closer than those before.
//! A search does both. Nothing in it knows a runtime: it hands out inputs and
//! is given their results, by `jostle hunt` and by the fuzz target alike.

mod corpus;
mod engine;
mod flips;
mod novelty;
mod orders;
mod plan;
mod prefixes;
mod tuning;
mod vary;

#[cfg(test)]
mod tests;

pub use engine::Search;
pub use vary::{cross, vary};
