//! Explains a failure: the operations whose order decides, and what could have ended the
//! waits.
//!
//! - [`mod@self`]: [`Explanation`] and [`Pair`], the result.
//! - `order`: [`explain`], which finds the operations whose order decides.
//! - `release`: [`releases`], which lists what could have ended a wait.
//!
//! An explanation is found by experiment, and not by looking at the failure alone: of two
//! operations on the same object the order is said to decide if the scenario passes
//! once they come the other way round. How a schedule is executed is given as a closure.

mod order;
mod release;

pub use order::{Passing, TracedSteps, explain};
pub use release::{Release, releases};

use crate::trace::Trace;

/// Two operations of different tasks on the same object: places in the list of the
/// trace's steps or, behind its end, in that of the finding's waits, since what a task
/// waits to do is no step yet.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Pair {
    /// The one that comes first where the scenario fails.
    pub first: usize,
    /// The other one.
    pub second: usize,
}

/// An explanation of a failure.
#[derive(Clone, Default, Debug)]
pub struct Explanation {
    /// Pairs whose order decides: the other way round, nothing is found. The ones
    /// nearest to the failure first.
    pub deciding: Vec<Pair>,
    /// The passing execution that has most of its beginning in common with the failure,
    /// and the deciding pair there, which comes in the other order.
    pub nearest: Option<(Trace, Pair)>,
    /// The deciding pair of the failure that `nearest` turns round.
    pub reordered: Option<Pair>,
    /// The steps that matter: parts of a deciding pair, or the last step of a task that
    /// the finding is about.
    pub relevant: Vec<usize>,
    /// How many pairs were tried.
    pub tried: usize,
    /// How many more there are.
    pub untried: usize,
}
