//! Campaigns over the whole catalogue. They are slow, so they are a separate binary:
//! `cargo test --test campaigns`.
//!
//! - `corpus`: inputs and reports of every scenario, replayed byte for byte.
//! - `determinism`: the same input gives the same execution, in any process.
//! - `keep`: every known bug can be kept as a test, and its fixed twin passes it.
//! - `minimize`: every known bug becomes about as small as it can be.
//! - `twins`: whatever the input, a fixed twin does not fail.
//! - `edges`: every race is found at once; only in builds for ThreadSanitizer.

use jostle_catalogue as _;

#[path = "../../../../tests/support"]
mod support {
    pub(crate) mod catalogue;
    pub(crate) mod effort;
    pub(crate) mod failures;
    pub(crate) mod kept;
    pub(crate) mod repository;
}

mod corpus;
mod determinism;
#[cfg(jostle_tsan)]
mod edges;
mod keep;
mod minimize;
mod twins;
