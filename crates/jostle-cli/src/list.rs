//! `jostle list`: lists the scenarios and what each expects.

use std::cmp::Reverse;

use jostle_core::backend::{Suite, TargetOf};
use jostle_core::subject::Subject;
use jostle_report::publish::expectation;
use jostle_report::text::{GAP, clean, fit, width};
use serde_json::json;
use wildmatch::WildMatch;

use crate::args::List;
use crate::exit::ExitStatus;
use crate::output;

/// Errors show names up to so many cells.
const LONGEST: usize = 100;

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
        output::document(&json!({ "scenarios": rows }))?;
        return Ok(ExitStatus::AsExpected);
    }
    let rows = scenarios.iter().map(|s| {
        let about = s.about.lines().next().unwrap_or_default();
        [clean(s.name), expectation(s), clean(about)]
    });
    let rows: Vec<[String; 3]> = rows.collect();
    let widest = |column: usize| rows.iter().map(|row| width(&row[column])).max();
    let filled = |text: &str, column: usize| {
        let blanks = widest(column).unwrap_or(0) - width(text);
        format!("{text}{}{GAP}", " ".repeat(blanks))
    };
    let mut text = String::new();
    for [name, expect, about] in &rows {
        let line = format!("{}{}{about}", filled(name, 0), filled(expect, 1));
        text.push_str(line.trim_end());
        text.push('\n');
    }
    output::print(&text)?;
    Ok(ExitStatus::AsExpected)
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
    // A file may hold a name of any length, and no name is like one that is much longer.
    let name = fit(name, LONGEST);
    let mut near: Vec<&str> = targets.iter().map(|target| target.as_ref().name).collect();
    near.sort_by_cached_key(|n| Reverse((strsim::jaro_winkler(n, &name) * 1e6) as u32));
    near.truncate(3);
    anyhow::bail!(
        "there is no scenario {name:?}; did you mean {}? `jostle list` shows all",
        near.join(", ")
    )
}

/// The targets with these names, each once. In a name, `*` stands for any characters and
/// `?` for one.
///
/// # Errors
///
/// If a name is that of none.
pub(crate) fn chosen<S: Suite>(
    targets: &[&'static TargetOf<S>],
    names: &[String],
) -> anyhow::Result<Vec<&'static TargetOf<S>>> {
    let mut chosen: Vec<&'static TargetOf<S>> = Vec::new();
    for name in names {
        let found = match name.contains(['*', '?']) {
            false => vec![named::<S>(targets, name)?],
            true => {
                let pattern = WildMatch::new(name);
                let all = targets.iter().copied();
                all.filter(|target| pattern.matches(target.as_ref().name))
                    .collect()
            }
        };
        anyhow::ensure!(
            !found.is_empty(),
            "no scenario has a name like {:?}; `jostle list` shows all",
            fit(name, LONGEST)
        );
        for target in found {
            if !chosen
                .iter()
                .any(|there| there.as_ref().name == target.as_ref().name)
            {
                chosen.push(target);
            }
        }
    }
    Ok(chosen)
}
