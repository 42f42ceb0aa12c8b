//! The failure of a file, and the smallest one that it can be made.

use anyhow::Context;

use crate::campaign::{Followed, Follower};
use crate::cli::subject::Subject;
use crate::minimize::{Limits, Minimized, Schedule, Trial, minimize};
use crate::strategy::Route;

/// Executes `subject` again.
///
/// # Errors
///
/// If it does not fail.
pub(super) fn failure(subject: &Subject, follower: &mut Follower) -> anyhow::Result<Followed> {
    let choices = subject.replay()?.trace.choices;
    let first = follower.execute(Route::Choices(choices), subject.data());
    anyhow::ensure!(
        first.finding.is_some(),
        "it does not fail (any more), so that there is nothing to minimize; `jostle hunt {}` looks \
         for failures",
        subject.scenario.name
    );
    Ok(first)
}

/// Minimizes the failure `first` of `subject`, with the default limits.
///
/// # Errors
///
/// As [`search`].
pub(super) fn of(
    first: &Followed,
    subject: &Subject,
    follower: &mut Follower,
) -> anyhow::Result<Minimized> {
    search(
        first,
        subject,
        &mut |candidate| Some(follower.trial(candidate)),
        &mut |_, _| {},
    )
}

/// Minimizes the failure `first` of `subject`; see [`minimize`].
///
/// # Errors
///
/// If it does not fail again.
pub(super) fn search(
    first: &Followed,
    subject: &Subject,
    run: &mut dyn FnMut(&Schedule) -> Option<Trial>,
    watch: &mut dyn FnMut(u64, Option<&Minimized>),
) -> anyhow::Result<Minimized> {
    let data = subject.data().to_vec();
    minimize(first.trial.clone(), data, Limits::DEFAULT, run, watch).with_context(|| {
        format!(
            "{} was found, and not again with the same schedule: something decides that Jostle \
             does not control (a HashMap's order, the wall clock, an OS thread)",
            first.trial.signature.as_deref().unwrap_or("nothing")
        )
    })
}
