//! One execution of a body.

use std::sync::Mutex;

use jostle::FiberBackend;
use jostle::scenario::{Body, Scenario};
use jostle_core::backend::{Backend, Executed, Outcome, Plan};
use jostle_core::strategy::{Kind, Policy, Profile};
use jostle_core::subject::{Options, Subject};

use crate::support::scenario::subject;

/// A scenario that executes `body` once and is never freed.
#[track_caller]
fn once(options: &Options, body: impl FnOnce() + Send + 'static) -> Scenario {
    let body = Mutex::new(Some(body));
    let take = move || {
        let body = body.lock().expect("nobody panics with it").take();
        body.expect("the body is executed once")();
    };
    Scenario {
        subject: Subject {
            options: *options,
            ..subject("test")
        },
        body: Body::Closure(Box::leak(Box::new(take))),
    }
}

/// Executes `body` once.
#[track_caller]
pub(crate) fn execute(
    backend: &mut FiberBackend,
    strategy: Kind,
    seed: u64,
    options: &Options,
    body: impl FnOnce() + Send + 'static,
) -> Outcome {
    let mut strategy = strategy.build();
    match execute_under(backend, Policy::Sample(&mut *strategy), seed, options, body) {
        Executed::Finished(outcome) => outcome,
        other => panic!("{other:?}"),
    }
}

/// Executes `body` once under `policy`.
#[track_caller]
pub(crate) fn execute_under(
    backend: &mut FiberBackend,
    policy: Policy<'_>,
    seed: u64,
    options: &Options,
    body: impl FnOnce() + Send + 'static,
) -> Executed {
    let plan = Plan {
        profile: &Profile::default(),
        seed,
        prescription: None,
        data: &[],
        steps: u32::MAX,
        functions: false,
        strategy: Kind::NonPreemptive,
        campaign_seed: None,
    };
    backend.execute(&once(options, body), plan, policy)
}
