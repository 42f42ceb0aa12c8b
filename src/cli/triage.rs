//! `jostle triage`.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde_json::json;

use crate::campaign::Follower;
use crate::cli::args::Triage;
use crate::cli::outcome::{self, Outcome};
use crate::cli::smallest;
use crate::cli::subject::{self, Subject};
use crate::present;
use crate::scenario::registry::Scope;

/// Raised when a field of the document changes its meaning or goes away.
const VERSION: u32 = 1;

/// The files that show the same bug.
struct Bug {
    kind: &'static str,
    message: String,
    /// Each with the number of its steps.
    files: Vec<(usize, PathBuf)>,
    /// Of the smallest one, minimized: preemptions, other deviations, steps.
    size: Option<(u32, usize, u32)>,
}

/// What the files of a folder are.
#[derive(Default)]
struct Table {
    /// By scenario and signature.
    bugs: BTreeMap<(&'static str, String), Bug>,
    passing: Vec<PathBuf>,
    /// With the reason.
    unreadable: Vec<(PathBuf, String)>,
}

pub(super) fn run(scope: Scope, args: &Triage) -> anyhow::Result<Outcome> {
    let folder = &args.folder;
    let mut files = Vec::new();
    let entries = fs::read_dir(folder)
        .with_context(|| format!("cannot read the folder {}", folder.display()))?;
    for entry in entries {
        let path = entry.context("cannot read the folder to its end")?.path();
        if path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    let mut table = Table::default();
    for path in files {
        if let Err(error) = table.sort_in(scope, &path, args.scenario.as_deref()) {
            table.unreadable.push((path, format!("{error:#}")));
        }
    }
    anyhow::ensure!(
        !table.bugs.is_empty() || !table.passing.is_empty(),
        "there is neither a trace nor an artifact in {}; artifacts of libFuzzer need --scenario",
        folder.display()
    );
    table.minimize(scope, args.scenario.as_deref());
    outcome::print(&match args.json {
        true => table.document(),
        false => table.text(args.scenario.as_deref()),
    })?;
    Ok(match table.bugs.is_empty() {
        true => Outcome::AsExpected,
        false => Outcome::Finding,
    })
}

impl Table {
    fn sort_in(&mut self, scope: Scope, path: &Path, name: Option<&str>) -> anyhow::Result<()> {
        let subject = Subject::load(scope, path, name)?;
        let replayed = subject.replay()?;
        let Some(finding) = replayed.run.outcome.finding else {
            self.passing.push(path.to_owned());
            return Ok(());
        };
        let key = (subject.scenario.name, finding.signature());
        let bug = self.bugs.entry(key).or_insert_with(|| Bug {
            kind: finding.kind.name(),
            message: finding.headline().to_owned(),
            files: Vec::new(),
            size: None,
        });
        bug.files
            .push((replayed.trace.steps.len(), path.to_owned()));
        Ok(())
    }

    /// Minimizes the smallest file of each bug.
    fn minimize(&mut self, scope: Scope, name: Option<&str>) {
        for bug in self.bugs.values_mut() {
            bug.files.sort();
            let Some((_, path)) = bug.files.first() else {
                continue;
            };
            let size = || {
                let subject = Subject::load(scope, path, name).ok()?;
                let mut follower = Follower::new(subject.scenario);
                let first = smallest::failure(&subject, &mut follower).ok()?;
                let small = smallest::of(&first, &subject, &mut follower).ok()?;
                let preemptions = small.trial.preemptions;
                let others = small.schedule.deviations.len();
                let others = others.saturating_sub(preemptions as usize);
                Some((preemptions, others, small.trial.steps))
            };
            bug.size = subject::apart(size).ok().flatten();
        }
    }

    fn text(&self, name: Option<&str>) -> String {
        let files: usize = self.bugs.values().map(|bug| bug.files.len()).sum();
        let bugs = self.bugs.len();
        let plural = |n: usize| if n == 1 { "" } else { "s" };
        let mut text = format!(
            "{files} failing file{}, {bugs} different bug{}\n",
            plural(files),
            plural(bugs)
        );
        for ((scenario, signature), bug) in &self.bugs {
            let _ = writeln!(text, "\n{} in {scenario}: {}", bug.kind, bug.message);
            let _ = write!(
                text,
                "  {} file{}",
                bug.files.len(),
                plural(bug.files.len())
            );
            if let Some((preemptions, others, steps)) = bug.size {
                let _ = write!(
                    text,
                    "; minimized: {preemptions} preemption{}, {others} other deviation{}, {steps} \
                     step{}",
                    plural(preemptions as usize),
                    plural(others),
                    plural(steps as usize)
                );
            }
            let _ = writeln!(text, "\n  signature {signature}");
            if let Some((_, path)) = bug.files.first() {
                let _ = writeln!(
                    text,
                    "  {} minimize{} {}",
                    outcome::program(),
                    subject::scenario_option(name),
                    present::quoted(path)
                );
            }
        }
        for path in &self.passing {
            let _ = writeln!(text, "\nnothing found (any more): {}", path.display());
        }
        for (path, reason) in &self.unreadable {
            let _ = writeln!(text, "\nleft out: {}: {reason}", path.display());
        }
        text
    }

    fn document(&self) -> String {
        let bugs: Vec<_> = self
            .bugs
            .iter()
            .map(|((scenario, signature), bug)| {
                json!({
                    "scenario": scenario,
                    "signature": signature,
                    "kind": bug.kind,
                    "message": bug.message,
                    "files": bug.files.iter().map(|(_, path)| path).collect::<Vec<_>>(),
                    "minimized": bug.size.map(|(preemptions, others, steps)| json!({
                        "preemptions": preemptions,
                        "other_deviations": others,
                        "steps": steps,
                    })),
                })
            })
            .collect();
        let unreadable: Vec<_> = self
            .unreadable
            .iter()
            .map(|(path, reason)| json!({ "file": path, "reason": reason }))
            .collect();
        let document = json!({
            "jostle_triage": VERSION,
            "bugs": bugs,
            "passing": self.passing,
            "unreadable": unreadable,
        });
        format!("{document:#}\n")
    }
}
