//! Integration tests, one binary.
//!
//! - `async_*`: `jostle::task`, and crates that run on it unmodified.
//! - `go_*`: `jostle::go`.
//! - `guards`: scenarios that hang, overflow their stack or start OS threads.

mod async_bugs;
mod async_conformance;
mod async_crates;
mod async_select;
mod async_support;
mod async_tasks;
mod async_time;
mod go_chan;
mod go_context;
mod go_select;
mod go_stories;
mod go_support;
mod go_sync;
mod go_teardown;
mod go_time;
mod guards;
