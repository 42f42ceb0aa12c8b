//! Guards: no scenario hangs or kills the process without a word.
//!
//! - [`watchdog`]: notices that a scenario has stopped making steps; the entry
//!   point of the guards.
//! - `progress`: when a thread counts as stalled.
//! - `proc`: what the kernel says about a thread.
//! - `interrupt`: makes the stalled thread show where it is.
//! - `frames`: the user's part of a backtrace.
//! - `message`: the words.
//! - `overflow`: names the task whose stack has overflowed.
//! - `stderr`: printing from a signal handler.

mod frames;
mod interrupt;
mod message;
mod overflow;
mod proc;
mod progress;
mod stderr;
pub mod watchdog;
