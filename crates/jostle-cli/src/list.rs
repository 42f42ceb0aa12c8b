//! `jostle list`.

use jostle_core::backend::{Suite, TargetOf};
use jostle_core::subject::Subject;
use jostle_report::publish::expectation;
use serde_json::json;

use crate::args::List;
use crate::exit::ExitStatus;
use crate::output;

pub(crate) fn run<S: Suite>(suite: &S, args: &List) -> anyhow::Result<ExitStatus> {
    let scenarios: Vec<&Subject> = all(suite)?.into_iter().map(AsRef::as_ref).collect();
    if args.json {
        let rows: Vec<_> = scenarios
            .iter()
            .map(|s| {
                json!({
                    "name": s.name,
                    "expect": expectation(s),
                    "about": s.about,
                    "file": s.site.file(),
                    "line": s.site.line(),
                })
            })
            .collect();
        output::print(&format!("{:#}\n", json!({ "scenarios": rows })))?;
        return Ok(ExitStatus::AsExpected);
    }
    let name = width(scenarios.iter().map(|s| s.name.len()));
    let expect = width(scenarios.iter().map(|s| expectation(s).len()));
    let mut text = String::new();
    for s in scenarios {
        let about = s.about.lines().next().unwrap_or_default();
        let line = format!("{:name$}  {:expect$}  {about}", s.name, expectation(s));
        text.push_str(line.trim_end());
        text.push('\n');
    }
    output::print(&text)?;
    Ok(ExitStatus::AsExpected)
}

fn width(lengths: impl Iterator<Item = usize>) -> usize {
    lengths.max().unwrap_or(0)
}

/// Every target of `suite`.
///
/// # Errors
///
/// If there is none, or if two have the same name.
pub(crate) fn all<S: Suite>(suite: &S) -> anyhow::Result<Vec<&'static TargetOf<S>>> {
    let targets = suite.targets()?;
    anyhow::ensure!(
        !targets.is_empty(),
        "there is no scenario in this program; mark functions with #[jostle::scenario] and link \
         their crate with `use my_crate as _;`"
    );
    Ok(targets)
}

/// The target with this name.
///
/// # Errors
///
/// If there is none; the message gives the names that are nearest.
pub(crate) fn named<S: Suite>(
    targets: &[&'static TargetOf<S>],
    name: &str,
) -> anyhow::Result<&'static TargetOf<S>> {
    if let Some(found) = targets.iter().find(|target| target.as_ref().name == name) {
        return Ok(found);
    }
    let mut near: Vec<&str> = targets.iter().map(|target| target.as_ref().name).collect();
    near.sort_by(|a, b| {
        let likeness = |n: &str| strsim::jaro_winkler(n, name);
        likeness(b).total_cmp(&likeness(a))
    });
    near.truncate(3);
    anyhow::bail!(
        "there is no scenario {name:?}; did you mean {}? `jostle list` shows all",
        near.join(", ")
    )
}
