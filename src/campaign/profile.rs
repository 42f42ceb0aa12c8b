//! What strategies know of a scenario beforehand.

use crate::campaign::runner::Runner;
use crate::input::Input;
use crate::scenario::Scenario;
use crate::strategy::{Kind, Profile};

/// Executions that make a profile. One under the calm schedule, the others
/// random, since tasks that only some schedules spawn should be known too; more
/// than a few would cost more than they tell.
const EXECUTIONS: u64 = 4;

/// Measures `scenario` with a fixed handful of executions, so that the profile is
/// a function of the scenario.
///
/// What they find is not reported: a campaign makes executions like them itself.
/// Measuring stops early if one of them spoils the runner.
#[must_use]
pub fn profile(runner: &mut Runner, scenario: &Scenario) -> Profile {
    let mut profile = Profile::default();
    for seed in 0..EXECUTIONS {
        if runner.is_spoiled() {
            break;
        }
        let kind = if seed == 0 { Kind::Calm } else { Kind::Random };
        runner.run(scenario, &Profile::default(), &Input::from_seed(kind, seed));
        runner.measure(&mut profile);
    }
    profile
}
