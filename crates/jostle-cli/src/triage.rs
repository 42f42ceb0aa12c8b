//! `jostle triage`: groups the failures of a folder by bug.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use jostle_core::backend::Suite;
use jostle_core::campaign::{Replayer, apart};
use jostle_report::publish;
use jostle_report::text::{self, GAP, clean, fit, width};
use serde_json::{Value, json};

use crate::args::Triage;
use crate::exit::ExitStatus;
use crate::output::{self, Fault};
use crate::recorded::{self, Recorded};
use crate::smallest;

/// Raised when a field of the document changes its meaning or goes away.
const VERSION: u32 = 1;

/// Cells of a line of the table: any terminal has so many.
const WIDTH: usize = 80;

/// So much of a scenario's name is shown at least.
const LEAST: usize = 8;

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
    /// The backend failed on some of these.
    broken: bool,
}

pub(crate) fn run<S: Suite>(suite: &S, args: &Triage) -> anyhow::Result<ExitStatus> {
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
        if let Err(error) = table.sort_in(suite, &path, args.scenario.as_deref()) {
            if error.is::<Fault>() {
                output::complain(&error);
                table.broken = true;
            }
            table.unreadable.push((path, format!("{error:#}")));
        }
    }
    anyhow::ensure!(
        !table.bugs.is_empty() || !table.passing.is_empty() || table.broken,
        "there is neither a trace nor an artifact in {}; artifacts of libFuzzer need --scenario",
        folder.display()
    );
    table.minimize(suite, args.scenario.as_deref());
    let printed = match args.json {
        true => output::document(&table.document()),
        false => output::print(&table.text(args.scenario.as_deref())),
    };
    // A finding is one, whether it can be printed or not.
    match printed {
        Err(error) if !table.bugs.is_empty() => output::complain(&error),
        other => other?,
    }
    Ok(match (table.bugs.is_empty(), table.broken) {
        (_, true) => ExitStatus::Broken,
        (false, false) => ExitStatus::Finding,
        (true, false) => ExitStatus::AsExpected,
    })
}

/// A path that need not be text.
fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

impl Table {
    fn sort_in<S: Suite>(
        &mut self,
        suite: &S,
        path: &Path,
        name: Option<&str>,
    ) -> anyhow::Result<()> {
        let recorded = Recorded::load(suite, path, name)?;
        let replayed = recorded.replay()?;
        let Some(finding) = replayed.run.outcome.finding else {
            self.passing.push(path.to_owned());
            return Ok(());
        };
        let key = (recorded.subject().name, finding.signature());
        let bug = self.bugs.entry(key).or_insert_with(|| Bug {
            kind: finding.kind.name(),
            message: text::message(finding.headline()).into_owned(),
            files: Vec::new(),
            size: None,
        });
        bug.files
            .push((replayed.trace.steps.len(), path.to_owned()));
        Ok(())
    }

    /// Minimizes the smallest file of each bug.
    fn minimize<S: Suite>(&mut self, suite: &S, name: Option<&str>) {
        for bug in self.bugs.values_mut() {
            bug.files.sort();
            let Some((_, path)) = bug.files.first() else {
                continue;
            };
            let size = || {
                let recorded = Recorded::load(suite, path, name)?;
                let mut replayer = Replayer::new(suite, recorded.target);
                let first = smallest::failure(&recorded, &mut replayer)?;
                let small = smallest::of(&first, &recorded, &mut replayer)?;
                let preemptions = small.trial.preemptions;
                let others = small.schedule.deviations.len();
                let others = others.saturating_sub(preemptions as usize);
                anyhow::Ok((preemptions, others, small.trial.steps))
            };
            match apart(suite, |_| size()) {
                Ok(size) => bug.size = Some(size),
                Err(error) if error.is::<Fault>() => {
                    output::complain(&error);
                    self.broken = true;
                }
                Err(_) => {}
            }
        }
    }

