//! Metadata of something to explore: its name, its limits and what exploring it should
//! find. A backend supplies the code.

use crate::backend::Capabilities;
use crate::budget::Budget;
use crate::finding::{Finding, Kind};
use crate::op::Site;

/// Something to explore: a scenario, or a test of a program as it is.
#[derive(Clone, Copy, Debug)]
pub struct Subject {
    /// Its name, unique in the program.
    pub name: &'static str,
    /// What it shows: the documentation comment of the function.
    pub about: &'static str,
    /// The module that it stands in.
    pub module: &'static str,
    /// Where it stands.
    pub site: Site,
    /// What exploring it should find.
    pub expect: Expect,
    /// How it is executed.
    pub options: Options,
    /// Whether it takes an argument that is made of an input's data.
    pub takes_data: bool,
}

impl AsRef<Subject> for Subject {
    fn as_ref(&self) -> &Subject {
        self
    }
}

/// What exploring a subject should find.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Expect {
    /// Nothing: any finding is a bug of the program under test.
    Clean,
    /// A known bug: a finding of this kind whose message contains this text.
    /// Any other finding is unexpected, and so is finding nothing.
    Finds(Kind, &'static str),
}

impl Expect {
    /// Whether `finding` is the one that is expected.
    ///
    /// A close and a send that nothing orders are the same bug as the send on a
    /// closed channel that they come to on some schedules. A race detector sees
    /// them on every one, as a data race whose message names the misuse; where
    /// that misuse is expected, so is the race.
    #[must_use]
    pub fn allows(&self, finding: &Finding) -> bool {
        match *self {
            Expect::Clean => false,
            Expect::Finds(kind, text) => {
                let foretold =
                    finding.kind == Kind::Race && kind == Kind::Misuse && !text.is_empty();
                (finding.kind == kind || foretold) && finding.message.contains(text)
            }
        }
    }

    /// Whether a backend with these capabilities can find what is expected: a data
    /// race needs one that sees races.
    #[must_use]
    pub fn is_observable(&self, capabilities: Capabilities) -> bool {
        !matches!(self, Expect::Finds(Kind::Race, _)) || capabilities.races
    }
}

/// How a subject is executed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    /// The limits of one execution.
    pub budget: Budget,
    /// Panics with one of these texts in their message end their task and
    /// nothing else, as they would in a thread whose handle is never joined.
    pub allowed_panics: &'static [&'static str],
    /// Whether async tasks may be cancelled at any await; only where the backend
    /// can do that.
    pub cancel: bool,
}

impl Options {
    /// The default budget, no panic allowed, no cancellation.
    pub const DEFAULT: Options = Options {
        budget: Budget::DEFAULT,
        allowed_panics: &[],
        cancel: false,
    };
}

impl Default for Options {
    fn default() -> Options {
        Options::DEFAULT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expectation_is_of_one_kind_and_text() {
        let expect = Expect::Finds(Kind::Panic, "lost");
        assert!(expect.allows(&Finding::new(Kind::Panic, "a message was lost")));
        assert!(!expect.allows(&Finding::new(Kind::Panic, "a message came twice")));
        assert!(!expect.allows(&Finding::new(Kind::Leak, "a message was lost")));
        assert!(!expect.allows(&Finding::new(Kind::Race, "data race: a message was lost")));
        assert!(!Expect::Clean.allows(&Finding::new(Kind::Panic, "lost")));
    }

    #[test]
    fn a_race_is_the_misuse_that_it_names_and_no_other() {
        let race = Finding::new(
            Kind::Race,
            "data race: close by main and send by t2, which can be a send on closed channel",
        );
        let plain = Finding::new(Kind::Race, "data race: write by main and read by t2");
        let send = Expect::Finds(Kind::Misuse, "send on closed channel");
        assert!(send.allows(&race));
        assert!(!send.allows(&plain));
        assert!(!Expect::Finds(Kind::Misuse, "negative WaitGroup counter").allows(&race));
        assert!(!Expect::Finds(Kind::Misuse, "").allows(&plain));
    }

    #[test]
    fn an_expected_race_needs_a_backend_that_sees_races() {
        let race = Expect::Finds(Kind::Race, "");
        let sees = |races| Capabilities {
            races,
            ..Capabilities::default()
        };
        assert!(race.is_observable(sees(true)));
        assert!(!race.is_observable(sees(false)));
        assert!(Expect::Clean.is_observable(sees(false)));
    }
}
