//! When a kept schedule no longer fails, tries schedules near it.

use std::collections::{HashSet, VecDeque};

use crate::minimize::schedule::{Schedule, Trial};
use crate::prescription::Deviation;

/// The first schedule that fails among `base`, the non-preemptive one, and those that have one
/// deviation more than one of these, then two more, and so on; `most` of them are
/// tried.
///
/// `run` executes a candidate; `None` ends the search.
pub fn nearby(
    base: &Schedule,
    most: usize,
    run: &mut dyn FnMut(&Schedule) -> Option<Trial>,
) -> Option<Schedule> {
    let none = Vec::new();
    let mut queue = VecDeque::from([base.deviations.clone(), none]);
    let mut seen: HashSet<Vec<Deviation>> = queue.iter().cloned().collect();
    for _ in 0..most {
        let schedule = Schedule {
            deviations: queue.pop_front()?,
            data: base.data.clone(),
        };
        let trial = run(&schedule)?;
        if trial.signature.is_some() {
            return Some(schedule);
        }
        for decision in &trial.transcript.decisions {
            // No more than will be tried.
            if queue.len() >= most {
                break;
            }
            for &pick in decision.options.iter().filter(|&&o| o != decision.picked) {
                let mut longer = schedule.deviations.clone();
                longer.retain(|d| (d.at, d.kind) != (decision.at, decision.kind));
                longer.push(decision.deviation(pick));
                longer.sort_unstable();
                if seen.insert(longer.clone()) {
                    queue.push_back(longer);
                }
            }
        }
    }
    None
}
