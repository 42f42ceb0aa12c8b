//! Failures kept as tests.

use jostle::Fibers;
use jostle::scenario::Scenario;
use jostle_core::campaign::{Follower, Revisit};
use jostle_core::regression::Row;

/// What comes of the kept failure `rows` in the scenario as it is now.
pub(crate) fn revisit(scenario: &'static Scenario, rows: &[Row], data: &[u8]) -> Revisit {
    // What is exported is text.
    let rows = rows.iter().map(|row| row.to_string().parse().unwrap());
    Follower::new(&Fibers, scenario)
        .revisit(rows.collect(), data)
        .unwrap()
}
