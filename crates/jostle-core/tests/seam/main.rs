//! The kernel and all that works over the seam, driven by a second carrier: programs of
//! instructions, whose tasks are state machines. No stacks, no OS threads, no unsafe code,
//! and nothing of the crate `jostle`.
//!
//! - `program`: what is executed: instructions for each task.
//! - `carrier`: the backend; `execute`: what each instruction does; `things`: the state of
//!   what tasks share; `suite`: programs and backends as campaigns take them, and how they
//!   are made to fail.
//! - `known`: known bugs, each with a fixed twin.
//! - `generate`: generates random programs.
//! - `harness`: executes programs under many seeds.
//! - `bugs`: known bugs are found, replayed, minimized, explained, kept and reported.
//! - `broken`: a failing backend is neither a finding nor a proof.
//! - `classes`: compares the classes of `verify` with those of `Equivalence`.
//! - `fast`: compares the fast path with the slow one.
//! - `model`: compares the kernel with `naive`, a naive interpreter.

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
