//! Cuts off or rearranges the choices of an execution.

use crate::decision::{Pick, Rng};
use crate::search::corpus::Entry;
use crate::search::tuning::{BLOCK, FAR};

/// The beginning of an execution up to where it had something new, or a little less,
/// or any part of it.
pub(super) fn prefix(entry: &Entry, rng: &mut Rng) -> Vec<Pick> {
    let length = match rng.below(4) {
        0 | 1 => entry.cut,
        2 => entry.cut.saturating_sub(rng.below(4) as usize),
        _ => rng.below(entry.picks.len() as u32 + 1) as usize,
    };
    entry.picks[..length.min(entry.picks.len())].to_vec()
}

/// One, two or four changes. `other` are the choices of another execution.
pub(super) fn mutate(picks: &mut Vec<Pick>, other: Option<&[Pick]>, rng: &mut Rng) {
    for _ in 0..1 << rng.below(3) {
        change(picks, other, rng);
    }
}

fn change(picks: &mut Vec<Pick>, other: Option<&[Pick]>, rng: &mut Rng) {
    let len = picks.len() as u32;
    if len == 0 {
        return;
    }
    let at = rng.below(len) as usize;
    let end = (at + 1 + rng.below(BLOCK) as usize).min(picks.len());
    let any = picks[rng.below(len) as usize];
    match rng.below(8) {
        // A delay: what a task was going to do it does later. The most frequent by
        // far, because it is what a preemption does.
        0..=3 => {
            let by = (1 + rng.below(FAR) as usize).min(picks.len() - end);
            picks[at..end + by].rotate_left(end - at);
        }
        4 => picks[at..end].fill(any),
        5 => {
            picks.remove(at);
        }
        6 => picks.insert(at, any),
        _ => {
            if let Some(other) = other {
                picks.truncate(at);
                picks.extend(other.iter().skip(at));
            }
        }
    }
}
