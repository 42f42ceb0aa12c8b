//! The runtime that `cargo jostle` links into programs as they are.


mod detector;
mod heap;
mod raw;
mod region;
