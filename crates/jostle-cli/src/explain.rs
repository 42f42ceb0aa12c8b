//! `jostle explain`.

use anyhow::Context;
use jostle_core::backend::Suite;
use jostle_core::campaign::{Follower, apart};
use jostle_report::publish;

use crate::args::Explain;
use crate::exit::ExitStatus;
use crate::output;
use crate::recorded::Recorded;
use crate::smallest;

pub(crate) fn run<S: Suite>(suite: &S, args: &Explain) -> anyhow::Result<ExitStatus> {
    let recorded = Recorded::of(suite, &args.saved)?;
    let text = apart(suite, |_| explain(&recorded));
    let text = text.with_context(|| format!("cannot explain {}", args.saved.file.display()))?;
    output::print(&text)?;
    Ok(ExitStatus::AsExpected)
}

fn explain<S: Suite>(recorded: &Recorded<'_, S>) -> anyhow::Result<String> {
    let mut follower = Follower::new(recorded.suite, recorded.target);
    let first = smallest::failure(recorded, &mut follower)?;
    let small = smallest::of(&first, recorded, &mut follower)?;
    let fault = |broken| recorded.fault(broken);
    let best = follower.schedule(&small.schedule).map_err(fault)?;
    let explanation = follower.explain(&best, &small.schedule).map_err(fault)?;
    let (finding, explanation) = best
        .finding
        .zip(explanation)
        .context("it failed and then did not")?;
    Ok(format!(
        "{} in {}: {}\n\n{}",
        finding.kind,
        recorded.subject().name,
        finding.headline(),
        publish::explanation(&finding, &best.trace, &explanation)
    ))
}
