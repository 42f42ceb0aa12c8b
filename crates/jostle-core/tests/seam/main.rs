//! The kernel and all that works over the seam, driven by a second carrier: programs of
//! instructions, whose tasks are state machines. No stacks, no OS threads, no unsafe code,
//! and nothing of the crate `jostle`.
//!
//! - `program`: what is executed: instructions for each task.
//! - `carrier`: the backend; `execute`: what each instruction does; `things`: the state of
//!   what tasks share; `suite`: programs and backends as campaigns take them, and how they
//!   are made to fail.
//! - `known`: bugs that are known, each with a twin in which it is mended.
//! - `generate`: random programs.
//! - `harness`: programs executed under many seeds.
//! - `bugs`: what is known is found, replayed, minimized, explained, kept and reported.
//! - `broken`: a backend that fails is no finding, and no proof.
//! - `classes`: which executions are the same, told in two ways.
//! - `fast`: the fast path does what the slow one does.
//! - `model`: the kernel does what `naive` says, an interpreter that knows no tricks.

mod broken;
mod bugs;
mod carrier;
mod classes;
mod execute;
mod fast;
mod generate;
mod harness;
mod known;
mod model;
mod naive;
mod program;
mod suite;
mod things;
