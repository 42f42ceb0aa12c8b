//! What a run has measured, and the ratios between contenders.

use crate::contender::Contender;
use crate::measure::{Cost, Speed};
use crate::workload::Workload;

/// One contender on one workload.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) workload: Workload,
    pub(crate) contender: Contender,
    pub(crate) cost: Cost,
    /// Not known for workloads that are only counted.
    pub(crate) speed: Option<Speed>,
}

/// Everything that a run has measured.
#[derive(Clone, Default, Debug)]
pub(crate) struct Results {
    pub(crate) rows: Vec<Row>,
}

impl Results {
    pub(crate) fn get(&self, contender: Contender, workload: Workload) -> Option<&Row> {
        let mut rows = self.rows.iter();
        rows.find(|r| r.contender == contender && r.workload == workload)
    }

    /// How many times fewer instructions `contender` needs for a step than the
    /// reference, each counting steps its own way.
    pub(crate) fn fewer_per_step(&self, contender: Contender, workload: Workload) -> Option<f64> {
        let reference = self.get(Contender::REFERENCE, workload)?.cost.per_step()?;
        Some(reference / self.get(contender, workload)?.cost.per_step()?)
    }

    /// How many times fewer instructions `contender` needs for an execution than
    /// the reference.
    pub(crate) fn fewer_per_execution(
        &self,
        contender: Contender,
        workload: Workload,
    ) -> Option<f64> {
        let reference = self.get(Contender::REFERENCE, workload)?.cost.instructions;
        Some(reference / self.get(contender, workload)?.cost.instructions)
    }

    /// How many times more executions `contender` makes in a second of CPU time
    /// than the reference.
    pub(crate) fn faster(&self, contender: Contender, workload: Workload) -> Option<f64> {
        let reference = self.get(Contender::REFERENCE, workload)?.speed?.cpu;
        Some(self.get(contender, workload)?.speed?.cpu / reference)
    }

    /// Instructions of one more step with 2 tasks: what 100 more yields of each
    /// task add, so that spawning and joining cancel out.
    pub(crate) fn step_among_2(&self, contender: Contender) -> Option<f64> {
        self.marginal(contender, Workload::Yield2x100, Workload::Yield2x200)
    }

    /// The same with 1,000 tasks, and 20 more yields.
    pub(crate) fn step_among_1000(&self, contender: Contender) -> Option<f64> {
        self.marginal(contender, Workload::Yield1000x20, Workload::Yield1000x40)
    }

    fn marginal(&self, contender: Contender, short: Workload, long: Workload) -> Option<f64> {
        let short = self.get(contender, short)?.cost;
        let long = self.get(contender, long)?.cost;
        let steps = long.steps? - short.steps?;
        (steps > 0.0).then(|| (long.instructions - short.instructions) / steps)
    }
}
