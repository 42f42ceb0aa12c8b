//! Tests of the primitives that scenarios use and of the runtime, in one binary.
//! The folders are those of `src`.
//!
//! - `sync`: the primitives, the same bodies under std where that can end; `statics`:
//!   primitives in `static`s start over in each execution.
//! - `thread`: threads, scopes, parking, locals.
//! - `time`: virtual time and hints.
//! - `task`: futures, and crates that run on `jostle::task` unmodified.
//! - `go`: `jostle::go`.
//! - `parity`: signatures and auto traits are those of std.
//! - `rt`: executions that end early leave nothing behind.
//! - `os_threads`: scenarios that start OS threads.
//! - `soundness`: what safe code must not be able to do to the runtime.
//! - `verify`: the reductions of exhaustive exploration against brute force.
//! - `keep`: failures kept as tests.
//! - `search`: the search finds what it was made for, and finds it again.
//! - `layers`: modules import only what lies below them.
//! - `edges`: what orders tasks, as ThreadSanitizer sees it; only in its builds.
//!
//! Tests that depend on the wall clock are in the binary `alone`, those of file formats in
//! `formats`, the check of docs/environment.md in `environment`, and those that need the
//! catalogue or the command in `catalogue`, `campaigns` and `memory`.

#[path = "../support"]
mod support {
    pub(crate) mod conformance;
    pub(crate) mod execute;
    pub(crate) mod explore;
    pub(crate) mod failures;
    pub(crate) mod kept;
    pub(crate) mod log;
    pub(crate) mod scenario;
}

#[cfg(jostle_tsan)]
mod edges;
mod go {
    mod chan;
    mod context;
    mod select;
    mod stories;
    mod sync;
    mod teardown;
    mod time;
}
mod keep;
mod layers;
mod os_threads;
mod parity;
mod rt {
    mod teardown;
}
mod search;
mod sync {
    mod atomic;
    mod barrier;
    mod condvar;
    mod lazy;
    mod mpsc;
    mod mutex;
    mod once;
    mod rendezvous;
    mod rwlock;
    mod statics;
}
mod task {
    mod bugs;
    mod conformance;
    mod crates;
    mod select;
    mod tasks;
    mod teardown;
    mod time;
}
mod thread {
    mod local;
    mod park;
    mod scope;
    mod spawn;
}
mod soundness;
mod time;
mod verify;
