//! One execution of a body.

use std::panic::Location;

use jostle::decision::Script;
use jostle::scenario::Options;
use jostle::strategy::{Kind, Profile};
use jostle::{Executor, Outcome, Plan};

/// Executes `body` once.
pub(crate) fn execute(
    executor: &mut Executor,
    strategy: Kind,
    seed: u64,
    options: &Options,
    body: impl FnOnce() + 'static,
) -> Outcome {
    let plan = Plan {
        options,
        profile: &Profile::default(),
        seed,
        script: Script::free(),
    };
    let (mut strategy, site) = (strategy.build(), Location::caller());
    executor.execute(plan, &mut strategy, site, Box::new(body))
}
