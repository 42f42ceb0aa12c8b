//! `jostle export`.

use std::fmt::Write;

use anyhow::Context;
use jostle_core::backend::Suite;
use jostle_core::campaign::{Follower, apart};
use jostle_core::finding::Finding;
use jostle_core::regression::Row;
use jostle_core::subject::Subject;

use crate::args::Export;
use crate::exit::ExitStatus;
use crate::output;
use crate::recorded::Recorded;
use crate::smallest;

pub(crate) fn run<S: Suite>(suite: &S, args: &Export) -> anyhow::Result<ExitStatus> {
    let recorded = Recorded::of(suite, &args.saved)?;
    let text = apart(suite, |_| export(&recorded));
    let text = text.with_context(|| format!("cannot export {}", args.saved.file.display()))?;
    output::print(&text)?;
    Ok(ExitStatus::AsExpected)
}

fn export<S: Suite>(recorded: &Recorded<'_, S>) -> anyhow::Result<String> {
    let mut follower = Follower::new(recorded.suite, recorded.target);
    let first = smallest::failure(recorded, &mut follower)?;
    let small = smallest::of(&first, recorded, &mut follower)?;
    let fault = |broken| recorded.fault(broken);
    let rows = follower.rows(&small.schedule).map_err(fault)?.context(
        "its schedule cannot be put in words that lead to the same failure; keep the trace, which \
         JOSTLE_REPLAY=FILE makes `cargo test` replay as long as the scenario stays as it is",
    )?;
    let finding = follower.schedule(&small.schedule).map_err(fault)?.finding;
    let finding = finding.context("it failed and then did not")?;
    Ok(test(
        recorded.subject(),
        &finding,
        &rows,
        &small.schedule.data,
    ))
}

/// The text of the test, as rustfmt would have it.
fn test(subject: &Subject, finding: &Finding, rows: &[Row], data: &[u8]) -> String {
    let mut text = String::new();
    let message = finding.headline();
    let _ = writeln!(text, "/// {} in {}: {message}", finding.kind, subject.name);
    text += "///\n/// Kept by `jostle export`. The rows say where the schedule deviates from the one that\n\
             /// never preempts.\n#[test]\n";
    let signature = finding.signature();
    let hash = signature.rsplit('-').next().unwrap_or_default();
    let kind = finding.kind.name().replace('-', "_");
    let _ = writeln!(text, "fn {}_{kind}_{:.8}() {{", subject.name, hash);
    let _ = writeln!(text, "    jostle::testing::keep(");
    let _ = writeln!(text, "        {:?},", subject.name);
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
