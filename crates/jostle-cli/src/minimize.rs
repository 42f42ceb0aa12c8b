//! `jostle minimize`: makes a failure small.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context;
use indicatif::HumanCount;
use jostle_core::backend::Suite;
use jostle_core::campaign::{Replayed, Replayer, apart, confirm};
use jostle_core::explain::Explanation;
use jostle_core::finding::Finding;
use jostle_core::input::Input;
use jostle_core::minimize::Minimized;
use jostle_core::trace::file::TraceFile;
use jostle_report::Commands;
use jostle_report::publish;

use crate::args::Minimize;
use crate::exit::ExitStatus;
use crate::output;
use crate::progress::Line;
use crate::recorded::Recorded;
use crate::{interrupt, smallest};

/// How often the best so far is saved after the first time, which is at once.
const SAVE: Duration = Duration::from_secs(1);

pub(crate) fn run<S: Suite>(suite: &S, args: &Minimize) -> anyhow::Result<ExitStatus> {
    let recorded = Recorded::of(suite, &args.saved)?;
    let out = args.out.clone();
    let out = out.unwrap_or_else(|| beside(&args.saved.file));
    let files = [
        ("--out", Some(out.as_path())),
        ("--artifact", args.artifact.as_deref()),
    ];
    output::check_outputs(Some(&args.saved.file), &files)?;
    interrupt::catch(suite);
    let job = Job {
        recorded: &recorded,
        args,
        out,
    };
    let (text, saved) = apart(suite, |_| job.run())?;
    output::print(&text)?;
    saved?;
    Ok(ExitStatus::AsExpected)
}

/// `crash-1f.trace.json` becomes `crash-1f.min.trace.json`, and so does `crash-1f`.
fn beside(file: &Path) -> PathBuf {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let stem = name.strip_suffix(".trace.json").unwrap_or(&name);
    file.with_file_name(format!("{stem}.min.trace.json"))
}

struct Job<'a, S: Suite> {
    recorded: &'a Recorded<'a, S>,
    args: &'a Minimize,
    out: PathBuf,
}

impl<S: Suite> Job<'_, S> {
    /// Minimizes, and gives the report and whether the result could be saved: what took
    /// long is told in any case.
    fn run(&self) -> anyhow::Result<(String, anyhow::Result<()>)> {
        let mut replayer = Replayer::new(self.recorded.suite, self.recorded.target);
        let first = smallest::failure(self.recorded, &mut replayer)
            .with_context(|| format!("cannot minimize {}", self.args.saved.file.display()))?;
        let minimized = self.search(&first, &mut replayer)?;
        let fault = |broken| self.recorded.fault(broken);
        let best = replayer.schedule(&minimized.schedule).map_err(fault)?;
        let (finding, saved) = self.save(&minimized, &best)?;
        let explanation = replayer.explain(&best, &minimized.schedule);
        let explanation = explanation.map_err(fault)?.unwrap_or_default();
        let report = self.report(&first, &minimized, &best, &finding, &explanation);
        Ok((report, saved))
    }

    fn search(
        &self,
        first: &Replayed,
        replayer: &mut Replayer<'_, S::Backend>,
    ) -> anyhow::Result<Minimized> {
        let deadline = self.args.time.and_then(|t| Instant::now().checked_add(t));
        let failed = RefCell::new(None);
        let over = || {
            let late = deadline.is_some_and(|at| Instant::now() >= at);
            late || interrupt::caught() || failed.borrow().is_some()
        };
        let replayer = RefCell::new(replayer);
        let line = Line::new(false);
        let mut best = String::new();
        let mut saved: Option<Instant> = None;
        let mut tried = false;
        let minimized = smallest::search(
            first,
            self.recorded,
            &mut |candidate| {
                // The first one is the failure itself, which there is always time for.
                let go_on = !std::mem::replace(&mut tried, true) || !over();
                go_on
                    .then(|| replayer.borrow_mut().trial(candidate))
                    .flatten()
            },
            &mut |trials, better| {
                if let Some(better) = better {
                    best = size(better);
                    if saved.is_none_or(|at| at.elapsed() >= SAVE) {
                        let execution = replayer.borrow_mut().schedule(&better.schedule);
                        let result = execution
                            .map_err(|broken| self.recorded.fault(broken))
                            .and_then(|execution| self.save(better, &execution));
                        // What can be saved at first and not later is told at the end.
                        if saved.is_none() {
                            failed.replace(result.and_then(|(_, written)| written).err());
                        }
                        saved = Some(Instant::now());
                    }
                }
                let name = self.recorded.subject().name;
                line.set(&format!(
                    "{name}: {best} after {} executions",
                    HumanCount(trials)
                ));
            },
        );
        line.end();
        let sound = replayer.borrow().check();
        sound.map_err(|broken| self.recorded.fault(broken))?;
        match failed.into_inner() {
            Some(error) => Err(error),
            None => minimized,
        }
    }

    /// Saves the schedule, confirmed, in all the forms that were asked for.
    fn save(
        &self,
        minimized: &Minimized,
        best: &Replayed,
    ) -> anyhow::Result<(Finding, anyhow::Result<()>)> {
        let Some(finding) = best.finding.clone() else {
            anyhow::bail!(
                "the minimized schedule failed and then did not; this is a bug in jostle"
            );
        };
        let input =
            Input::from_decisions(&minimized.trial.transcript, minimized.schedule.data.clone());
        let Recorded { suite, target, .. } = *self.recorded;
        let confirmed = confirm(suite, target, finding, best.trace.clone(), &input.data);
        let confirmed = confirmed.map_err(|broken| self.recorded.fault(broken))?;
        let finding = confirmed.finding;
        let file = publish::trace_file(
            self.recorded.subject(),
            &input,
            &confirmed.trace,
            Some(&finding),
        );
        Ok((finding, self.write(&file, &input)))
    }

    fn write(&self, file: &TraceFile, input: &Input) -> anyhow::Result<()> {
        publish::save_at(&self.out, file).with_context(|| {
            format!(
                "cannot save {}; name another file with --out",
                self.out.display()
            )
        })?;
        if let Some(path) = &self.args.artifact {
            let bytes = input.encode(self.recorded.selector());
            output::write(path, &bytes, "--artifact")?;
        }
        Ok(())
    }

    fn report(
        &self,
        first: &Replayed,
        minimized: &Minimized,
        best: &Replayed,
        finding: &Finding,
        explanation: &Explanation,
    ) -> String {
        let commands = Commands {
            replay: format!(
                "{} replay {}",
                output::program(),
                publish::quoted(&self.out)
            ),
            minimize: None,
        };
        let full = self.args.full;
        let report = publish::report(
            self.recorded.subject(),
            finding,
            &best.trace,
            &commands,
            full,
        );
        let cut = if minimized.complete {
            ""
        } else {
            ", and ended before there was nothing left to try"
        };
        format!(
            "{report}\n{}\nFails with {}, {} steps of {} matter; {} bytes of data instead of {}.\n\
             Minimizing took {} executions{cut}.\n",
            publish::explanation(finding, &best.trace, explanation),
            size(minimized),
            explanation.relevant.len(),
            first.trace.steps.len(),
            minimized.schedule.data.len(),
            self.recorded.data().len(),
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
