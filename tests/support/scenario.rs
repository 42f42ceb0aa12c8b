//! Scenarios that stand in no catalogue.

use std::panic::Location;

use jostle::scenario::{Body, Expect, Options, Scenario};

/// A scenario in which nothing is expected to be found.
#[track_caller]
pub(crate) const fn scenario(name: &'static str, body: fn()) -> Scenario {
    Scenario {
        name,
        about: "",
        module: "",
        site: Location::caller(),
        expect: Expect::Clean,
        options: Options::DEFAULT,
        body: Body::Plain(body),
    }
}
