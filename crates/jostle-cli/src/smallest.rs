//! Replays a saved failure and minimizes it.

use anyhow::Context;
use jostle_core::backend::Suite;
use jostle_core::campaign::{Replayed, Replayer};
use jostle_core::minimize::{Limits, Minimized, Schedule, Trial, minimize};
use jostle_core::prescription::Prescription;

use crate::output;
use crate::recorded::Recorded;

/// Executes `recorded` again.
///
/// # Errors
///
/// If it does not fail, or if the backend fails.
pub(crate) fn failure<S: Suite>(
    recorded: &Recorded<'_, S>,
    replayer: &mut Replayer<'_, S::Backend>,
) -> anyhow::Result<Replayed> {
    let choices = recorded.replay()?.trace.choices;
    let first = replayer.execute(Prescription::recorded(choices), recorded.data());
    let first = first.map_err(|broken| recorded.fault(broken))?;
    anyhow::ensure!(
        first.finding.is_some(),
        "it does not fail (any more), so that there is nothing to minimize; `{}` looks for failures",
        output::exploring(recorded.subject().name)
    );
    Ok(first)
}

/// Minimizes the failure `first` of `recorded`, with the default limits.
///
/// # Errors
///
/// As [`search`], or if the backend fails.
pub(crate) fn of<S: Suite>(
    first: &Replayed,
    recorded: &Recorded<'_, S>,
    replayer: &mut Replayer<'_, S::Backend>,
) -> anyhow::Result<Minimized> {
    let minimized = search(
        first,
        recorded,
        &mut |candidate| replayer.trial(candidate),
        &mut |_, _| {},
    );
    // What ended it is no answer to whether it fails.
    replayer.check().map_err(|broken| recorded.fault(broken))?;
    minimized
}

/// Minimizes the failure `first` of `recorded`; see [`minimize`].
///
/// # Errors
///
/// If it does not fail again.
pub(crate) fn search<S: Suite>(
    first: &Replayed,
    recorded: &Recorded<'_, S>,
    run: &mut dyn FnMut(&Schedule) -> Option<Trial>,
    watch: &mut dyn FnMut(u64, Option<&Minimized>),
) -> anyhow::Result<Minimized> {
    let data = recorded.data().to_vec();
    minimize(first.trial.clone(), data, Limits::DEFAULT, run, watch).with_context(|| {
        format!(
            "{} was found, and not again with the same schedule: something decides that Jostle \
             does not control (a HashMap's order, the wall clock, an OS thread)",
            first.trial.signature.as_deref().unwrap_or("nothing")
        )
    })
}