    /// A row for each bug. Names of scenarios are cut where they have to be: what follows
    /// the table has them in full.
    fn overview(&self) -> String {
        let heads = ["scenario", "signature", "files", "preemptions", "steps"];
        let mut rows = vec![heads.map(str::to_owned)];
        for ((scenario, signature), bug) in &self.bugs {
            let size = |of: fn((u32, usize, u32)) -> u32| {
                let size = bug.size.map(|size| of(size).to_string());
                size.unwrap_or_else(|| "?".to_owned())
            };
            rows.push([
                clean(scenario),
                signature.clone(),
                bug.files.len().to_string(),
                size(|(preemptions, ..)| preemptions),
                size(|(.., steps)| steps),
            ]);
        }
        let widest = |column: usize| rows.iter().map(|row| width(&row[column])).max();
        let [name, signature, files, preemptions, steps] =
            [0, 1, 2, 3, 4].map(|column| widest(column).unwrap_or(0));
        let others = signature + files + preemptions + steps + 5 * GAP.len();
        let name = name.min(WIDTH.saturating_sub(others).max(LEAST));
        let mut text = String::new();
        for [scenario, hash, count, switches, length] in &rows {
            let scenario = fit(scenario, name);
            let blanks = " ".repeat(name.saturating_sub(width(&scenario)));
            let _ = writeln!(
                text,
                "{GAP}{scenario}{blanks}{GAP}{hash:signature$}{GAP}{count:>files$}{GAP}\
                 {switches:>preemptions$}{GAP}{length:>steps$}"
            );
        }
        text
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
        if bugs > 0 {
            text.push('\n');
            text += &self.overview();
        }
        for ((scenario, signature), bug) in &self.bugs {
            let message = clean(&bug.message);
            let _ = writeln!(text, "\n{} in {}: {message}", bug.kind, clean(scenario));
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
                    output::program(),
                    recorded::scenario_option(name),
                    publish::quoted(path)
                );
            }
        }
        for path in &self.passing {
            let _ = writeln!(text, "\nnothing found (any more): {}", clean(&shown(path)));
        }
        for (path, reason) in &self.unreadable {
            let _ = writeln!(
                text,
                "\nleft out: {}: {}",
                clean(&shown(path)),
                clean(reason)
            );
        }
        text
    }

    fn document(&self) -> Value {
        let bugs: Vec<_> = self
            .bugs
            .iter()
            .map(|((scenario, signature), bug)| {
                json!({
                    "scenario": scenario,
                    "signature": signature,
                    "kind": bug.kind,
                    "message": bug.message,
                    "files": bug.files.iter().map(|(_, path)| shown(path)).collect::<Vec<_>>(),
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
            .map(|(path, reason)| json!({ "file": shown(path), "reason": reason }))
            .collect();
        json!({
            "jostle_triage": VERSION,
            "bugs": bugs,
            "passing": self.passing.iter().map(|path| shown(path)).collect::<Vec<_>>(),
            "unreadable": unreadable,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jostle_core::finding::Kind;

    fn bug(kind: Kind, message: &str, files: usize, size: Option<(u32, usize, u32)>) -> Bug {
        let file = |n: usize| (9, PathBuf::from(format!("crashes/crash-{n}")));
        Bug {
            kind: kind.name(),
            message: message.to_owned(),
            files: (0..files).map(file).collect(),
            size,
        }
    }

    fn table(bugs: impl IntoIterator<Item = (&'static str, &'static str, Bug)>) -> Table {
        let key =
            |(scenario, signature, bug): (_, &str, _)| ((scenario, signature.to_owned()), bug);
        Table {
            bugs: bugs.into_iter().map(key).collect(),
            passing: vec![PathBuf::from("crashes/crash-7")],
            unreadable: vec![(
                PathBuf::from("crashes/notes"),
                "this is no trace".to_owned(),
            )],
            broken: false,
        }
    }

    #[test]
    fn a_table_tells_how_many_bugs_there_are() {
        let long = "wakes_the_one_that_cannot_go_on_after_the_last_producer_is_gone";
        let table = table([
            (
                "shutdown",
                "misuse-eb37c78069588f52",
                bug(Kind::Misuse, "send on closed channel", 128, Some((1, 0, 4))),
            ),
            (
                "shutdown",
                "deadlock-0123456789abcdef",
                bug(Kind::Deadlock, "all tasks are asleep", 1, None),
            ),
            (
                long,
                "lost-wakeup-1122334455667788",
                bug(Kind::LostWakeup, "main waits", 2, Some((12, 3, 4_567))),
            ),
        ]);
        let text = table.text(None);
        let rows = text.lines().skip(2).take_while(|line| !line.is_empty());
        assert_eq!(rows.clone().count(), 4);
        assert!(rows.clone().all(|row| width(row) <= WIDTH), "{text}");
        insta::assert_snapshot!(text.replace(&output::program(), "jostle"));
    }

    #[test]
    fn without_a_bug_there_is_no_table() {
        assert!(!table([]).text(None).contains("signature"));
    }
}
