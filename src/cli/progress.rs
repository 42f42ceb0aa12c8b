//! The live line.

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use indicatif::{HumanCount, ProgressBar, ProgressStyle};

use crate::campaign::Progress;
use crate::cli::outcome::warn;

/// How often the line is renewed on a terminal.
const TICK: Duration = Duration::from_millis(100);

/// How often a plain line is printed elsewhere: often enough to see that
/// something happens, seldom enough for a log.
const PLAIN: Duration = Duration::from_secs(10);

/// Shows what a campaign has come to: one line that changes on a terminal, a
/// line now and then elsewhere.
pub(super) struct Line {
    bar: Option<ProgressBar>,
    printed: Instant,
}

impl Line {
    /// A line that shows nothing if `quiet`.
    pub(super) fn new(quiet: bool) -> Line {
        let live = !quiet && io::stderr().is_terminal();
        let bar = live.then(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
                bar.set_style(style);
            }
            bar
        });
        Line {
            bar,
            printed: Instant::now(),
        }
    }

    /// Shows the state of `progress` until `done` says so.
    pub(super) fn follow(
        &mut self,
        name: &str,
        nth: usize,
        of: usize,
        progress: &Progress,
        quiet: bool,
        done: impl Fn() -> bool,
    ) {
        let text = |elapsed: Duration| text(name, nth, of, progress, elapsed);
        self.show(quiet, text, done);
    }

    /// Shows what `text` makes of the time since now until `done` says so.
    pub(super) fn show(
        &mut self,
        quiet: bool,
        text: impl Fn(Duration) -> String,
        done: impl Fn() -> bool,
    ) {
        let start = Instant::now();
        while !done() {
            std::thread::park_timeout(TICK);
            if quiet {
                continue;
            }
            let text = || text(start.elapsed());
            match &self.bar {
                Some(bar) => {
                    bar.set_message(text());
                    bar.tick();
                }
                None if self.printed.elapsed() >= PLAIN => {
                    self.printed = Instant::now();
                    warn(&text());
                }
                None => {}
            }
        }
    }

    /// Shows `text` on a terminal.
    pub(super) fn set(&self, text: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(text.to_owned());
            bar.tick();
        }
    }

    /// Prints a line above the live one.
    pub(super) fn say(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| warn(line)),
            None => warn(line),
        }
    }

    /// Takes the live line away.
    pub(super) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn text(name: &str, nth: usize, of: usize, progress: &Progress, elapsed: Duration) -> String {
    let executions = progress.executions();
    let rate = (executions as f64 / elapsed.as_secs_f64().max(0.001)) as u64;
    let unseen = progress.unseen().map_or_else(String::new, |unseen| {
        format!(" ({:.1} % of the next ones new)", 100.0 * unseen)
    });
    format!(
        "[{nth}/{of}] {name}: {} executions, {}/s, {} distinct{unseen}, {} findings",
        HumanCount(executions),
        HumanCount(rate),
        HumanCount(progress.distinct()),
        HumanCount(progress.findings()),
    )
}
