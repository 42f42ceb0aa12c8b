//! The memory of a process in which scenarios are executed again and again.
//!
//! It is measured for the whole process, so that this must stay the only test of its
//! binary: libtest runs the tests of a binary side by side.

use std::fs;

use jostle::Fibers;
use jostle_core::backend::Suite;
use jostle_core::campaign::Runner;
use jostle_core::input::Input;
use jostle_core::strategy::{Kind, Profile};

use jostle_catalogue as _;

use crate::support::effort::executions;

#[path = "../../../../tests/support"]
mod support {
    pub(crate) mod effort;
}

/// Resident memory of this process in bytes.
fn resident() -> u64 {
    let statm = fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = statm.split_whitespace().nth(1).unwrap().parse().unwrap();
    pages * 4096
}

#[test]
fn memory_is_flat_after_warm_up() {
    // Findings included: what a failing execution leaves behind must not pile up.
    let all = Fibers.targets().unwrap();
    let mut runner = Runner::of(&Fibers);
    let none = Profile::default();
    let mut round = |from: u64, to: u64| {
        for i in from..to {
            let scenario = all[(i % all.len() as u64) as usize];
            let kind = Kind::ALL[(i / all.len() as u64) as usize % Kind::ALL.len()];
            runner.run(scenario, &none, &Input::from_seed(kind, i));
        }
    };
    let n = executions();
    round(0, n / 4);
    let before = resident();
    round(n / 4, n);
    let grown = resident().saturating_sub(before);
    assert!(
        grown < 5 << 20,
        "{grown} bytes more in {} executions",
        n - n / 4
    );
}
