//! The runtime that `cargo jostle` links into programs as they are.

#![cfg_attr(
    not(test),
    expect(
        dead_code,
        unused_imports,
        reason = "the carrier and the exports come next"
    )
)]

mod detector;
mod heap;
mod raw;
mod region;
