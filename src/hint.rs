//! Hints: the names and signatures of [`std::hint`].

use crate::rt;
use jostle_core::op::Site;

pub use std::hint::{assert_unchecked, black_box, select_unpredictable, unreachable_unchecked};

/// Nothing to do until another task has done something; see
/// [`std::hint::spin_loop`].
///
/// It is a scheduling point, and the task is not ready again before another one
/// has made a step. So a loop that spins costs one decision for each change that
/// could end it. If all tasks spin, virtual time goes on, and if that does not
/// help it is a livelock.
///
/// # Panics
///
/// Outside a scenario.
#[track_caller]
pub fn spin_loop() {
    rt::yield_now(true, Site::caller());
}
