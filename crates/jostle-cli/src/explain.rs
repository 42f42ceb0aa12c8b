//! `jostle explain`: finds what decides whether an execution fails.

use anyhow::Context;
use jostle_core::backend::Suite;
use jostle_core::campaign::{Replayer, apart};
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
    let mut replayer = Replayer::new(recorded.suite, recorded.target);
    let first = smallest::failure(recorded, &mut replayer)?;
    let small = smallest::of(&first, recorded, &mut replayer)?;
    let fault = |broken| recorded.fault(broken);
    let best = replayer.schedule(&small.schedule).map_err(fault)?;
    let explanation = replayer.explain(&best, &small.schedule).map_err(fault)?;
    let (finding, explanation) = best
        .finding
        .zip(explanation)
        .context("it failed and then did not")?;
    Ok(format!(
        "{} in {}: {}\n\n{}",
        finding.kind,
        recorded.subject().name,
        output::headline(&finding),
        publish::explanation(&finding, &best.trace, &explanation)
    ))
}
