//! `jostle export`.

use std::fmt::Write;

use anyhow::Context;

use crate::campaign::Follower;
use crate::cli::args::Export;
use crate::cli::outcome::{self, Outcome};
use crate::cli::smallest;
use crate::cli::subject::{self, Subject};
use crate::finding::Finding;
use crate::keep::Row;
use crate::scenario::Scenario;
use crate::scenario::registry::Scope;

pub(super) fn run(scope: Scope, args: &Export) -> anyhow::Result<Outcome> {
    let subject = Subject::of(scope, &args.saved)?;
    let text = subject::apart(|| export(&subject))?;
    let text = text.with_context(|| format!("cannot export {}", args.saved.file.display()))?;
    outcome::print(&text)?;
    Ok(Outcome::AsExpected)
}

fn export(subject: &Subject) -> anyhow::Result<String> {
    let scenario = subject.scenario;
    let mut follower = Follower::new(scenario);
    let first = smallest::failure(subject, &mut follower)?;
    let small = smallest::of(&first, subject, &mut follower)?;
    let rows = follower.rows(&small.schedule).context(
        "its schedule cannot be put in words that lead to the same failure; keep the trace, which \
         JOSTLE_REPLAY=FILE makes `cargo test` replay as long as the scenario stays as it is",
    )?;
    let finding = follower.schedule(&small.schedule).finding;
    let finding = finding.context("it failed and then did not")?;
    Ok(test(scenario, &finding, &rows, &small.schedule.data))
}

/// The text of the test, as rustfmt would have it.
fn test(scenario: &Scenario, finding: &Finding, rows: &[Row], data: &[u8]) -> String {
    let mut text = String::new();
    let message = finding.headline();
    let _ = writeln!(text, "/// {} in {}: {message}", finding.kind, scenario.name);
    text += "///\n/// Kept by `jostle export`. The rows say where the schedule deviates from the one that\n\
             /// never preempts.\n#[test]\n";
    let signature = finding.signature();
    let hash = signature.rsplit('-').next().unwrap_or_default();
    let kind = finding.kind.name().replace('-', "_");
    let _ = writeln!(text, "fn {}_{kind}_{:.8}() {{", scenario.name, hash);
    let _ = writeln!(text, "    jostle::testing::keep(");
    let _ = writeln!(text, "        {:?},", scenario.name);
    if rows.is_empty() {
        let _ = writeln!(text, "        &[],");
    } else {
        let _ = writeln!(text, "        &[");
        for row in rows {
            let _ = writeln!(text, "            {:?},", row.to_string());
        }
        let _ = writeln!(text, "        ],");
    }
    let data: String = data.iter().map(|byte| format!("{byte:02x}")).collect();
    let _ = writeln!(text, "        {data:?},\n    );\n}}");
    text
}
