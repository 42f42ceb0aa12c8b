//! `jostle explain`.

use anyhow::Context;

use crate::campaign::Follower;
use crate::cli::args::Explain;
use crate::cli::outcome::{self, Outcome};
use crate::cli::smallest;
use crate::cli::subject::{self, Subject};
use crate::present;
use crate::scenario::registry::Scope;

pub(super) fn run(scope: Scope, args: &Explain) -> anyhow::Result<Outcome> {
    let subject = Subject::of(scope, &args.saved)?;
    let text = subject::apart(|| explain(&subject))?;
    let text = text.with_context(|| format!("cannot explain {}", args.saved.file.display()))?;
    outcome::print(&text)?;
    Ok(Outcome::AsExpected)
}

fn explain(subject: &Subject) -> anyhow::Result<String> {
    let mut follower = Follower::new(subject.scenario);
    let first = smallest::failure(subject, &mut follower)?;
    let small = smallest::of(&first, subject, &mut follower)?;
    let best = follower.schedule(&small.schedule);
    let explanation = follower.explain(&best, &small.schedule);
    let (finding, explanation) = best
        .finding
        .zip(explanation)
        .context("it failed and then did not")?;
    Ok(format!(
        "{} in {}: {}\n\n{}",
        finding.kind,
        subject.scenario.name,
        finding.headline(),
        present::explanation(&finding, &best.trace, &explanation)
    ))
}
