//! Schedules put into rows, and rows followed.

use crate::backend::Backend;
use crate::campaign::follow::{Followed, Follower};
use crate::minimize::{Schedule, nearby};
use crate::regression::{Kept, Missed, Row, Witness};
use crate::strategy::{Pilot, Route};

/// Schedules that are tried around one that could not be followed, or that does not
/// fail: a moment's work for a test that passes.
const NEARBY: usize = 500;

/// What became of a kept schedule.
#[derive(Debug)]
pub struct Revisit {
    /// An execution that fails, if there is one.
    pub failure: Option<Followed>,
    /// The first row that could not be followed.
    pub missed: Option<Missed>,
    /// Whether the failure is another one than that of the rows, found near them.
    pub nearby: bool,
}

impl<B: Backend> Follower<'_, B> {
    /// The rows that `schedule` is in words. `None` if they cannot be put so that
    /// following them gives the same finding.
    pub fn rows(&mut self, schedule: &Schedule) -> Option<Vec<Row>> {
        let mut pilot = Pilot::new();
        pilot.follow(Route::Deviations(schedule.deviations.clone(), None));
        let mut witness = Witness::new(&mut pilot);
        self.under(&mut witness, true, &schedule.data);
        let rows = witness.rows()?;
        let wanted = self.schedule(schedule).trial.signature;
        let mut kept = Kept::new(rows.clone());
        let followed = self.under(&mut kept, true, &schedule.data);
        (kept.missed().is_none() && followed.trial.signature == wanted).then_some(rows)
    }

    /// Executes along `rows`, and looks around if that does not fail. The follower is to
    /// be a new one.
    pub fn revisit(&mut self, rows: Vec<Row>, data: &[u8]) -> Revisit {
        let mut kept = Kept::new(rows);
        let followed = self.under(&mut kept, true, data);
        let missed = kept.missed();
        let choices = Route::Choices(followed.trace.choices);
        let base = self.execute(choices, data);
        if base.finding.is_some() {
            return Revisit {
                failure: Some(base),
                missed,
                nearby: false,
            };
        }
        let base = Schedule {
            data: data.to_vec(),
            deviations: base.trial.log.deviations(),
        };
        let found = nearby(&base, NEARBY, &mut |candidate| Some(self.trial(candidate)));
        Revisit {
            failure: found.map(|schedule| self.schedule(&schedule)),
            missed,
            nearby: true,
        }
    }
}
