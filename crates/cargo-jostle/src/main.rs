//! `cargo jostle`: runs the tests that a crate already has under the scheduler of jostle.

fn main() {}
