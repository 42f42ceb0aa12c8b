//! Makes a switch earlier or later.
//!
//! A task that is preempted shortly before it would have waited is better left alone
//! until it waits: the same switch is no preemption then. (Jalbert and Sen, "A Trace
//! Simplification Technique for Effective Debugging of Concurrent Programs", FSE
//! 2010, move whole pieces of an execution for the same reason.)

use crate::decision::ChoiceKind;
use crate::minimize::trials::Trials;

/// How far a switch is moved. A preemption stands next to what it disturbs in nearly
/// all schedules that were found by chance, and beyond that the search takes over.
const FAR: u32 = 12;

/// Moves each switch, the last one first.
pub(super) fn try_all(trials: &mut Trials<'_>) {
    let mut i = trials.best().schedule.deviations.len();
    while i > 0 && !trials.is_over() {
        i -= 1;
        if move_one(trials, i) {
            i = trials.best().schedule.deviations.len();
        }
    }
}

fn move_one(trials: &mut Trials<'_>, i: usize) -> bool {
    let schedule = trials.best().schedule.clone();
    let switch = schedule.deviations[i];
    if switch.kind != ChoiceKind::Task {
        return false;
    }
    let steps = switch.at.steps;
    let later = (1..=FAR).map(|n| steps.saturating_add(n));
    let earlier = (1..=FAR).map_while(|n| steps.checked_sub(n));
    let mut places = later.chain(earlier);
    places.any(|steps| {
        let mut candidate = schedule.clone();
        candidate.deviations[i].at.steps = steps;
        trials.improves(candidate)
    })
}
