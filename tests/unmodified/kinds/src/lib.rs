//! Concurrency bugs as plain tests on std and popular crates, by kind.
//!
//! A scenario takes whether it is `fixed`; [`twins!`] makes a test of either form, `bug_*` and
//! `ok_*`. The usual order of events is harmless, so that an ordinary `cargo test` passes nearly
//! always. `expect.json` says what exploration has to report for each test.
#![cfg(test)]
#![allow(static_mut_refs)]

macro_rules! twins {
    ($($scenario:ident => $bug:ident, $ok:ident;)*) => {
        $(
            #[test]
            fn $bug() {
                $scenario(false);
            }
            #[test]
            fn $ok() {
                $scenario(true);
            }
        )*
    };
}

mod atomicity;
mod crates;
mod deadlock;
mod examples;
mod leak;
mod livelock;
mod lost_wakeup;
mod memory;
mod order;
mod panics;
mod race;
mod tasks;
