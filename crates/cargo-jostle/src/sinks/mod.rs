//! What becomes of results: text, and documents for other programs.
//!
//! - [`words`]: results in words. [`terminal`]: a line for each test, then the reports.
//! - [`document`]: all results for other programs. [`junit`], [`annotations`]: for CI.
//! - [`progress`]: the live line.

pub(crate) mod annotations;
pub(crate) mod document;
pub(crate) mod junit;
pub(crate) mod progress;
pub(crate) mod terminal;
pub(crate) mod words;
