//! `jostle list`.

use serde_json::json;

use crate::cli::args::List;
use crate::cli::outcome::{self, Outcome};
use crate::scenario::registry::Scope;
use crate::scenario::{Expect, Scenario};

pub(super) fn run(scope: Scope, args: &List) -> anyhow::Result<Outcome> {
    let scenarios = all(scope)?;
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
        outcome::print(&format!("{:#}\n", json!({ "scenarios": rows })))?;
        return Ok(Outcome::AsExpected);
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
    outcome::print(&text)?;
    Ok(Outcome::AsExpected)
}

fn width(lengths: impl Iterator<Item = usize>) -> usize {
    lengths.max().unwrap_or(0)
}

/// What a scenario expects, as one writes it in its attribute.
pub(super) fn expectation(scenario: &Scenario) -> String {
    match scenario.expect {
        Expect::Clean => "clean".to_owned(),
        Expect::Finds(kind, "") => kind.to_string(),
        Expect::Finds(kind, text) => format!("{kind}: {text}"),
    }
}

/// The scenarios in `scope`.
///
/// # Errors
///
/// If there is none, or if two have the same name.
pub(super) fn all(scope: Scope) -> anyhow::Result<Vec<&'static Scenario>> {
    let scenarios = crate::scenario::registry::scenarios(scope)?;
    anyhow::ensure!(
        !scenarios.is_empty(),
        "there is no scenario in this program; mark functions with #[jostle::scenario] and link \
         their crate with `use my_crate as _;`"
    );
    Ok(scenarios)
}

/// The scenario with this name.
///
/// # Errors
///
/// If there is none; the message gives the names that are nearest.
pub(super) fn named(
    scenarios: &[&'static Scenario],
    name: &str,
) -> anyhow::Result<&'static Scenario> {
    if let Some(found) = scenarios.iter().find(|s| s.name == name) {
        return Ok(found);
    }
    let mut near: Vec<&str> = scenarios.iter().map(|s| s.name).collect();
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
