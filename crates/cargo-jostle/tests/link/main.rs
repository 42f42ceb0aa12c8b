//! Programs that are linked by this program: they are instrumented, still work, and what
//! was made before is not made again.
//!
//! Each test builds the workspace in `workspace/`, copied to a folder of its own, with a
//! runtime that counts its calls (`runtime.c`).

mod cache;
mod direct;
mod fixture;
mod programs;
mod redirected;
