//! The workloads, written for each tool.
//!
//! - [`bodies`]: what is the same text for all.
//! - [`jostle`]: on jostle's executor.
//! - [`shuttle`]: on shuttle's runner, with a scheduler that can count steps.
//! - [`loom`]: as loom models, repeated when they are exhausted.

pub(crate) mod bodies;
pub(crate) mod jostle;
pub(crate) mod loom;
pub(crate) mod shuttle;
