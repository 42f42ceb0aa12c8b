//! The runtime that `cargo jostle` links into programs as they are.

pub mod symbols;
