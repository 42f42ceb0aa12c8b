//! Renders findings and traces of Jostle for people, browsers and other programs.
//!
//! - [`mod@self`]: [`Report`], [`Commands`], [`ReadSource`]: the input of a report.
//! - [`terminal`]: the report as text; [`explanation`]: what decides whether an
//!   execution fails, as text.
//! - [`document`]: the data model of pages ([`Page`], [`Execution`]); `places`: the source
//!   it refers to; `order`: happens-before edges between steps.
//! - [`html`]: a page for a browser; [`json`]: the same for programs; [`perfetto`]:
//!   an execution for the trace viewers of Perfetto and Chrome.
//! - [`annotations`], `junit` (with the feature of that name): the results of a hunt
//!   for CI.
//! - [`publish`]: reports for the terminal of this process, and trace files.
//! - [`settings`]: parsers shared by options and environment variables.
//! - `clues`: selects the steps that explain a finding.
//! - `rows`: which steps are shown, and repetitions folded.
//! - `lines`: a step in words, whatever the layout.
//! - `table`: the lines as a table; `columns`, `lanes`, `list`: its layouts.
//! - `waits`: where tasks wait, in the form of Go's leak profile; `circle`: draws a
//!   wait cycle.
//! - `snippet`: finds a source line.
//! - `names`: names of tasks, objects and places.
//! - `palette`: colours; [`text`]: widths.
//!
//! Rendering never fails: what a trace or a finding refers to but does not contain is
//! named by its number.
#![forbid(unsafe_code)]

pub mod annotations;
mod circle;
mod clues;
mod columns;
pub mod document;
pub mod explanation;
pub mod html;
pub mod json;
#[cfg(feature = "junit")]
pub mod junit;
mod lanes;
mod lines;
mod list;
mod names;
mod order;
mod palette;
pub mod perfetto;
mod places;
pub mod publish;
mod rows;
#[cfg(test)]
mod samples;
pub mod settings;
mod snippet;
mod table;
pub mod terminal;
pub mod text;
mod waits;

pub use document::{Execution, Page};

use jostle_core::finding::Finding;
use jostle_core::trace::Trace;

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
