//! Failures kept as tests.

use jostle::Fibers;
use jostle::scenario::Scenario;
use jostle_core::campaign::{Replayer, Retest};
use jostle_core::regression::Row;

/// What comes of the kept failure `rows` in the scenario as it is now.
pub(crate) fn retest(scenario: &'static Scenario, rows: &[Row], data: &[u8]) -> Retest {
    // What is exported is text.
    let rows = rows.iter().map(|row| row.to_string().parse().unwrap());
    Replayer::new(&Fibers, scenario)
        .retest(rows.collect(), data)
        .unwrap()
}
