//! Processes under the control of the runtime: one for each test.
//!
//! - [`process`]: starts a program with its own folder for temporary files, and ends it if
//!   it gives no sign of life.
//! - [`embedded`]: which command it executes on itself, and what it tells.
//! - [`document`]: finds what a command has printed. [`hunted`]: the document of a hunt.
//! - [`retested`]: the document about kept schedules.
//! - [`listing`]: which tests a program has.

pub(crate) mod document;
pub(crate) mod embedded;
pub(crate) mod hunted;
pub(crate) mod listing;
pub(crate) mod process;
pub(crate) mod retested;
