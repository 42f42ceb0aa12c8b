//! A minimized failure explained.

use crate::campaign::follow::{Followed, Follower};
use crate::explain::{self, Explanation, Seen};
use crate::minimize::Schedule;
use crate::strategy::Route;

impl Follower {
    /// Explains `failure`, which is what `schedule` came to; `None` if it did not fail.
    pub fn explain(&mut self, failure: &Followed, schedule: &Schedule) -> Option<Explanation> {
        let finding = failure.finding.as_ref()?;
        let seen = Seen {
            trace: &failure.trace,
            steps: &failure.trial.log.steps,
        };
        let explanation = explain::explain(finding, seen, &mut |hold| {
            let route = Route::Deviations(schedule.deviations.clone(), Some(hold));
            let other = self.execute(route, &schedule.data);
            let passes = other.finding.is_none();
            passes.then_some((other.trace, other.trial.log.steps))
        });
        Some(explanation)
    }
}
