//! Summaries of hunts, for tests of what is made of them.

use std::panic::Location;

use crate::campaign::{Campaign, Progress, Summary};
use crate::coverage::Aspects;
use crate::finding::Kind;
use crate::scenario::{Body, Expect, Options, Scenario};
use crate::strategy;

/// A message with everything that a format could stumble over.
pub(super) const MESSAGE: &str = "50% of <a> & \"b\" ]]>: left, right\n::error::\u{1b}[31m\u{1}";

const PANICS: Scenario = Scenario {
    name: "panics",
    about: "",
    module: "sample::scenarios",
    site: Location::caller(),
    expect: Expect::Clean,
    options: Options::DEFAULT,
    body: Body::Plain(|| panic!("{MESSAGE}")),
};

fn explored(scenario: Scenario) -> Summary {
    explored_by(scenario, &Progress::default())
}

fn explored_by(scenario: Scenario, progress: &Progress) -> Summary {
    let campaign = Campaign {
        strategies: vec![strategy::Kind::Calm],
        runs: 3,
        time: None,
        seed: 0,
        jobs: 1,
        stop_at_first: false,
        aspects: Aspects::SEARCH,
    };
    campaign.explore(Box::leak(Box::new(scenario)), progress)
}

/// Something was found that is not expected.
pub(super) fn unexpected() -> Summary {
    explored(PANICS)
}

/// What was found is expected.
pub(super) fn as_expected() -> Summary {
    explored(Scenario {
        name: "panics_as_expected",
        expect: Expect::Finds(Kind::Panic, "50%"),
        ..PANICS
    })
}

/// What is expected was not found.
pub(super) fn missed() -> Summary {
    explored(Scenario {
        name: "expects_a_leak",
        expect: Expect::Finds(Kind::Leak, ""),
        body: Body::Plain(|| {}),
        ..PANICS
    })
}

/// The hunt was stopped at once.
pub(super) fn stopped() -> Summary {
    let progress = Progress::default();
    progress.stop();
    let scenario = Scenario {
        name: "passes",
        body: Body::Plain(|| {}),
        ..PANICS
    };
    explored_by(scenario, &progress)
}

/// What is expected can be seen by ThreadSanitizer only.
pub(super) fn race() -> Summary {
    explored(Scenario {
        name: "races",
        expect: Expect::Finds(Kind::Race, ""),
        body: Body::Plain(|| {}),
        ..PANICS
    })
}

/// Nothing ran.
pub(super) fn nothing_ran() -> Summary {
    explored(Scenario {
        name: "never_runs",
        body: Body::Data(|_| Err(arbitrary::Error::NotEnoughData)),
        ..PANICS
    })
}
