//! The exit codes of the command.

use std::process::ExitCode;

use crate::interrupt;

/// How a command ended. The graver, the greater: a finding is one whatever could not be
/// done besides.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(crate) enum ExitStatus {
    /// 0: nothing was found, and everything that was asked for is done.
    #[default]
    AsExpected,
    /// 2: the command could not do its work.
    Unusable,
    /// 130: Ctrl-C ended the work, and nothing was found by then.
    Stopped,
    /// 2: a process ended without a result.
    Broken,
    /// 1: a finding, or a test that fails.
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
