//! Tests of the `jostle` command and of what it says of the catalogue's scenarios, of
//! reports, and of the README.
//!
//! - `cli`: exit codes, messages, files.
//! - `documents`: what it writes for programs keeps its fields.
//! - `interrupt`: Ctrl-C.
//! - `explain`: what decides whether an execution fails.
//! - `pages`: reports for browsers and programs.
//! - `testing`: scenarios as tests, and traces replayed by them.
//! - `readme`: what the README shows is what there is.

use jostle_catalogue as _;

#[path = "../../../../tests/support"]
mod support {
    pub(crate) mod catalogue;
    pub(crate) mod failures;
    pub(crate) mod repository;
}

mod cli;
mod command;
mod documents;
mod explain;
mod interrupt;
mod pages;
mod readme;
mod testing;
