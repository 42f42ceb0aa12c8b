//! The result of a campaign.

use std::time::Duration;

use crate::backend::Capabilities;
use crate::finding::Finding;
use crate::input::Input;
use crate::subject::{Expect, Subject};
use crate::trace::Trace;

/// What a campaign came to.
#[derive(Clone, Debug)]
pub struct Summary {
    /// What was explored.
    pub subject: Subject,
    /// What the backend can do.
    pub capabilities: Capabilities,
    /// Why the campaign ended early: the backend failed, in words.
    pub broken: Option<String>,
    /// How many executions were made.
    pub executions: u64,
    /// How many steps they made in all.
    pub steps: u64,
    /// How many inputs the scenario's argument could not be made of.
    pub rejected: u64,
    /// How many different executions there were: classes of equivalent ones; see
    /// [`Equivalence`](crate::coverage::Equivalence). Counts no further than
    /// [`DISTINCT_LIMIT`](crate::campaign::DISTINCT_LIMIT).
    pub distinct: u64,
    /// What is estimated to be missing.
    pub unseen: Option<Unseen>,
    /// The findings, one of each signature, the first one first.
    pub findings: Vec<Found>,
    /// Inputs that reached something new and passed, where the campaign was a search:
    /// together with those that it began with, its corpus.
    pub kept: Vec<Input>,
    /// Whether [`Progress::stop`](crate::campaign::Progress::stop) ended it, and neither a limit nor a finding.
    pub stopped: bool,
    /// How long it took.
    pub elapsed: Duration,
}

/// An estimate of what a campaign has not seen; see
/// [`SpeciesCount`](crate::campaign::SpeciesCount) for what it is worth.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Unseen {
    /// About how likely the next execution would have been of a new class, from 0 to 1.
    pub probability: f64,
    /// How many classes are missing at least, about.
    pub classes: u64,
}

/// A finding of a campaign.
#[derive(Clone, Debug)]
pub struct Found {
    /// What was found. It has been confirmed.
    pub finding: Finding,
    /// Whether the scenario expects it.
    pub expected: bool,
    /// Which execution found it first, counted from 1.
    pub execution: u64,
    /// How many executions found it.
    pub count: u64,
    /// The input of that execution.
    pub input: Input,
    /// The record of that execution.
    pub trace: Trace,
}

/// Whether a campaign came out as the scenario expects.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// The expected finding was found, or nothing was and nothing was expected.
    AsExpected,
    /// Something was found that is not expected.
    Unexpected,
    /// A finding is expected and was not found.
    Missed,
    /// No execution got as far as the body of the scenario; see
    /// [`why_nothing_ran`](Summary::why_nothing_ran).
    NothingRan,
    /// The campaign was stopped, and had found nothing by then.
    Stopped,
    /// A data race is expected, and this backend cannot see one. Nothing was
    /// executed.
    NotObservable,
    /// The backend failed, which says nothing about the subject; see
    /// [`Summary::broken`].
    Broken,
}

impl Summary {
    /// Of no execution at all.
    pub(super) fn new(subject: Subject, capabilities: Capabilities) -> Summary {
        Summary {
            subject,
            capabilities,
            broken: None,
            executions: 0,
            steps: 0,
            rejected: 0,
            distinct: 0,
            unseen: None,
            findings: Vec::new(),
            kept: Vec::new(),
            stopped: false,
            elapsed: Duration::ZERO,
        }
    }

    /// Why the verdict is [`Verdict::NothingRan`], if it is.
    #[must_use]
    pub fn why_nothing_ran(&self) -> String {
        match self.executions {
            0 => "nothing was executed; allow more executions or more time".to_owned(),
            n => format!("its argument could not be made in any of {n} executions"),
        }
    }

    /// Whether the campaign came out as the scenario expects.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        if !self.subject.expect.is_observable(self.capabilities) {
            Verdict::NotObservable
        } else if self.broken.is_some() {
            Verdict::Broken
        } else if self.findings.iter().any(|f| !f.expected) {
            Verdict::Unexpected
        } else if self.stopped && self.findings.is_empty() {
            Verdict::Stopped
        } else if self.executions == self.rejected {
            Verdict::NothingRan
        } else if self.subject.expect != Expect::Clean && self.findings.is_empty() {
            Verdict::Missed
        } else {
            Verdict::AsExpected
        }
    }
}
