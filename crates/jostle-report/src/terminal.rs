//! A report as text for a terminal or a log.

use std::collections::BTreeSet;
use std::fmt;

use jostle_core::finding::{Finding, Kind};
use jostle_core::id::ObjectId;
use jostle_core::trace::Trace;
use jostle_core::vtime::VInstant;

use crate::circle;
use crate::clues::Clues;
use crate::lines::{self, Line};
use crate::names::Names;
use crate::palette::{Palette, paint};
use crate::table;
use crate::text::{self, clean, count, flow};
use crate::waits::Waits;
use crate::{Commands, ReadSource, Report};

/// No terminal is taken to be narrower.
pub const NARROWEST: usize = 20;

/// How to write a report.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    /// How many cells a line may take, at least [`NARROWEST`]. What is to be copied, that
    /// is messages, full paths and commands, is never cut or broken.
    pub width: usize,
    /// Whether to show every step and every task.
    pub full: bool,
    /// Whether to use colours. Without, there is no escape sequence at all.
    pub color: bool,
    /// How many lines of the interleaving to show if not all.
    pub last: usize,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            width: 80,
            full: false,
            color: false,
            last: 30,
        }
    }
}

/// The report as text that ends with a line feed.
///
/// In this order: what was found and in which scenario; the interleaving; where
/// the tasks concerned stand, who created them and what they wait for; the
/// commands that lead on. `read` gives the text of a source file; places in
/// files that it does not know are shown without their line.
#[must_use]
pub fn render(report: &Report<'_>, options: &Options, read: ReadSource<'_>) -> String {
    let names = Names::new(report.trace, report.finding);
    let page = Page {
        report,
        names,
        clues: Clues::new(report.finding, report.trace),
        options: Options {
            width: options.width.max(NARROWEST),
            ..*options
        },
        palette: Palette::new(options.color),
        read,
    };
    let page = page.to_string();
    let mut text = String::with_capacity(page.len());
    for line in page.lines() {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

struct Page<'a> {
    report: &'a Report<'a>,
    names: Names<'a>,
    clues: Clues,
    options: Options,
    palette: Palette,
    read: ReadSource<'a>,
}

impl fmt::Display for Page<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_headline(f)?;
        self.write_interleaving(f)?;
        self.write_tasks(f)?;
        self.write_commands(f)
    }
}

impl Page<'_> {
    fn write_headline(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Finding { kind, message, .. } = self.report.finding;
        let kind = paint(self.palette.bad, kind.name());
        let message = text::message(message);
        let mut message = message.lines().map(clean);
        let first = message.next().unwrap_or_default();
        writeln!(f, "{kind} in {}: {first}", clean(self.report.scenario))?;
        let mut several = false;
        for line in message {
            writeln!(f, "  {line}")?;
            several = true;
        }
        for access in &self.report.finding.accesses {
            let who = access
                .task
                .map_or_else(|| "nobody known".to_owned(), |task| self.names.task(task));
            let held = match access.held.is_empty() {
                true => String::new(),
                false => format!(", holding {}", self.names.objects(&access.held)),
            };
            writeln!(f, "  {} by {who}{held}", clean(&access.what))?;
            for frame in &access.stack {
                writeln!(f, "    {}", clean(frame))?;
            }
            several = true;
        }
        if several {
            writeln!(f)?;
        }
        if let Some(about) = self.report.about.lines().find(|line| !line.is_empty()) {
            writeln!(f, "  {}", clean(about))?;
        }
        writeln!(
            f,
            "  {}",
            paint(self.palette.faint, &size(self.report.trace))
        )
    }

    fn write_interleaving(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { finding, trace, .. } = *self.report;
        let last = (!self.options.full).then_some(self.options.last);
        let lines = lines::lines(finding, trace, &self.names, &self.clues, last);
        if lines.is_empty() {
            return Ok(());
        }
        writeln!(f)?;
        table::write(f, &lines, &self.names, self.options.width, self.palette)?;
        self.write_legend(f, &lines)
    }

    /// What the signs in the lines mean.
    fn write_legend(&self, f: &mut fmt::Formatter<'_>, lines: &[Line]) -> fmt::Result {
        let events = || lines::events(lines);
        let mut legend = Vec::new();
        let objects: BTreeSet<ObjectId> = events()
            .map(|event| event.object)
            .filter(|&object| Names::is_shown(object))
            .collect();
        let objects = self.names.legend(&objects);
        legend.extend(flow(&objects, self.options.width - 2));
        if events().any(|event| event.preemption) {
            let mark = table::PREEMPTION;
            legend.push(format!(
                "{mark} preemption: the task before could have gone on"
            ));
        }
        if !legend.is_empty() {
            writeln!(f)?;
        }
        for line in legend {
            writeln!(f, "  {}", paint(self.palette.faint, &line))?;
        }
        Ok(())
    }

    fn write_tasks(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let finding = self.report.finding;
        let nobody = finding.task.is_none() && finding.waits.is_empty();
        if nobody && finding.cycle.is_empty() && finding.place.is_none() {
            return Ok(());
        }
        writeln!(f)?;
        if let Some(title) = title(finding) {
            writeln!(f, "{title}\n")?;
        }
        if !finding.cycle.is_empty() {
            circle::write(f, finding, &self.names, &self.clues)?;
            writeln!(f)?;
        }
        let waits = Waits {
            finding,
            trace: self.report.trace,
            names: &self.names,
            clues: &self.clues,
            read: self.read,
            full: self.options.full,
            width: self.options.width,
            palette: self.palette,
        };
        waits.write(f)
    }

    fn write_commands(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Commands { replay, minimize } = self.report.commands;
        let head = self.palette.head;
        writeln!(f, "\n{} {replay}", paint(head, "Replay:  "))?;
        if let Some(minimize) = minimize {
            writeln!(f, "{} {minimize}", paint(head, "Minimize:"))?;
        }
        Ok(())
    }
}

/// How large the execution is.
fn size(trace: &Trace) -> String {
    let mut size = format!(
        "{}, {}",
        count(trace.steps.len(), "step"),
        count(trace.preemptions as usize, "preemption")
    );
    if trace.time > 0 {
        size += &format!(", {} of virtual time", VInstant(trace.time));
    }
    size
}

/// What the tasks of the finding have in common.
fn title(finding: &Finding) -> Option<String> {
    let this = match finding.waits.len() {
        0 | 1 => "this task",
        _ => "these tasks",
    };
    Some(match finding.kind {
        Kind::Deadlock if finding.cycle.len() == 1 => "It waits for itself:".to_owned(),
        Kind::Deadlock if !finding.cycle.is_empty() => {
            "Each waits for the next, and the last for the first:".to_owned()
        }
        Kind::Deadlock => "No task can run, and no timer is armed:".to_owned(),
        Kind::Leak if finding.waits.is_empty() => {
            format!("The body has returned, and the steps ran out before {this} finished:")
        }
        Kind::Leak => format!("The body has returned, and nothing is left that can wake {this}:"),
        Kind::LostWakeup => format!("Nothing is left that can wake {this}:"),
        _ => return None,
    })
}
