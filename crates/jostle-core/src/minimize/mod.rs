//! Minimizing: the smallest schedule and the least data that fail in the same way.
//!
//! - [`mod@self`]: [`minimize`], the order of the passes.
//! - `schedule`: [`Schedule`], which is minimized; [`Trial`], the outcome of a candidate;
//!   which of two is smaller.
//! - `trials`: tries candidates, keeps the best, and counts what was spent.
//! - `subsets`: leaves out deviations (delta debugging).
//! - `moves`: makes a switch earlier or later.
//! - `bounded`: searches for a failing schedule with fewer preemptions.
//! - `data`: makes the data shorter and simpler.
//! - [`nearby()`]: when a kept schedule no longer fails, tries schedules near it.
//!
//! What is minimized is the canonical form of an execution: the scenario's data, and
//! the points at which the schedule deviates from the non-preemptive one.
//! A candidate counts only if its finding has the same signature, so that one bug
//! never turns into another.
//!
//! Candidates are executed by a closure, so nothing here depends on a backend. The budget
//! is counted in executions and steps and not in time, so that the same failure is
//! minimized to the same schedule everywhere. Callers stop early via the closure and get
//! the best result so far.

mod bounded;
mod data;
mod moves;
mod nearby;
mod schedule;
mod subsets;
#[cfg(test)]
mod tests;
mod trials;

pub use nearby::nearby;
pub use schedule::{Schedule, Trial};
pub use trials::{Limits, Minimized};

use crate::minimize::trials::Trials;

/// Minimizes a failing execution.
///
/// `first` is the execution, and `data` what the scenario made its argument of. `run`
/// executes a candidate; `None` ends the search. `watch` is told how many candidates
/// there have been and, whenever there is a better one, which.
///
/// The result is the same each time for the same execution, unless `run` ended the
/// search. `None` if `first` has no finding, or if the schedule that was made of it
/// does not have the same one: then something decides that Jostle does not control.
pub fn minimize(
    first: Trial,
    data: Vec<u8>,
    limits: Limits,
    run: &mut dyn FnMut(&Schedule) -> Option<Trial>,
    watch: &mut dyn FnMut(u64, Option<&Minimized>),
) -> Option<Minimized> {
    let mut trials = Trials::begin(first, data, limits, run, watch)?;
    // Most failures need next to nothing of the schedule that found them, and few
    // deviations make every other pass cheap.
    subsets::none(&mut trials);
    loop {
        let before = trials.best().cost();
        subsets::leave_out(&mut trials);
        moves::try_all(&mut trials);
        data::shrink(&mut trials);
        bounded::search(&mut trials);
        if trials.is_over() || trials.best().cost() == before {
            return Some(trials.end());
        }
    }
}
