//! Explains a minimized failure.

use crate::backend::Backend;
use crate::campaign::replay::{Replayed, Replayer};
use crate::explain::{self, Explanation, Pair, TracedSteps};
use crate::minimize::Schedule;
use crate::prescription::Prescription;
use crate::trace::Trace;

/// A failure with more steps is not explained as it is: every pair that is tried is an
/// execution, and so long ones together take more than some seconds.
const LONGEST: usize = 50_000;

impl<B: Backend> Replayer<'_, B> {
    /// Explains `failure`, which is what `schedule` came to; `None` if it did not fail.
    pub fn explain(&mut self, failure: &Replayed, schedule: &Schedule) -> Option<Explanation> {
        let finding = failure.finding.as_ref()?;
        let execution = TracedSteps {
            trace: &failure.trace,
            steps: &failure.trial.transcript.steps,
        };
        let explanation = explain::explain(finding, execution, &mut |stay| {
            let deviations = Prescription::deviations(schedule.deviations.clone());
            let other = self.execute(deviations.with_stay(Some(stay)), &schedule.data);
            let passes = other.finding.is_none();
            passes.then_some((other.trace, other.trial.transcript.steps))
        });
        Some(explanation)
    }

    /// Of an execution that failed and was not minimized: the nearest passing execution,
    /// and the pair that makes the difference, in the failure and there. `None` if no
    /// order of two operations decides, or if the same choices give another execution.
    pub fn nearest(&mut self, failing: &Trace, data: &[u8]) -> Option<(Trace, [Pair; 2])> {
        if failing.steps.len() > LONGEST {
            return None;
        }
        let first = self.execute(Prescription::recorded(failing.choices.clone()), data);
        let schedule = Schedule {
            data: data.to_vec(),
            deviations: first.trial.transcript.deviations(),
        };
        let failure = self.schedule(&schedule);
        if failure.trace.steps != failing.steps {
            return None;
        }
        let explanation = self.explain(&failure, &schedule)?;
        let (passing, there) = explanation.nearest?;
        Some((passing, [explanation.reordered?, there]))
    }
}
