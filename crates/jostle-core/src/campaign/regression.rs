//! Converts schedules to rows and re-tests targets against them.

use crate::backend::{Backend, Broken};
use crate::campaign::replay::{Replayed, Replayer};
use crate::minimize::{Schedule, nearby};
use crate::prescription::{Missed, Prescription, Row};
use crate::regression::Witness;
use crate::strategy::Directed;

/// Schedules that are tried around one that could not be followed, or that does not
/// fail: a moment's work for a test that passes.
const NEARBY: usize = 500;

/// What became of a kept schedule.
#[derive(Debug)]
pub struct Retest {
    /// An execution that fails, if there is one.
    pub failure: Option<Replayed>,
    /// The first row that could not be followed.
    pub missed: Option<Missed>,
    /// Whether the failure is another one than that of the rows, found near them.
    pub nearby: bool,
}

impl<B: Backend> Replayer<'_, B> {
    /// The rows that `schedule` is in words. `None` if they cannot be put so that
    /// following them gives the same finding.
    ///
    /// # Errors
    ///
    /// If the backend fails.
    pub fn rows(&mut self, schedule: &Schedule) -> Result<Option<Vec<Row>>, Broken> {
        let mut directed = Directed::new();
        directed.follow(Prescription::deviations(schedule.deviations.clone()));
        let mut witness = Witness::new(&mut directed);
        self.under(&mut witness, true, &schedule.data)?;
        let Some(rows) = witness.rows() else {
            return Ok(None);
        };
        let wanted = self.schedule(schedule)?.trial.signature;
        directed.follow(Prescription::rows(rows.clone()));
        let replayed = self.under(&mut directed, true, &schedule.data)?;
        let leads_there = directed.missed().is_none() && replayed.trial.signature == wanted;
        Ok(leads_there.then_some(rows))
    }

    /// Executes along `rows`, and looks around if that does not fail. The replayer is to
    /// be a new one.
    ///
    /// # Errors
    ///
    /// If the backend fails.
    pub fn retest(&mut self, rows: Vec<Row>, data: &[u8]) -> Result<Retest, Broken> {
        let mut directed = Directed::new();
        directed.follow(Prescription::rows(rows));
        let replayed = self.under(&mut directed, true, data)?;
        let missed = directed.missed();
        let choices = Prescription::recorded(replayed.trace.choices);
        let base = self.execute(choices, data)?;
        if base.finding.is_some() {
            return Ok(Retest {
                failure: Some(base),
                missed,
                nearby: false,
            });
        }
        let base = Schedule {
            data: data.to_vec(),
            deviations: base.trial.transcript.deviations(),
        };
        let found = nearby(&base, NEARBY, &mut |candidate| self.trial(candidate));
        self.check()?;
        let failure = found.map(|schedule| self.schedule(&schedule));
        Ok(Retest {
            failure: failure.transpose()?,
            missed,
            nearby: true,
        })
    }
}
