//! The live line that shows the progress of a command.

use std::io::{self, IsTerminal};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use jostle_core::backend::Suite;
use jostle_report::text::clean;

use crate::interrupt;
use crate::output::{show, warn};

/// How often the line is renewed on a terminal.
const TICK: Duration = Duration::from_millis(100);

/// How often a plain line is printed elsewhere: often enough to see that
/// something happens, seldom enough for a log.
const PLAIN: Duration = Duration::from_secs(10);

/// Shows what a campaign has come to: one line that changes on a terminal, a
/// line now and then elsewhere.
pub(crate) struct Line {
    bar: Option<ProgressBar>,
    printed: Instant,
}

impl Line {
    /// A line that shows nothing if `quiet`.
    pub(crate) fn new(quiet: bool) -> Line {
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let live = !quiet && !dumb && io::stderr().is_terminal();
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

    /// Does `work` on an OS thread of its own, and shows meanwhile
    /// what `text` makes of the time since now, unless `quiet`. Calls `stop`
    /// after a Ctrl-C, for `work` to come to an end. Where the suite has no other OS
    /// threads it only does the work.
    ///
    /// # Panics
    ///
    /// If `work` does, with its panic.
    pub(crate) fn during<S: Suite, T: Send>(
        &mut self,
        suite: &S,
        quiet: bool,
        text: impl Fn(Duration) -> String,
        stop: impl Fn(),
        work: impl FnOnce() -> T + Send,
    ) -> T {
        if !suite.threads() {
            return work();
        }
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let showing = std::thread::current();
            let done = &done;
            let working = scope.spawn(move || {
                let result = work();
                done.store(true, Ordering::Release);
                showing.unpark();
                result
            });
            self.show(quiet, text, || {
                if interrupt::caught() {
                    stop();
                }
                done.load(Ordering::Acquire) || working.is_finished()
            });
            working
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    fn show(&mut self, quiet: bool, text: impl Fn(Duration) -> String, done: impl Fn() -> bool) {
        let start = Instant::now();
        while !done() {
            std::thread::park_timeout(TICK);
            if quiet {
                continue;
            }
            let text = || text(start.elapsed());
            match &self.bar {
                Some(bar) => {
                    bar.set_message(clean(&text()));
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
    pub(crate) fn set(&self, text: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(clean(text));
            bar.tick();
        }
    }

    /// Prints text of which nothing does anything above the live line.
    pub(crate) fn say(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| warn(line)),
            None => warn(line),
        }
    }

    /// Prints a report or a command of a CI system above the live line.
    pub(crate) fn report(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| show(text)),
            None => show(text),
        }
    }

    /// Takes the live line away.
    pub(crate) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
