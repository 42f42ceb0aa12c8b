//! `jostle export`: prints a failure as a test, or writes it as a schedule file.

use std::fmt::Write;

use anyhow::Context;
use jostle_core::backend::Suite;
use jostle_core::campaign::{Replayer, apart};
use jostle_core::finding::Finding;
use jostle_core::regression::{self, KeptFile, Row};
use jostle_core::subject::Subject;
use jostle_report::text::{clean, fit, inert_json};

use crate::args::Export;
use crate::exit::ExitStatus;
use crate::output;
use crate::recorded::Recorded;
use crate::smallest;

pub(crate) fn run<S: Suite>(suite: &S, args: &Export) -> anyhow::Result<ExitStatus> {
    let recorded = Recorded::of(suite, &args.saved)?;
    output::check_outputs(Some(&args.saved.file), &[("--out", args.out.as_deref())])?;
    let form = match args.out {
        Some(_) => file,
        None => test,
    };
    let text = apart(suite, |_| export(&recorded, form));
    let text = text.with_context(|| format!("cannot export {}", args.saved.file.display()))?;
    if let Some(path) = &args.out {
        output::write(path, text.as_bytes(), "--out")?;
        return Ok(ExitStatus::AsExpected);
    }
    output::print_bytes(text.as_bytes())?;
    let module = recorded.subject().module;
    output::warn(&format!(
        "The file that this is appended to has to link the scenario once: `use {} as _;`",
        krate(module)
    ));
    Ok(ExitStatus::AsExpected)
}

/// How a failure is kept: made of the subject, the finding, the rows and the data.
type Form = fn(&Subject, &Finding, &[Row], &[u8]) -> String;

fn export<S: Suite>(recorded: &Recorded<'_, S>, form: Form) -> anyhow::Result<String> {
    let mut replayer = Replayer::new(recorded.suite, recorded.target);
    let first = smallest::failure(recorded, &mut replayer)?;
    let small = smallest::of(&first, recorded, &mut replayer)?;
    let fault = |broken| recorded.fault(broken);
    let rows = replayer.rows(&small.schedule).map_err(fault)?.context(
        "its schedule cannot be put in words that lead to the same failure; keep the trace, which \
         can be replayed as long as the scenario stays as it is (under `cargo test`: \
         JOSTLE_REPLAY=FILE)",
    )?;
    let finding = replayer.schedule(&small.schedule).map_err(fault)?.finding;
    let finding = finding.context("it failed and then did not")?;
    Ok(form(
        recorded.subject(),
        &finding,
        &rows,
        &small.schedule.data,
    ))
}

/// The crate of a module.
fn krate(module: &str) -> &str {
    module.split("::").next().unwrap_or(module)
}

/// The message in the comment has so many cells at most.
const MESSAGE: usize = 200;

/// The text of the test, as rustfmt would have it.
fn test(subject: &Subject, finding: &Finding, rows: &[Row], data: &[u8]) -> String {
    let mut text = String::new();
    // Some characters must not stand in a comment, and one that ends a line would end it.
    let message = clean(&fit(finding.headline(), MESSAGE));
    let _ = writeln!(
        text,
        "/// {} in {}: {}",
        finding.kind,
        clean(subject.name),
        message.trim_end()
    );
    text += "///\n/// Kept by `jostle export`. The rows say where the schedule deviates from the one that\n\
             /// never preempts. Outside of the scenario's crate this file needs, once,\n";
    let _ = writeln!(text, "/// `use {} as _;`\n#[test]", krate(subject.module));
    let signature = finding.signature();
    let hash = signature.rsplit('-').next().unwrap_or_default();
    let kind = finding.kind.name().replace('-', "_");
    let name: String = subject.name.chars().map(word).collect();
    let _ = writeln!(text, "fn {name}_{kind}_{hash:.8}() {{");
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
    let data = digits(data);
    let _ = writeln!(text, "        {data:?},\n    );\n}}");
    text
}

/// The text of the schedule file.
fn file(subject: &Subject, finding: &Finding, rows: &[Row], data: &[u8]) -> String {
    let file = KeptFile {
        jostle_schedule: regression::VERSION,
        test: subject.name.to_owned(),
        kind: finding.kind.name().to_owned(),
        message: fit(finding.headline(), MESSAGE).trim_end().to_owned(),
        signature: finding.signature(),
        rows: rows.iter().map(Row::to_string).collect(),
        data: digits(data),
    };
    inert_json(&file.text())
}

/// Bytes in hexadecimal digits.
fn digits(data: &[u8]) -> String {
    data.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A character of a name, or what stands for it in the name of a function.
fn word(c: char) -> char {
    match c.is_alphanumeric() {
        true => c,
        false => '_',
    }
}
