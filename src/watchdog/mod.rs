//! Reports a scenario that hangs or overflows a stack, and ends the process.
//!
//! - `watch`: the OS thread that looks for scenarios that make no steps.
//! - `progress`: decides when a thread counts as stalled.
//! - `proc`: reads what the kernel says about a thread.
//! - `stack_capture`: has the stalled thread record its stack.
//! - `overflow`: names the task whose stack has overflowed.
//! - `backtrace`: turns addresses into the user's part of a backtrace.
//! - `message`: the text of the reports.
//! - `stderr`: prints from signal handlers.
//! - `exit`: decides how the process exits after a report.

mod backtrace;
mod exit;
mod message;
mod overflow;
mod proc;
mod progress;
mod stack_capture;
mod stderr;
mod watch;

pub use exit::{Action, on_stall};
pub(crate) use watch::limit;
pub use watch::{start, subject};
