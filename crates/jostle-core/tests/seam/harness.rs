//! Executes programs under many seeds.

use jostle_core::campaign::{Campaign, Found, Progress, Run, Runner, Summary};
use jostle_core::coverage::FeatureKinds;
use jostle_core::input::Input;
use jostle_core::strategy::{Kind, Profile};
use jostle_core::trace::Trace;

use crate::carrier::Machine;
use crate::program::Program;
use crate::suite::Programs;

/// A campaign of so many executions: under the strategies in turn, or a search if there
/// are none.
pub(crate) fn campaign(strategies: &[Kind], runs: u64, seed: u64) -> Campaign {
    Campaign {
        strategies: strategies.to_vec(),
        runs,
        time: None,
        seed,
        jobs: 1,
        stop_at_first: true,
        features: FeatureKinds::SEARCH,
    }
}

/// What a campaign on a program comes to.
pub(crate) fn explore(program: &Program, campaign: &Campaign) -> Summary {
    campaign.explore(&Programs::default(), program, &Progress::default())
}

/// What the default search finds.
///
/// # Panics
///
/// If it finds nothing.
pub(crate) fn found(program: &Program, runs: u64, seed: u64) -> Found {
    let name = program.subject.name;
    let summary = explore(program, &campaign(&[], runs, seed));
    assert!(summary.broken.is_none(), "{name}: {:?}", summary.broken);
    let found = summary.findings.into_iter().next();
    found.unwrap_or_else(|| panic!("{name}: nothing in {runs} executions with seed {seed}"))
}

/// Executes a program under a strategy with each seed, on one backend.
pub(crate) fn under_each_seed(
    machine: Machine,
    program: &Program,
    strategy: Kind,
    seeds: std::ops::Range<u64>,
    mut see: impl FnMut(u64, &Run, Trace),
) {
    let mut runner = Runner::new(machine);
    for seed in seeds {
        let mut input = Input::from_seed(strategy, seed);
        input.data = vec![1; program.argument];
        let run = runner.run(program, &Profile::default(), &input);
        see(seed, &run, runner.trace());
    }
}
