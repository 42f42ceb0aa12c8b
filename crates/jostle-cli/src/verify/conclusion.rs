//! Turns an exploration's result into a verdict.

use jostle_core::backend::Capabilities;
use jostle_core::subject::{Expect, Subject};
use jostle_core::verify::{End, Verified};

use crate::exit::ExitStatus;

/// What follows from an exploration.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Conclusion {
    /// The expected finding.
    Expected,
    /// Another finding.
    Finding,
    /// Everything was executed and passes.
    Proof,
    /// Everything was executed and passes; what is expected cannot be seen.
    NotObservable,
    /// Everything was executed and passes, although a finding is expected.
    Missed,
    /// All but executions that were too long was executed and passes.
    Cut,
    /// A limit ended it.
    Limit,
    /// Ctrl-C ended it.
    Stopped,
    /// The scenario's argument could not be made.
    Rejected,
    /// The same decisions gave another execution.
    Astray,
    /// The backend failed.
    Broken,
}

impl Conclusion {
    pub(super) fn of(
        subject: &Subject,
        capabilities: Capabilities,
        verified: &Verified,
    ) -> Conclusion {
        match &verified.end {
            End::Found(found) if subject.expect.allows(&found.finding) => Conclusion::Expected,
            End::Found(_) => Conclusion::Finding,
            End::Rejected => Conclusion::Rejected,
            End::Astray => Conclusion::Astray,
            End::Limit => Conclusion::Limit,
            End::Stopped => Conclusion::Stopped,
            End::Broken(_) => Conclusion::Broken,
            End::Exhausted if verified.cut > 0 => Conclusion::Cut,
            End::Exhausted => match subject.expect {
                Expect::Clean => Conclusion::Proof,
                expect if !expect.is_observable(capabilities) => Conclusion::NotObservable,
                Expect::Finds(..) => Conclusion::Missed,
            },
        }
    }

    pub(super) fn status(self) -> ExitStatus {
        match self {
            Conclusion::Expected | Conclusion::Proof | Conclusion::NotObservable => {
                ExitStatus::AsExpected
            }
            Conclusion::Finding | Conclusion::Missed => ExitStatus::Finding,
            Conclusion::Cut | Conclusion::Limit | Conclusion::Rejected | Conclusion::Astray => {
                ExitStatus::Unusable
            }
            Conclusion::Stopped => ExitStatus::Stopped,
            Conclusion::Broken => ExitStatus::Broken,
        }
    }
}
