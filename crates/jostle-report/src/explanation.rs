//! Renders what decides whether an execution fails as text.
//!
//! ```text
//! The order of these two decides:
//!   main  close #1 (channel, src/pool.rs:13) at src/pool.rs:21, step 7
//!   t2    send #1 at src/pool.rs:22, step 8
//! The other way round, the scenario passes:
//!
//!   fails                          │ passes
//! ```

use std::fmt::Write;

use jostle_core::explain::{Explanation, Pair, Release};
use jostle_core::finding::{Finding, Place};
use jostle_core::id::TaskId;
use jostle_core::op::OpKind;
use jostle_core::trace::Trace;

use crate::list;
use crate::names::{self, Names};
use crate::palette::{Palette, paint, paint_cell};
use crate::terminal::{NARROWEST, Options};
use crate::text::{GAP, count, fit, fit_end, width};

/// Pairs that are named; the others are counted.
const PAIRS: usize = 4;

/// Steps of each execution that are shown side by side.
const ROWS: usize = 14;

/// So many of the steps that both have in common are shown above those.
const COMMON: usize = 2;

/// The explanation as text that ends with a line feed.
#[must_use]
pub fn render(
    finding: &Finding,
    trace: &Trace,
    explanation: &Explanation,
    releases: &[Release],
    options: &Options,
) -> String {
    let page = Page {
        finding,
        trace,
        names: Names::new(trace, finding),
        width: options.width.max(NARROWEST),
        palette: Palette::new(options.color),
    };
    let mut text = String::new();
    page.deciding(&mut text, explanation);
    page.side_by_side(&mut text, explanation);
    page.releases(&mut text, releases);
    let mut trimmed = String::with_capacity(text.len());
    for line in text.lines() {
        trimmed.push_str(line.trim_end());
        trimmed.push('\n');
    }
    trimmed
}

struct Page<'a> {
    finding: &'a Finding,
    trace: &'a Trace,
    names: Names<'a>,
    width: usize,
    palette: Palette,
}

