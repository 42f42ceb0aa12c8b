//! Leaves out deviations.
//!
//! Delta debugging (Zeller and Hildebrandt, "Simplifying and Isolating
//! Failure-Inducing Input", TSE 2002) without its complements: half of the
//! deviations, a quarter, and so on down to single ones, the last ones first, since
//! what the early ones do decides what the later ones mean.

use crate::minimize::schedule::Schedule;
use crate::minimize::trials::Trials;

/// Deviations of which every two are left out together.
const FEW: usize = 16;

/// Tries to do without any.
pub(super) fn none(trials: &mut Trials<'_>) {
    let deviations = Vec::new();
    let data = trials.best().schedule.data.clone();
    trials.improves(Schedule { data, deviations });
}

/// Leaves out what can be left out.
pub(super) fn leave_out(trials: &mut Trials<'_>) {
    let mut size = count(trials).div_ceil(2);
    while size > 0 && !trials.is_over() {
        let progress = leave_out_pieces(trials, size);
        size = match size {
            1 if progress => 1,
            1 => 0,
            _ => size.div_ceil(2),
        };
    }
    leave_out_pairs(trials);
}

fn count(trials: &Trials<'_>) -> usize {
    trials.best().schedule.deviations.len()
}

/// Tries to leave out every `size` deviations in a row.
fn leave_out_pieces(trials: &mut Trials<'_>, size: usize) -> bool {
    let mut progress = false;
    let mut end = count(trials);
    while end > 0 && !trials.is_over() {
        let start = end.saturating_sub(size);
        let mut candidate = trials.best().schedule.clone();
        candidate.deviations.drain(start..end);
        progress |= trials.improves(candidate);
        end = start.min(count(trials));
    }
    progress
}

/// A switch away from a task and the one back to it can only go together.
fn leave_out_pairs(trials: &mut Trials<'_>) {
    let mut j = 1;
    while j < count(trials) && count(trials) <= FEW && !trials.is_over() {
        let without = |i: usize| {
            let mut candidate = trials.best().schedule.clone();
            candidate.deviations.remove(j);
            candidate.deviations.remove(i);
            candidate
        };
        let candidates: Vec<Schedule> = (0..j).map(without).collect();
        let better = candidates.into_iter().any(|c| trials.improves(c));
        j = if better { 1 } else { j + 1 };
    }
}
