//! The schedule that is minimized, the outcome of a trial, and which of two is smaller.

use crate::prescription::Deviation;
use crate::strategy::Transcript;

/// What determines an execution: data, and deviations from the non-preemptive schedule.
#[derive(Clone, Default, PartialEq, Eq, Hash, Debug)]
pub struct Schedule {
    /// What the scenario makes its argument of.
    pub data: Vec<u8>,
    /// In the order in which they apply.
    pub deviations: Vec<Deviation>,
}

/// What the execution of a candidate came to.
#[derive(Clone, Debug)]
pub struct Trial {
    /// The signature of what was found, if anything.
    pub signature: Option<String>,
    /// How many preemptions there were.
    pub preemptions: u32,
    /// How many steps were made.
    pub steps: u32,
    /// What was chosen.
    pub transcript: Transcript,
}

/// Which of two failing schedules is smaller, the most important first: preemptions,
/// since each is something a reader has to keep in mind; other deviations; bytes of
/// data; steps; and the data themselves, since zeros say less.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Cost {
    pub(super) preemptions: u32,
    pub(super) deviations: usize,
    bytes: usize,
    steps: u32,
    data: Vec<u8>,
}

impl Cost {
    pub(super) fn of(schedule: &Schedule, trial: &Trial) -> Cost {
        Cost {
            preemptions: trial.preemptions,
            deviations: schedule.deviations.len(),
            bytes: schedule.data.len(),
            steps: trial.steps,
            data: schedule.data.clone(),
        }
    }
}