impl Page<'_> {
    fn deciding(&self, text: &mut String, explanation: &Explanation) {
        let pairs = &explanation.deciding;
        if pairs.is_empty() {
            let tried = match explanation.tried {
                0 => "No two tasks meet at an object".to_owned(),
                1 => {
                    "The order of the one pair of operations that meet was turned round".to_owned()
                }
                n => format!("The order of {n} pairs of operations that meet was turned round"),
            };
            let so = match explanation.tried {
                0 => "",
                _ => ", and it still fails",
            };
            let _ = match explanation.untried {
                0 => writeln!(
                    text,
                    "No order decides. {tried}{so}: it is not a matter of timing."
                ),
                n => writeln!(
                    text,
                    "No order that was tried decides. {tried}{so}; {n} more pairs were not tried."
                ),
            };
            return;
        }
        for (i, pair) in pairs.iter().take(PAIRS).enumerate() {
            let head = match i {
                0 => "The order of these two decides:",
                _ => "and so does the order of these:",
            };
            let _ = writeln!(text, "{}", paint(self.palette.head, head));
            for step in [pair.first, pair.second] {
                let (what, place) = self.step_in_words(step);
                // Where it does not fit, the place has a line of its own.
                let between = match width(&what) + width(&place) + 3 <= self.width {
                    true => " ",
                    false => "\n    ",
                };
                let _ = writeln!(text, "  {what}{between}{place}");
            }
        }
        if pairs.len() > PAIRS {
            let _ = writeln!(text, "and that of {} more pairs", pairs.len() - PAIRS);
        }
    }

    /// `main: close #1 (channel, src/pool.rs:13)` and `at src/pool.rs:21, step 7`.
    fn step_in_words(&self, at: usize) -> (String, String) {
        let steps = self.trace.steps.len();
        let (task, kind, object, place, when) = match self.trace.steps.get(at) {
            Some(step) => {
                let place = Place::from(step.site);
                (
                    step.task,
                    step.word(),
                    step.object,
                    place,
                    format!("step {}", at + 1),
                )
            }
            None => match self.finding.waits.get(at - steps) {
                Some(wait) => {
                    let place = wait.place.clone();
                    (
                        wait.task,
                        wait.word(),
                        wait.object,
                        place,
                        "where it waits".to_owned(),
                    )
                }
                None => return Default::default(),
            },
        };
        let object = match Names::is_shown(object) {
            true => format!(" {}", self.names.object(object)),
            false => String::new(),
        };
        let task = self.names.task(task);
        (
            format!("{task}: {kind}{object}"),
            format!("at {}, {when}", names::full(&place)),
        )
    }

    fn side_by_side(&self, text: &mut String, explanation: &Explanation) {
        let (Some((passing, there)), Some(here)) = (&explanation.nearest, explanation.reordered)
        else {
            return;
        };
        let _ = writeln!(text, "The other way round, the scenario passes:\n");
        let same = |(a, b): &(&jostle_core::trace::Step, &jostle_core::trace::Step)| {
            (a.task, a.kind, a.object) == (b.task, b.kind, b.object)
        };
        let both = self.trace.steps.iter().zip(&passing.steps);
        let start = both.take_while(same).count().saturating_sub(COMMON);
        let end = format!("✗ {}", self.finding.kind);
        let left = self.column(self.trace, start, here, &end, self.palette.bad);
        let names = Names::new(passing, self.finding);
        let other = Page {
            names,
            trace: passing,
            ..*self
        };
        let end = "✓ nothing found";
        let right = other.column(passing, start, *there, end, self.palette.head);
        // Both as wide as what is in them, as long as there is room.
        let widest = left.iter().chain(&right).map(HalfLine::width).max();
        let room = self.width.saturating_sub(3) / 2;
        let cell = room.min(widest.unwrap_or(0));
        let head = self.palette.head;
        let what = left.iter().chain(&right).map(|line| width(&line.what));
        if what.max().is_some_and(|what| what > cell) {
            // Too narrow for both side by side: one below the other, and nothing is cut.
            for (title, column) in [("  fails", &left), ("\n  passes", &right)] {
                let _ = writeln!(text, "{}", paint(head, title));
                for line in column {
                    for (i, part) in line.below(self.width).iter().enumerate() {
                        let indent = if i == 0 { "" } else { "      " };
                        let _ = writeln!(text, "{indent}{}", paint(line.style, part));
                    }
                }
            }
        } else {
            self.both(text, &left, &right, cell);
        }
        let before = match start {
            0 => String::new(),
            n => format!(
                "; before it stand {} that are the same in both",
                count(n, "step")
            ),
        };
        let _ = writeln!(text, "\n  ◆ the pair{before}");
    }

    /// Two columns of `cell` cells.
    fn both(&self, text: &mut String, left: &[HalfLine], right: &[HalfLine], cell: usize) {
        let head = self.palette.head;
        let _ = writeln!(
            text,
            "{} │ {}",
            paint_cell(head, "  fails", cell),
            paint(head, "  passes")
        );
        let line = "─".repeat(cell);
        let _ = writeln!(text, "{line}─┼─{line}");
        for row in 0..left.len().max(right.len()) {
            let [left, right] = [left, right].map(|column| match column.get(row) {
                Some(row) => paint_cell(row.style, &row.within(cell), cell),
                None => " ".repeat(cell),
            });
            let _ = writeln!(text, "{left} │ {right}");
        }
    }

    /// The steps of one execution from `start` on, and what of the pair is no step.
    fn column(
        &self,
        trace: &Trace,
        start: usize,
        pair: Pair,
        end: &str,
        ending: anstyle::Style,
    ) -> Vec<HalfLine> {
        let all: Vec<usize> = (start..trace.steps.len()).collect();
        let shown = match all.len() > ROWS {
            true => &all[..ROWS],
            false => &all[..],
        };
        let mut rows = Vec::new();
        for &at in shown {
            let step = &trace.steps[at];
            let decides = at == pair.first || at == pair.second;
            let mark = match (decides, step.preemption) {
                (true, _) => "◆",
                (false, true) => "»",
                (false, false) => " ",
            };
            let what = self.names.op(step.word(), step.object);
            rows.push(HalfLine {
                style: match decides {
                    true => self.palette.telling,
                    false => anstyle::Style::new(),
                },
                what: format!(
                    "{mark} {:>3} {}: {what}",
                    at + 1,
                    self.names.head(step.task)
                ),
                place: self.names.site(step.site),
            });
        }
        let rest = all.len() - shown.len();
        if rest > 0 {
            let more = format!("  … {}", count(rest, "more step"));
            rows.push(HalfLine::new(self.palette.faint, more));
        }
        let waits = [pair.first, pair.second].map(|at| at.checked_sub(trace.steps.len()));
        for wait in waits.into_iter().flatten() {
            let Some(wait) = self.finding.waits.get(wait) else {
                continue;
            };
            let what = self.names.op(wait.word(), wait.object);
            rows.push(HalfLine {
                style: self.palette.telling,
                what: format!("◆     {}: {what}", self.names.head(wait.task)),
                place: format!("{}  waits", self.names.place(&wait.place)),
            });
        }
        rows.push(HalfLine::new(ending, format!("      {end}")));
        rows
    }

    fn releases(&self, text: &mut String, releases: &[Release]) {
        for release in releases {
            let wait = &release.wait;
            let who = self.names.task(wait.task);
            let (who, verb) = match release.alike {
                1 => (who, "waits"),
                n => (format!("{who} and {} more like it", n - 1), "wait"),
            };
            let _ = writeln!(
                text,
                "\n{} {verb}: {} on {}. Who could end that:",
                paint(self.palette.head, &who),
                wait.op,
                self.names.object(wait.object)
            );
            for &(kind, task, times, ended) in &release.done {
                let _ = writeln!(text, "  {}", self.help(kind, task, times, ended));
            }
            for &kind in &release.missing {
                let _ = writeln!(text, "  {}", paint(self.palette.telling, nobody(kind)));
            }
        }
    }

    fn help(&self, kind: OpKind, task: TaskId, times: usize, ended: bool) -> String {
        let times = match times {
            1 => "once".to_owned(),
            n => format!("{n} times"),
        };
        let end = match (ended, self.finding.waits.iter().any(|w| w.task == task)) {
            (true, _) => ", and has ended",
            (false, true) => ", and waits itself",
            (false, false) => "",
        };
        format!("{} did {kind} {times}{end}", self.names.task(task))
    }
}

