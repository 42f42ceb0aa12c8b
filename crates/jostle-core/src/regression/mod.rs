//! Regression tests: the schedule of a failure, in words that survive edits of the scenario.
//!
//! [`Row`] is one deviation from the non-preemptive schedule, and [`Witness`], from
//! `witness`, puts a schedule into rows. [`KeptFile`], from `file`, is rows in a file, for
//! a test that is there already. Rows are followed as
//! any other [prescription](crate::prescription).
//!
//! A row names no line, no step and no number of a task, since all of these change
//! with edits that have nothing to do with the bug. A task is `main`, has the name
//! that the user gave it, or is the one that begins with a certain operation; a point
//! of it is an operation, the function that contains it, and how many like it the
//! task has done before. So lines may come and go, variables and types be renamed,
//! and tasks be added that do something else.

mod file;
mod witness;

pub use crate::prescription::{BadRow, Missed, Row, What, Who};
pub use file::{BadFile, KeptFile, SCHEMA, VERSION};
pub use witness::Witness;
