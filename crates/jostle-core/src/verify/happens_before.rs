//! The happens-before order of the events of one execution.

use std::collections::HashMap;

use crate::hash::mix;
use crate::id::TaskId;
use crate::strategy::{Gate, Touch};
use crate::verify::event::{Clock, Event};

/// The events up to the present one, with tables that find conflicts.
#[derive(Default, Debug)]
pub(super) struct HappensBefore {
    events: Vec<Event>,
    /// For each piece of state the events that touched it, and whether they
    /// wrote.
    touches: HashMap<Touch, Vec<(usize, bool)>>,
    /// For each gate how it was set by which event.
    gates: HashMap<Gate, Vec<(usize, bool)>>,
    /// The events of each task.
    of_task: Vec<Vec<usize>>,
    universal: Vec<usize>,
    /// `sums[n]` is the sum of the hashes of the first `n` events.
    sums: Vec<u64>,
}

impl HappensBefore {
    pub(super) fn len(&self) -> usize {
        self.events.len()
    }

    pub(super) fn event(&self, at: usize) -> &Event {
        &self.events[at]
    }

    /// The same for all executions with the same events in the same partial
    /// order (a Mazurkiewicz trace), whatever the order in which they happened.
    pub(super) fn class(&self) -> u64 {
        self.sums.last().copied().unwrap_or(0)
    }

    /// Adds an event, which happens after all those that it conflicts with.
    /// `answers` is a hash of what the environment answered meanwhile.
    pub(super) fn push(&mut self, mut event: Event, answers: u64) {
        event.tidy();
        let at = self.events.len();
        let (clock, before) = self.before(&event);
        event.clock = clock;
        let task = event.task.index();
        if self.of_task.len() <= task {
            self.of_task.resize(task + 1, Vec::new());
        }
        event.nth = self.of_task[task].len() as u32 + 1;
        event.clock.set(event.task, event.nth);
        event.hash = mix(mix(event.label, u64::from(event.nth)), mix(answers, before));
        self.of_task[task].push(at);
        for &(touch, write) in &event.footprint {
            self.touches.entry(touch).or_default().push((at, write));
        }
        for &(gate, open) in &event.gates {
            self.gates.entry(gate).or_default().push((at, open));
        }
        if event.universal {
            self.universal.push(at);
        }
        self.sums
            .push(self.class().wrapping_add(mix(event.hash, 1)));
        self.events.push(event);
    }

    /// What happens before an event, as a clock and as a hash.
    fn before(&self, event: &Event) -> (Clock, u64) {
        let mut clock = Clock::default();
        if event.universal {
            for last in self.of_task.iter().filter_map(|events| events.last()) {
                clock.join(&self.events[*last].clock);
            }
            return (clock, self.class());
        }
        let mut before: Vec<usize> = self.universal.last().copied().into_iter().collect();
        for &(touch, write) in &event.footprint {
            for &(other, writes) in self.touches_of(touch).iter().rev() {
                if write || writes {
                    before.push(other);
                }
                if writes {
                    break;
                }
            }
        }
        before.sort_unstable();
        before.dedup();
        let mut hash = 0u64;
        for other in before {
            clock.join(&self.events[other].clock);
            hash = hash.wrapping_add(mix(self.events[other].hash, 2));
        }
        (clock, hash)
    }

    /// Takes back the last event.
    pub(super) fn pop(&mut self) {
        let Some(event) = self.events.pop() else {
            return;
        };
        let at = self.events.len();
        self.sums.pop();
        self.of_task[event.task.index()].pop();
        for (touch, _) in event.footprint {
            if let Some(list) = self.touches.get_mut(&touch) {
                list.pop();
            }
        }
        for (gate, _) in event.gates {
            if let Some(list) = self.gates.get_mut(&gate) {
                list.pop();
            }
        }
        if event.universal {
            self.universal.pop();
        }
        debug_assert!(self.universal.last().is_none_or(|&u| u < at));
    }

    /// The events that touched a piece of state, and whether they wrote it.
    pub(super) fn touches_of(&self, touch: Touch) -> &[(usize, bool)] {
        self.touches.get(&touch).map_or(&[], Vec::as_slice)
    }

    /// The events that conflict with every other one.
    pub(super) fn universal(&self) -> &[usize] {
        &self.universal
    }

    /// The events of each task.
    pub(super) fn by_task(&self) -> impl Iterator<Item = &[usize]> {
        self.of_task.iter().map(Vec::as_slice)
    }

    /// Whether a gate was open before the event `at`.
    pub(super) fn was_open(&self, gate: Gate, at: usize) -> bool {
        let Some(settings) = self.gates.get(&gate) else {
            return false;
        };
        let before = settings.partition_point(|&(e, _)| e < at);
        match before.checked_sub(1) {
            Some(i) => settings[i].1,
            // Whoever touches an object first sets its gates, but they were so
            // from the beginning.
            None => settings
                .first()
                .is_some_and(|&(e, open)| open && self.events[e].makes(gate.object)),
        }
    }

    /// Whether a gate would be open before the event `j` if neither `i` nor anything
    /// that happens after `i` had happened.
    pub(super) fn would_be_open(&self, gate: Gate, i: usize, j: usize) -> bool {
        let first = &self.events[i];
        let settings = self.gates.get(&gate).map_or(&[][..], Vec::as_slice);
        let between = settings.iter().rev().filter(|&&(e, _)| i < e && e < j);
        let mut kept = between.filter(|&&(e, _)| !self.events[e].clock.covers(first));
        kept.next()
            .map_or_else(|| self.was_open(gate, i), |&(_, open)| open)
    }

    /// What made `task` what it was before the event `at`: everything before the
    /// last event that touched it.
    pub(super) fn past_of(&self, task: TaskId, at: usize) -> Clock {
        let events = self.touches_of(Touch::Task(task));
        let before = events.partition_point(|&(e, _)| e < at);
        match before.checked_sub(1) {
            Some(i) => self.events[events[i].0].clock.clone(),
            None => Clock::default(),
        }
    }

    /// The gate that `task` has come to and not passed before the event `at`.
    pub(super) fn gate_of(&self, task: TaskId, at: usize) -> Option<Gate> {
        for event in self.events[..at].iter().rev() {
            let arrival = event.arrivals.iter().rev().find(|(t, _)| *t == task);
            if let Some(&(_, gate)) = arrival {
                return Some(gate);
            }
            if event.task == task {
                return None;
            }
        }
        None
    }

    /// The tasks that have come to a gate and not passed it, with the gate.
    pub(super) fn blocked(&self) -> Vec<(TaskId, Gate)> {
        let mut tasks: Vec<TaskId> = self
            .events
            .iter()
            .flat_map(|e| e.arrivals.iter().map(|&(task, _)| task))
            .collect();
        tasks.sort_unstable();
        tasks.dedup();
        let gate = |task: TaskId| Some((task, self.gate_of(task, self.events.len())?));
        tasks.into_iter().filter_map(gate).collect()
    }
}
