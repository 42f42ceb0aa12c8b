//! Integration tests, one binary.

mod go_chan;
mod go_context;
mod go_select;
mod go_stories;
mod go_support;
mod go_sync;
mod go_teardown;
mod go_time;
mod guards;
