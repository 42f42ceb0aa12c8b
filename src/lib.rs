//! Jostle makes the scheduler the fuzz input.

#![deny(unsafe_code)]

extern crate self as jostle;

pub mod decision;
pub mod id;
pub mod vtime;

pub mod budget;
pub mod op;
pub mod ready;

pub mod finding;
pub mod snapshot;
pub mod strategy;

pub mod input;
pub mod oracle;
pub mod scenario;
pub mod trace;

pub mod report;
mod rt;

pub mod sync;
pub mod thread;

pub use rt::{Executor, Outcome, Plan};
