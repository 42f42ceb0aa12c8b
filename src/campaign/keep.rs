//! Schedules put into rows, and rows followed.

use crate::campaign::follow::{Followed, Follower};
use crate::keep::{Kept, Missed, Row, Witness};
use crate::minimize::{Schedule, nearby};
use crate::strategy::Route;

/// Executions for which new functions may be met. Each one knows those of the last.
const ROUNDS: usize = 8;

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

impl Follower {
    /// The rows that `schedule` is in words. `None` if they cannot be put so that
    /// following them gives the same finding.
    pub fn rows(&mut self, schedule: &Schedule) -> Option<Vec<Row>> {
        let witness = Witness::new();
        let pilot = self.pilot(Route::Deviations(schedule.deviations.clone(), None));
        let mut rows = None;
        for _ in 0..ROUNDS {
            if rows.is_none() && !self.is_spoiled() {
                self.under(&mut witness.strategy(&pilot), &schedule.data);
                rows = witness.rows();
            }
        }
        let rows = rows.filter(|_| !self.is_spoiled())?;
        let wanted = self.schedule(schedule).trial.signature;
        let kept = Kept::new(rows.clone());
        let followed = self.follow_rows(&kept, &schedule.data);
        (kept.missed().is_none() && followed.trial.signature == wanted).then_some(rows)
    }

    /// Executes along `rows`, and looks around if that does not fail. The follower is to
    /// be a new one.
    pub fn revisit(&mut self, rows: Vec<Row>, data: &[u8]) -> Revisit {
        let kept = Kept::new(rows);
        let followed = self.follow_rows(&kept, data);
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

    fn follow_rows(&mut self, kept: &Kept, data: &[u8]) -> Followed {
        let mut followed = self.under(&mut kept.strategy(), data);
        for _ in 1..ROUNDS {
            if !kept.has_learned() || self.is_spoiled() {
                break;
            }
            followed = self.under(&mut kept.strategy(), data);
        }
        followed
    }
}
