//! Plain memory, and what is said of it.

use std::cell::UnsafeCell;
use std::sync::Arc;

use jostle_core::finding::{Finding, Kind as Found};
use jostle_core::strategy::Kind;

use crate::support::explore::{Explored, Series};

/// Memory that any task may use at any time, sound or not.
#[derive(Clone)]
pub(super) struct Memory(Arc<UnsafeCell<u32>>);

// SAFETY: None: what orders the accesses is what is being tested. All tasks run on one
// OS thread, so that nothing worse than a report comes of it.
unsafe impl Send for Memory {}
// SAFETY: As above.
unsafe impl Sync for Memory {}

impl Memory {
    pub(super) fn new() -> Memory {
        Memory(Arc::new(UnsafeCell::new(0)))
    }

    pub(super) fn write(&self) {
        // SAFETY: As above.
        unsafe { *self.0.get() = 1 }
    }

    pub(super) fn read(&self) {
        // SAFETY: As above. Volatile, or the compiler would leave it out.
        unsafe { self.0.get().read_volatile() };
    }
}

/// Executions of each body: every strategy, several seeds.
const EXECUTIONS: u64 = 96;

const SERIES: Series = Series::of(EXECUTIONS).once();

fn explore(series: Series, body: fn(Memory)) -> Explored {
    series.explore(move || body(Memory::new()))
}

/// Something orders the accesses of `body`, or they do not meet.
#[track_caller]
pub(super) fn ordered(body: fn(Memory)) {
    explore(SERIES, body).gives([()]);
}

/// As [`ordered`], where nothing ends a wait without reason.
#[track_caller]
pub(super) fn ordered_calmly(body: fn(Memory)) {
    explore(SERIES.strategies(&[Kind::NonPreemptive]), body).gives([()]);
}

/// Nothing orders the accesses of `body`, on any schedule.
#[track_caller]
pub(super) fn unordered(body: fn(Memory)) {
    let explored = explore(SERIES, body);
    explored.always_finds(Found::Race, "");
    for finding in explored.findings {
        let mut accesses = finding.accesses.iter();
        let known = accesses.all(|a| a.task.is_some() && a.place.is_some());
        assert!(known, "{finding:?}");
    }
}

/// The races of `body`, one for each seed.
pub(super) fn races(body: fn(Memory)) -> Vec<Finding> {
    explore(SERIES, body).findings
}
