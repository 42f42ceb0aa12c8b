//! Tests on real debug information.
//!
//! - `compiled`: compiles `program.rs`, runs it and reads what it tells of itself.
//! - `on_program`: the places of its atomic instructions, as the compiler's options vary.
//! - `on_self`: places in this test program.

mod compiled;
mod on_program;
mod on_self;
