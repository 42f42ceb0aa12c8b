//! `jostle minimize`.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context;
use indicatif::HumanCount;

use crate::campaign::{self, Followed, Follower};
use crate::cli::args::Minimize;
use crate::cli::outcome::{self, Outcome};
use crate::cli::progress::Line;
use crate::cli::subject::Subject;
use crate::cli::{interrupt, smallest, subject};
use crate::explain::Explanation;
use crate::finding::Finding;
use crate::input::Input;
use crate::minimize::Minimized;
use crate::present;
use crate::report::Commands;
use crate::scenario::Scenario;
use crate::scenario::registry::Scope;

/// How often the best so far is saved after the first time, which is at once.
const SAVE: Duration = Duration::from_secs(1);

pub(super) fn run(scope: Scope, args: &Minimize) -> anyhow::Result<Outcome> {
    let subject = Subject::of(scope, &args.saved)?;
    interrupt::catch();
    let job = Job {
        scenario: subject.scenario,
        subject: &subject,
        args,
        out: args.out.clone().unwrap_or_else(|| beside(&args.saved.file)),
    };
    let text = subject::apart(|| job.run())??;
    outcome::print(&text)?;
    Ok(Outcome::AsExpected)
}

/// `crash-1f.trace.json` becomes `crash-1f.min.trace.json`, and so does `crash-1f`.
fn beside(file: &Path) -> PathBuf {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let stem = name.strip_suffix(".trace.json").unwrap_or(&name);
    file.with_file_name(format!("{stem}.min.trace.json"))
}

struct Job<'a> {
    scenario: &'static Scenario,
    subject: &'a Subject,
    args: &'a Minimize,
    out: PathBuf,
}

impl Job<'_> {
    /// Minimizes, saves, and gives the report.
    fn run(&self) -> anyhow::Result<String> {
        let mut follower = Follower::new(self.scenario);
        let first = smallest::failure(self.subject, &mut follower)
            .with_context(|| format!("cannot minimize {}", self.args.saved.file.display()))?;
        let minimized = self.search(&first, &mut follower)?;
        let best = follower.schedule(&minimized.schedule);
        let finding = self.save(&minimized, &best)?;
        let explanation = follower.explain(&best, &minimized.schedule);
        let explanation = explanation.unwrap_or_default();
        Ok(self.report(&first, &minimized, &best, &finding, &explanation))
    }

    fn search(&self, first: &Followed, follower: &mut Follower) -> anyhow::Result<Minimized> {
        let deadline = self.args.time.and_then(|t| Instant::now().checked_add(t));
        let failed = RefCell::new(None);
        let over = || {
            let late = deadline.is_some_and(|at| Instant::now() >= at);
            late || interrupt::caught() || failed.borrow().is_some()
        };
        let follower = RefCell::new(follower);
        let line = Line::new(false);
        let mut best = String::new();
        let mut saved: Option<Instant> = None;
        let mut tried = false;
        let minimized = smallest::search(
            first,
            self.subject,
            &mut |candidate| {
                // The first one is the failure itself, which there is always time for.
                let go_on = !std::mem::replace(&mut tried, true) || !over();
                go_on.then(|| follower.borrow_mut().trial(candidate))
            },
            &mut |trials, better| {
                if let Some(better) = better {
                    best = size(better);
                    if saved.is_none_or(|at| at.elapsed() >= SAVE) {
                        let execution = follower.borrow_mut().schedule(&better.schedule);
                        failed.replace(self.save(better, &execution).err());
                        saved = Some(Instant::now());
                    }
                }
                let name = self.scenario.name;
                line.set(&format!(
                    "{name}: {best} after {} executions",
                    HumanCount(trials)
                ));
            },
        );
        line.end();
        match failed.into_inner() {
            Some(error) => Err(error),
            None => minimized,
        }
    }

    /// Saves the schedule, confirmed, in all the forms that were asked for.
    fn save(&self, minimized: &Minimized, best: &Followed) -> anyhow::Result<Finding> {
        let Some(finding) = best.finding.clone() else {
            anyhow::bail!(
                "the minimized schedule failed and then did not; this is a bug in jostle"
            );
        };
        let input = Input::from_decisions(&minimized.trial.log, minimized.schedule.data.clone());
        let confirmed = campaign::confirm(self.scenario, finding, best.trace.clone(), &input.data);
        let finding = confirmed.finding;
        let file = present::trace_file(self.scenario, &input, &confirmed.trace, Some(&finding));
        present::save_at(&self.out, &file).with_context(|| {
            format!(
                "cannot save {}; name another file with --out",
                self.out.display()
            )
        })?;
        if let Some(path) = &self.args.artifact {
            let bytes = input.encode(self.subject.selector());
            present::replace(path, &bytes)
                .with_context(|| format!("cannot save {}", path.display()))?;
        }
        Ok(finding)
    }

    fn report(
        &self,
        first: &Followed,
        minimized: &Minimized,
        best: &Followed,
        finding: &Finding,
        explanation: &Explanation,
    ) -> String {
        let commands = Commands {
            replay: format!(
                "{} replay {}",
                outcome::program(),
                present::quoted(&self.out)
            ),
            minimize: None,
        };
        let full = self.args.full;
        let report = present::report(self.scenario, finding, &best.trace, &commands, full);
        let cut = if minimized.complete {
            ""
        } else {
            ", and ended before there was nothing left to try"
        };
        format!(
            "{report}\n{}\nFails with {}, {} steps of {} matter; {} bytes of data instead of {}.\n\
             Minimizing took {} executions{cut}.\n",
            present::explanation(finding, &best.trace, explanation),
            size(minimized),
            explanation.matter.len(),
            first.trace.steps.len(),
            minimized.schedule.data.len(),
            self.subject.data().len(),
            HumanCount(minimized.trials),
        )
    }
}

/// `2 preemptions and 1 other deviation`.
fn size(minimized: &Minimized) -> String {
    let count = |n: usize, noun: &str| format!("{n} {noun}{}", if n == 1 { "" } else { "s" });
    let preemptions = minimized.trial.preemptions as usize;
    let others = minimized
        .schedule
        .deviations
        .len()
        .saturating_sub(preemptions);
    let mut text = count(preemptions, "preemption");
    if others > 0 {
        text += &format!(" and {}", count(others, "other deviation"));
    }
    text
}
