//! Measures a target with a few executions, so strategies know its size.

use crate::backend::{Backend, Broken};
use crate::campaign::runner::Runner;
use crate::input::Input;
use crate::strategy::{Kind, Profile};

/// Executions that make a profile. One under the non-preemptive schedule, the others
/// random, since tasks that only some schedules spawn should be known too; more
/// than a few would cost more than they tell.
const EXECUTIONS: u64 = 4;

/// Measures `target` with a fixed handful of executions, so that the profile is
/// a function of the target.
///
/// What they find is not reported: a campaign makes executions like them itself.
///
/// # Errors
///
/// If the backend fails.
pub fn profile<B: Backend>(runner: &mut Runner<B>, target: &B::Target) -> Result<Profile, Broken> {
    let mut profile = Profile::default();
    for seed in 0..EXECUTIONS {
        let kind = if seed == 0 {
            Kind::NonPreemptive
        } else {
            Kind::Random
        };
        let input = Input::from_seed(kind, seed);
        runner.run(target, &Profile::default(), &input).sound()?;
        runner.measure(&mut profile);
    }
    Ok(profile)
}
