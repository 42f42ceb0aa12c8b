//! What became of a test, and of all.

use std::path::PathBuf;
use std::time::Duration;

use crate::child::hunted::{Finding, Hunted};
use crate::exit::ExitStatus;
use crate::plan::Plan;

/// What became of one test.
#[derive(Clone, Debug)]
pub(crate) struct Tested {
    /// The name in trace files.
    pub(crate) name: String,
    /// The program.
    pub(crate) binary: String,
    /// The test; none for a whole program.
    pub(crate) test: Option<String>,
    /// The root file of the program.
    pub(crate) source: PathBuf,
    /// How it ended.
    pub(crate) status: Status,
    /// What exploring it has come to.
    pub(crate) figures: Figures,
    /// What was not under control.
    pub(crate) cautions: Vec<String>,
    /// Its kept schedules.
    pub(crate) kept: Kept,
    /// How long it took.
    pub(crate) elapsed: Duration,
}

/// The kept schedules of a test that do not fail.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Kept {
    /// How many were executed.
    pub(crate) count: usize,
    /// What is to be said of those that could not be followed.
    pub(crate) notes: Vec<String>,
}

/// How a test ended.
#[derive(Clone, Debug)]
pub(crate) enum Status {
    /// It was explored, and nothing was found.
    Ok,
    /// It passed, and never made a thread: there is one execution.
    SingleThreaded,
    /// Something was found.
    Found(Vec<Found>),
    /// It failed, without another thread.
    Failed {
        /// The end of what it printed.
        output: String,
    },
    /// It is marked with `#[ignore]`.
    Ignored,
    /// The runtime cannot execute it.
    NotExplored {
        /// Why.
        reason: String,
        /// What can be done about it.
        remedy: String,
    },
    /// Ctrl-C came before its end.
    Stopped,
    /// Its process ended without a result, or Jostle failed.
    Broken {
        /// How.
        why: String,
        /// The end of standard error.
        errors: String,
    },
}

/// What exploring a test has come to.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(crate) struct Figures {
    pub(crate) executions: u64,
    pub(crate) distinct: u64,
    pub(crate) steps: u64,
    /// How likely the next execution is new, if that can be estimated.
    pub(crate) unseen: Option<f64>,
}

impl Figures {
    /// Those of a hunt.
    pub(crate) fn of(hunted: &Hunted) -> Figures {
        Figures {
            executions: hunted.executions,
            distinct: hunted.distinct_interleavings,
            steps: hunted.steps,
            unseen: hunted.unseen_probability,
        }
    }

    /// Those of a program that ran once.
    pub(crate) const ONE: Figures = Figures {
        executions: 1,
        distinct: 1,
        steps: 0,
        unseen: None,
    };
}

/// A finding, and what a fresh process has made of it.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) finding: Finding,
    /// Its trace, if it could be saved.
    pub(crate) trace: Option<PathBuf>,
    /// Whether a fresh process shows it.
    pub(crate) confirmed: Confirmed,
    /// The report of that process; empty without one.
    pub(crate) report: String,
    /// Of one that a kept schedule has come to: that it has.
    pub(crate) kept: Option<String>,
}

/// Whether a fresh process shows a finding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Confirmed {
    /// Step by step.
    Yes,
    /// It does something else; with what.
    No(String),
    /// It could not be tried; with the reason.
    Untried(String),
}

impl Status {
    /// Its name in documents.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Status::Ok => "ok",
            Status::SingleThreaded => "single-threaded",
            Status::Found(_) => "found",
            Status::Failed { .. } => "failed",
            Status::Ignored => "ignored",
            Status::NotExplored { .. } => "not-explored",
            Status::Stopped => "stopped",
            Status::Broken { .. } => "broken",
        }
    }

    fn exit(&self) -> ExitStatus {
        match self {
            Status::Ok | Status::SingleThreaded | Status::Ignored | Status::NotExplored { .. } => {
                ExitStatus::AsExpected
            }
            Status::Found(_) | Status::Failed { .. } => ExitStatus::Finding,
            Status::Stopped => ExitStatus::Stopped,
            Status::Broken { .. } => ExitStatus::Broken,
        }
    }
}

/// All results in numbers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Totals {
    pub(crate) ok: usize,
    /// Of those, the ones that make no thread.
    pub(crate) single_threaded: usize,
    pub(crate) failed: usize,
    pub(crate) ignored: usize,
    pub(crate) not_explored: usize,
    pub(crate) stopped: usize,
    pub(crate) broken: usize,
    pub(crate) executions: u64,
    /// Libraries whose doctests were not run.
    pub(crate) doctests: Vec<String>,
    pub(crate) elapsed: Duration,
    exit: ExitStatus,
}

impl Totals {
    /// Counts.
    pub(crate) fn of(results: &[Tested], plan: &Plan<'_>, elapsed: Duration) -> Totals {
        let mut totals = Totals {
            doctests: plan.doctests.clone(),
            elapsed,
            ..Totals::default()
        };
        for tested in results {
            totals.executions += tested.figures.executions;
            totals.exit = totals.exit.max(tested.status.exit());
            match tested.status {
                Status::Ok => totals.ok += 1,
                Status::SingleThreaded => {
                    totals.ok += 1;
                    totals.single_threaded += 1;
                }
                Status::Found(_) | Status::Failed { .. } => totals.failed += 1,
                Status::Ignored => totals.ignored += 1,
                Status::NotExplored { .. } => totals.not_explored += 1,
                Status::Stopped => totals.stopped += 1,
                Status::Broken { .. } => totals.broken += 1,
            }
        }
        // A command that has executed nothing has not passed.
        if totals.ok + totals.failed == 0 {
            totals.exit = totals.exit.max(ExitStatus::Unusable);
        }
        totals
    }

    /// How the command ends.
    pub(crate) fn status(&self) -> ExitStatus {
        self.exit
    }
}
