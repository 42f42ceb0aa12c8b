//! The live line on a terminal: how many tests are done, and which are running.

use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressStyle};
use jostle_report::text::{clean, fit};

use crate::plan::Item;

/// Names of running tests take so many cells at most.
const CELLS: usize = 40;

/// A line that changes on a terminal, and nothing elsewhere: results come as lines of
/// their own.
pub(crate) struct Line(Option<ProgressBar>);

impl Line {
    /// One that shows nothing if `quiet`.
    pub(crate) fn new(quiet: bool) -> Line {
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let live = !quiet && !dumb && io::stderr().is_terminal();
        Line(live.then(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
                bar.set_style(style);
            }
            bar
        }))
    }

    /// Shows how far it is.
    pub(crate) fn set(&self, running: &[&Item<'_>], done: usize, of: usize) {
        let Some(bar) = &self.0 else { return };
        let name = |item: &&Item<'_>| {
            let name = item.subject.test.as_ref().unwrap_or(&item.subject.name);
            fit(&clean(name), CELLS)
        };
        let names: Vec<String> = running.iter().map(name).collect();
        bar.set_message(format!("[{done}/{of}] {}", names.join(", ")));
        bar.tick();
    }

    /// Does what prints, above the line.
    pub(crate) fn above(&self, print: impl FnOnce()) {
        match &self.0 {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    /// Takes the line away.
    pub(crate) fn end(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
