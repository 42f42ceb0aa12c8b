//! Constraints: orders between site classes, and tasks that are held.
//!
//! Many bugs need one thing to happen before another and do not care about the rest.
//! A sampler that draws interleavings of steps meets such an order less and less
//! often as there are more steps; asking for it costs the same whatever the number
//! of tasks, since what is ordered are [site classes](SiteClass) of operations, of which
//! a hundred equal tasks have few. The idea of constraining a random
//! scheduler is that of RFF (Wolff, Shi, Duck, Mathur, Roychoudhury, "Greybox Fuzzing
//! for Concurrency Testing", ASPLOS 2024), which asks for pairs of a write and the
//! read that sees it.

use crate::id::TaskId;
use crate::site_class::SiteClass;

/// The first operation of one site class comes before the first one of another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Order {
    /// What comes first.
    pub first: SiteClass,
    /// What comes after.
    pub then: SiteClass,
}

/// A task is held until another has done something, from the first decision that
/// is made by a strategy on. It is given up if nobody else can go on.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Hold {
    /// The task that is held.
    pub task: TaskId,
    /// Until this one
    pub until: TaskId,
    /// has done an operation of this site class.
    pub does: SiteClass,
}