/// A line of one of two executions that stand side by side.
struct HalfLine {
    style: anstyle::Style,
    what: String,
    place: String,
}

impl HalfLine {
    /// A line about no place.
    fn new(style: anstyle::Style, what: String) -> HalfLine {
        HalfLine {
            style,
            what,
            place: String::new(),
        }
    }

    fn width(&self) -> usize {
        width(&self.what) + GAP.len() + width(&self.place)
    }

    /// The line in lines of `max` cells: the mark and the number, what was done, and where.
    fn below(&self, max: usize) -> Vec<String> {
        let line = format!("{}{GAP}{}", self.what, self.place);
        match width(&line) <= max {
            true => vec![line],
            false => list::together(&[&self.what, &self.place], max.saturating_sub(6)),
        }
    }

    /// The line in `cell` cells. What is done tells more than where, and of a place the
    /// end tells the most.
    fn within(&self, cell: usize) -> String {
        let room = cell.saturating_sub(width(&self.what) + GAP.len());
        match room {
            0 => fit(&self.what, cell),
            _ => format!("{}{GAP}{}", self.what, fit_end(&self.place, room)),
        }
    }
}

/// That nobody did this.
fn nobody(kind: OpKind) -> &'static str {
    match kind {
        OpKind::Send => "nobody sends on it",
        OpKind::Recv => "nobody receives from it",
        OpKind::Close => "nobody closes it",
        OpKind::Add => "nobody counts it down",
        OpKind::NotifyOne => "nobody notifies it",
        OpKind::Unpark => "nobody unparks it",
        _ => "nobody else comes to it",
    }
}
