//! Integration tests, in one binary.
//!
//! - `explore`: runs a body over many seeds and collects what came of it.
//! - `sync_*`: the primitives, the same bodies under std where that can end.
//! - `statics`: primitives in `static`s start over in each execution.
//! - `teardown`: executions that end early leave nothing behind.
//! - `testing`: scenarios as tests, and traces replayed by them.
//! - `thread_*`: threads, scopes, parking, locals.
//! - `time`: virtual time and hints.
//! - `async_*`: `jostle::task`, and crates that run on it unmodified.
//! - `go_*`: `jostle::go`.
//! - `cli`: the command: exit codes, messages, files.
//! - `minimize`, `explain`, `export`: smaller failures, what decides, and failures kept
//!   as tests.
//! - `corpus`: inputs and reports of every scenario, replayed byte for byte.
//! - `determinism`: the same input gives the same execution, in any process.
//! - `guided`: the guided search finds what it was made for, and finds it again.
//! - `layers`: modules import only what lies below them.
//! - `parity`: signatures and auto traits are those of std.
//! - `pages`: reports for browsers and programs.
//! - `readme`: what the README shows is what there is.
//! - `edges`: what orders tasks, as ThreadSanitizer sees it; only in its builds.
//! - `soak`: many executions in one process.
//! - `guards`: scenarios that hang, overflow their stack or start OS threads.

mod async_bugs;
mod async_conformance;
mod async_crates;
mod async_select;
mod async_support;
mod async_tasks;
mod async_teardown;
mod async_time;
mod cli;
mod corpus;
mod determinism;
#[cfg(jostle_tsan)]
mod edges;
mod explain;
mod explore;
mod export;
mod go_chan;
mod go_context;
mod go_select;
mod go_stories;
mod go_support;
mod go_sync;
mod go_teardown;
mod go_time;
mod guards;
mod guided;
mod interrupt;
mod layers;
mod minimize;
mod pages;
mod parity;
mod readme;
mod soak;
mod soundness;
mod statics;
mod sync_atomic;
mod sync_barrier;
mod sync_condvar;
mod sync_lazy;
mod sync_mpsc;
mod sync_mutex;
mod sync_once;
mod sync_rendezvous;
mod sync_rwlock;
mod teardown;
mod testing;
mod thread_local;
mod thread_park;
mod thread_scope;
mod thread_spawn;
mod time;
