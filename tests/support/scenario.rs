//! Scenarios that stand in no catalogue.

use jostle::scenario::{Body, Scenario};

use crate::support::execute::subject;

/// A scenario in which nothing is expected to be found.
#[track_caller]
pub(crate) const fn scenario(name: &'static str, body: fn()) -> Scenario {
    Scenario {
        subject: subject(name),
        body: Body::Plain(body),
    }
}
