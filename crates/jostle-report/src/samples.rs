//! Sample summaries for renderer tests.

use std::time::Duration;

use jostle_core::backend::Capabilities;
use jostle_core::campaign::{Found, Summary};
use jostle_core::finding::{Finding, Kind, Place};
use jostle_core::input::Input;
use jostle_core::op::Site;
use jostle_core::strategy;
use jostle_core::subject::{Expect, Options, Subject};
use jostle_core::trace::Trace;

/// A message with everything that a format could stumble over.
pub(crate) const MESSAGE: &str =
    "50% of <a> & \"b\" ]]>: left, right\n::error::\u{1b}[31m\u{1}\u{fffe}\u{ffff}";

/// A summary of three executions that found nothing.
fn summary(name: &'static str, expect: Expect) -> Summary {
    Summary {
        subject: Subject {
            name,
            about: "",
            module: "sample::scenarios",
            site: Site::caller(),
            expect,
            options: Options::DEFAULT,
            takes_data: false,
        },
        capabilities: Capabilities::default(),
        broken: None,
        executions: 3,
        steps: 3,
        rejected: 0,
        distinct: 1,
        unseen: None,
        findings: Vec::new(),
        kept: Vec::new(),
        stopped: false,
        elapsed: Duration::from_millis(1),
    }
}

/// A panic with [`MESSAGE`] in the first execution.
fn panicked(name: &'static str, expect: Expect) -> Summary {
    let finding = Finding {
        place: Some(Place::from(Site::caller())),
        ..Finding::new(Kind::Panic, MESSAGE)
    };
    let found = Found {
        expected: expect.allows(&finding),
        finding,
        execution: 1,
        count: 3,
        input: Input::from_seed(strategy::Kind::NonPreemptive, 0),
        trace: Trace::default(),
    };
    Summary {
        findings: vec![found],
        ..summary(name, expect)
    }
}

/// Something was found that is not expected.
pub(crate) fn unexpected() -> Summary {
    panicked("panics", Expect::Clean)
}

/// What was found is expected.
pub(crate) fn as_expected() -> Summary {
    panicked("panics_as_expected", Expect::Finds(Kind::Panic, "50%"))
}

/// What is expected was not found.
pub(crate) fn missed() -> Summary {
    summary("expects_a_leak", Expect::Finds(Kind::Leak, ""))
}

/// The hunt was stopped at once.
pub(crate) fn stopped() -> Summary {
    Summary {
        stopped: true,
        executions: 0,
        ..summary("passes", Expect::Clean)
    }
}

/// A data race is expected, which this backend does not see.
pub(crate) fn race() -> Summary {
    Summary {
        executions: 0,
        ..summary("races", Expect::Finds(Kind::Race, ""))
    }
}

/// The argument could not be made in any execution.
pub(crate) fn nothing_ran() -> Summary {
    Summary {
        rejected: 3,
        ..summary("never_runs", Expect::Clean)
    }
}

/// The backend failed, after something was found.
pub(crate) fn broken() -> Summary {
    Summary {
        broken: Some("the strategy panicked".to_owned()),
        ..panicked("breaks", Expect::Clean)
    }
}
