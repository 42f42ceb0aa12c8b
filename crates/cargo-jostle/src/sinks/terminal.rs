//! The results as text on standard output: a line for each test as the test harness prints
//! it, then the reports, then the totals with what was not explored.

use std::collections::BTreeSet;

use jostle_report::publish;
use jostle_report::text::{clean, clean_lines};

use crate::output::{print, warn};
use crate::plan::Plan;
use crate::result::{Found, Status, Tested, Totals};
use crate::sinks::words;

/// Prints results as they come.
#[derive(Debug)]
pub(crate) struct Terminal {
    quiet: bool,
    /// The programs with how many tests, in the order of results.
    headers: Vec<(String, usize)>,
    /// The program that the last result was of.
    last: Option<String>,
    failure: Option<anyhow::Error>,
}

impl Terminal {
    /// For the results of a plan; without a word if `quiet`.
    pub(crate) fn new(plan: &Plan<'_>, quiet: bool) -> Terminal {
        let mut headers: Vec<(String, usize)> = Vec::new();
        for item in &plan.items {
            let id = item.subject.binary.id();
            match headers.last_mut().filter(|(last, _)| *last == id) {
                Some((_, count)) => *count += 1,
                None => headers.push((id, 1)),
            }
        }
        Terminal {
            quiet,
            headers,
            last: None,
            failure: None,
        }
    }

    /// Prints the line of a test.
    pub(crate) fn result(&mut self, tested: &Tested) {
        if self.quiet {
            return;
        }
        let mut text = String::new();
        if self.last.as_ref() != Some(&tested.binary) {
            let count = self.headers.iter().find(|(id, _)| *id == tested.binary);
            let count = count.map_or(0, |(_, count)| *count);
            let s = if count == 1 { "" } else { "s" };
            text += &format!("\nrunning {count} test{s} of {}\n", clean(&tested.binary));
            self.last = Some(tested.binary.clone());
        }
        text += &line(tested);
        text.push('\n');
        self.print(&text);
    }

    /// Prints reports and totals.
    ///
    /// # Errors
    ///
    /// If something could not be printed, now or before.
    pub(crate) fn end(&mut self, results: &[Tested], totals: &Totals) -> anyhow::Result<()> {
        if self.quiet {
            return Ok(());
        }
        let reports: String = results.iter().map(reports).collect();
        if !reports.is_empty() {
            self.print(&format!("\nfailures:\n{reports}"));
        }
        self.print(&format!("\n{}", summary(results, totals)));
        match self.failure.take() {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    fn print(&mut self, text: &str) {
        if let Err(error) = print(text) {
            self.failure.get_or_insert(error);
        }
    }
}

/// The line of a test.
pub(crate) fn line(tested: &Tested) -> String {
    let name = tested.test.as_deref().unwrap_or("main");
    format!("test {} ... {}", clean(name), words::status(tested))
}

/// All that is known of the failures of a test; empty if there is none.
pub(crate) fn reports(tested: &Tested) -> String {
    match &tested.status {
        Status::Found(all) => all.iter().map(|found| report(tested, found)).collect(),
        Status::Failed { output } => {
            let text = "It fails without another thread, as it does under `cargo test`.\n";
            section(tested, "", &format!("{text}{}", indented(output)))
        }
        Status::Broken { why, errors } => section(
            tested,
            "",
            &format!(
                "{}. This says nothing about the test.\n{}",
                clean(why),
                indented(errors)
            ),
        ),
        _ => String::new(),
    }
}

fn report(tested: &Tested, found: &Found) -> String {
    let mut text = String::new();
    if let Some(kept) = &found.kept {
        text += &format!("{}.\n", clean(kept));
    }
    if let Some(doubt) = words::doubt(found) {
        text += &format!("warning: {doubt}.\n");
    }
    if found.report.is_empty() {
        text += &format!("{}\n", words::headline(&found.finding));
        if let Some(trace) = &found.trace {
            let here = std::env::current_dir().unwrap_or_default();
            let trace = trace.strip_prefix(here).unwrap_or(trace);
            text += &format!("Replay: cargo jostle replay {}\n", publish::quoted(trace));
        }
    } else {
        text += &found.report;
    }
    section(tested, &format!(": {}", words::kind(found)), &text)
}

fn section(tested: &Tested, what: &str, text: &str) -> String {
    format!(
        "\n---- {}{what} ----\n{}\n",
        clean(&tested.name),
        text.trim_end()
    )
}

fn indented(text: &str) -> String {
    let lines = text.trim_end().lines();
    lines
        .map(|line| format!("  {}\n", clean_lines(line)))
        .collect()
}

/// The totals, and everything that was not explored as one may think it was.
fn summary(results: &[Tested], totals: &Totals) -> String {
    let mut text = String::new();
    for tested in results {
        if let Status::NotExplored { reason, remedy } = &tested.status {
            text += &format!(
                "not explored: {}: {}; {}\n",
                clean(&tested.name),
                clean(reason),
                clean(remedy)
            );
        }
    }
    for tested in results {
        for note in &tested.kept.notes {
            text += &format!("note: {}: {}\n", clean(&tested.name), clean(note));
        }
    }
    let mut said = BTreeSet::new();
    for tested in results {
        for caution in &tested.cautions {
            if said.insert(caution) {
                text += &format!("caution: {}: {}\n", clean(&tested.name), clean(caution));
            }
        }
    }
    if totals.single_threaded > 0 {
        text += &format!(
            "{} made no thread: one execution each, and nothing to explore\n",
            tests(totals.single_threaded)
        );
    }
    if !totals.doctests.is_empty() {
        text += "doctests were not run; `cargo test --doc` runs them\n";
    }
    text + &total(totals)
}

fn total(totals: &Totals) -> String {
    let result = match totals.status().code() {
        0 => "ok",
        _ => "FAILED",
    };
    let mut text = format!(
        "test result: {result}. {} passed; {} failed",
        totals.ok, totals.failed
    );
    for (count, what) in [
        (totals.broken, "broken"),
        (totals.not_explored, "not explored"),
        (totals.stopped, "stopped"),
        (totals.ignored, "ignored"),
    ] {
        if count > 0 {
            text += &format!("; {count} {what}");
        }
    }
    text + &format!(
        "; {}; finished in {:.2}s\n",
        words::executions(totals.executions),
        totals.elapsed.as_secs_f64()
    )
}

fn tests(count: usize) -> String {
    match count {
        1 => "1 test".to_owned(),
        n => format!("{n} tests"),
    }
}

/// Says that a run was cut short.
pub(crate) fn interrupted(left: usize, of: usize) {
    warn(&format!(
        "Ctrl-C: {left} of {of} tests were not explored to the end"
    ));
}
