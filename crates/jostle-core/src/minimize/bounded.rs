//! Searches for a failing schedule with fewer preemptions.
//!
//! Leaving out and moving stop where nothing more can be left out, but a quite different
//! schedule may need less. So this begins with the non-preemptive schedule and tries
//! all that have one deviation, then all with two, and so on, as far as they could be
//! smaller than the best so far: iterative context bounding (Musuvathi and Qadeer,
//! PLDI 2007), except that picking a task when one blocks counts here, because readers must
//! be told it.

use std::collections::{BTreeMap, VecDeque};

use crate::minimize::schedule::Schedule;
use crate::minimize::trials::Trials;
use crate::prescription::Deviation;
use crate::strategy::Decision;

/// Fewer preemptions are not worth more than so many other deviations in their place;
/// and since a wait can end spuriously again and again, there would be no end to them.
const MORE: usize = 2;

/// Schedules to be tried, by the number of deviations and of preemptions.
type Queue = BTreeMap<(usize, u32), VecDeque<Vec<Deviation>>>;

/// Searches until there is nothing smaller or the limit of one search is reached.
pub(super) fn search(trials: &mut Trials<'_>) {
    if !trials.begin_search() {
        return;
    }
    let end = trials.best().trials + trials.search_limit();
    let data = trials.best().schedule.data.clone();
    let mut queue = Queue::from([((0, 0), VecDeque::from([Vec::new()]))]);
    let mut queued = 0;
    while let Some((preemptions, deviations)) = next(&mut queue) {
        if trials.best().trials >= end || !is_smaller(trials, preemptions, deviations.len()) {
            continue;
        }
        let schedule = Schedule {
            data: data.clone(),
            deviations,
        };
        let Some(trial) = trials.run(schedule.clone()) else {
            continue;
        };
        for decision in after(&trial.transcript.decisions, schedule.deviations.last()) {
            for &pick in decision.options.iter().filter(|&&o| o != decision.picked) {
                let preemptions = preemptions + u32::from(decision.preempts(pick));
                let size = schedule.deviations.len() + 1;
                // No more than will be tried.
                if queued < trials.search_limit() && is_smaller(trials, preemptions, size) {
                    let mut longer = schedule.deviations.clone();
                    longer.push(decision.deviation(pick));
                    queue
                        .entry((size, preemptions))
                        .or_default()
                        .push_back(longer);
                    queued += 1;
                }
            }
        }
    }
}

fn next(queue: &mut Queue) -> Option<(u32, Vec<Deviation>)> {
    loop {
        let mut first = queue.first_entry()?;
        let (_, preemptions) = *first.key();
        match first.get_mut().pop_front() {
            Some(deviations) => return Some((preemptions, deviations)),
            None => first.remove(),
        };
    }
}

fn is_smaller(trials: &Trials<'_>, preemptions: u32, deviations: usize) -> bool {
    let best = trials.best().cost();
    (preemptions, deviations) < (best.preemptions, best.deviations)
        && deviations <= best.deviations + MORE
}

/// The decisions after the last deviation; without one, all.
fn after<'a>(decisions: &'a [Decision], last: Option<&Deviation>) -> &'a [Decision] {
    let Some(last) = last else { return decisions };
    let at = decisions
        .iter()
        .position(|d| d.at == last.at && d.kind == last.kind);
    match at {
        Some(at) => &decisions[at + 1..],
        // It did not apply: without it the schedule has been tried.
        None => &[],
    }
}
