//! The exit codes of the command.

use std::process::ExitCode;

use crate::interrupt;

/// How a command ended. The graver, the greater: a finding is one whatever could not be
/// done besides.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum ExitStatus {
    /// 0: everything came out as the scenarios expect.
    AsExpected,
    /// 2: the command could not do its work: wrong usage, a file that is not
    /// what it should be, no scenario.
    Unusable,
    /// 130: Ctrl-C ended the work, and nothing was found by then.
    Stopped,
    /// 2: the backend failed, which is neither a finding nor a pass.
    Broken,
    /// 1: a finding, or an expected one that was missed.
    Finding,
}

impl ExitStatus {
    /// What the process ends with.
    pub(crate) fn code(self) -> u8 {
        match self {
            ExitStatus::AsExpected => 0,
            ExitStatus::Finding => 1,
            ExitStatus::Unusable | ExitStatus::Broken => 2,
            ExitStatus::Stopped => interrupt::CODE,
        }
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> ExitCode {
        ExitCode::from(status.code())
    }
}
