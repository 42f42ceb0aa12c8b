//! Scenarios outside the catalogue.

use jostle::scenario::{Body, Scenario};
use jostle_core::op::Site;
use jostle_core::subject::{Expect, Options, Subject};

/// A subject in which nothing is expected to be found.
#[track_caller]
pub(crate) const fn subject(name: &'static str) -> Subject {
    Subject {
        name,
        about: "",
        module: "",
        site: Site::caller(),
        expect: Expect::Clean,
        options: Options::DEFAULT,
        takes_data: false,
    }
}

/// A scenario in which nothing is expected to be found.
#[track_caller]
pub(crate) const fn scenario(name: &'static str, body: fn()) -> Scenario {
    Scenario {
        subject: subject(name),
        body: Body::Plain(body),
    }
}
