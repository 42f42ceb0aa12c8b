//! Three services as one would write them, each with a bug unless the feature `fixed` is on.
//!
//! The bugs are ordinary ones, and the tests of the services do not know of them: `expect.json`
//! says which test can reach which.

/// Whether the bugs are mended.
const FIXED: bool = cfg!(feature = "fixed");

pub mod chat;
pub mod jobs;
pub mod pool;
