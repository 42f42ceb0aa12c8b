//! Virtual time: the names and signatures of [`std::time`].
//!
//! - `instant`: [`Instant`].
//! - `system`: [`SystemTime`], [`UNIX_EPOCH`].
//!
//! Both clocks show the virtual time of the execution, so that what they say is
//! the same every time it is replayed. Time moves when nothing else can, and when
//! a timer fires. Reading a clock is not a scheduling point.

mod instant;
mod system;

pub use instant::Instant;
pub use system::{SystemTime, UNIX_EPOCH};

pub use std::time::{Duration, SystemTimeError, TryFromFloatSecsError};
