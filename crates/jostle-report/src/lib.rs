//! Reports: a finding and its trace as something to read.
//!
//! - [`mod@self`]: [`Report`], [`Commands`], [`ReadSource`]: what a report is
//!   made of.
//! - [`terminal`]: the report as text.
//! - [`document`]: [`Page`], [`Execution`]: what a page is made of, and the same as
//!   data; `places`: the source it refers to; `order`: which steps come before
//!   which.
//! - [`html`]: a page to look at; [`json`]: the same for programs; [`perfetto`]:
//!   an execution for the trace viewers of Perfetto and Chrome.
//! - [`explanation`]: what decides whether an execution fails.
//! - `clues`: the steps that explain a finding.
//! - `rows`: which steps are shown, and repetitions folded.
//! - `lines`: what a step looks like, whatever the layout.
//! - `table`: the lines as a table; `columns`, `lanes`: its layouts.
//! - `waits`: where tasks stand, in the form of Go's leak profile; `circle`:
//!   tasks that wait for each other.
//! - `snippet`: the source at a place.
//! - `names`: how tasks, objects and places are called.
//! - `palette`, `text`: colours; widths.
//!
//! A report never fails: what a trace or a finding refers to and does not
//! contain is called by its number.

mod circle;
mod clues;
mod columns;
pub mod document;
pub mod explanation;
pub mod html;
pub mod json;
mod lanes;
mod lines;
mod names;
mod order;
mod palette;
pub mod perfetto;
mod places;
mod rows;
mod snippet;
mod table;
pub mod terminal;
pub(crate) mod text;
mod waits;

pub use crate::report::document::{Execution, Page};

use crate::finding::Finding;
use crate::trace::Trace;

/// What a report tells.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// The name of the scenario.
    pub scenario: &'a str,
    /// What the scenario shows; the report gives the first line.
    pub about: &'a str,
    /// What was found.
    pub finding: &'a Finding,
    /// The execution in which it was found.
    pub trace: &'a Trace,
    /// How to go on from here.
    pub commands: &'a Commands,
}

/// Reads a source file as the compiler names it; `None` if it cannot be read.
pub type ReadSource<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Complete commands, ready to be pasted into a shell.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Commands {
    /// Replays the execution.
    pub replay: String,
    /// Makes the schedule shorter; `None` if it is minimal already.
    pub minimize: Option<String>,
}

#[cfg(test)]
mod tests;
