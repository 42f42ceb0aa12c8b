//! `Instant`: the monotonic clock, in virtual time.

use std::fmt;
use std::ops::{Add, AddAssign, Sub, SubAssign};
use std::time::Duration;

use crate::rt;

/// A point in virtual time; see [`std::time::Instant`].
///
/// Points of different executions can be compared, and the result means nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant {
    /// Since long before the start of the execution.
    since: Duration,
}

/// The start of an execution. Far from both ends of what `Duration` can hold, so
/// that arithmetic fails no sooner than it does on a real machine.
const START: Duration = Duration::from_secs(1 << 62);

impl Instant {
    /// Virtual time. Not a scheduling point.
    ///
    /// # Panics
    ///
    /// Outside a scenario.
    #[must_use]
    pub fn now() -> Instant {
        Instant {
            since: START + rt::now().since_start(),
        }
    }

    /// Time from `earlier` to this point, zero if it lies after it.
    #[must_use]
    pub fn duration_since(&self, earlier: Instant) -> Duration {
        self.since.saturating_sub(earlier.since)
    }

    /// Time from `earlier` to this point, `None` if it lies after it.
    #[must_use]
    pub fn checked_duration_since(&self, earlier: Instant) -> Option<Duration> {
        self.since.checked_sub(earlier.since)
    }

    /// Time from `earlier` to this point, zero if it lies after it.
    #[must_use]
    pub fn saturating_duration_since(&self, earlier: Instant) -> Duration {
        self.duration_since(earlier)
    }

    /// Time from this point to now, zero if it lies in the future.
    ///
    /// # Panics
    ///
    /// Outside a scenario.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        Instant::now() - *self
    }

    /// This point moved into the future, unless that is too far.
    pub fn checked_add(&self, duration: Duration) -> Option<Instant> {
        let since = self.since.checked_add(duration)?;
        Some(Instant { since })
    }

    /// This point moved into the past, unless that is too far.
    pub fn checked_sub(&self, duration: Duration) -> Option<Instant> {
        let since = self.since.checked_sub(duration)?;
        Some(Instant { since })
    }
}

impl Add<Duration> for Instant {
    type Output = Instant;

    #[track_caller]
    fn add(self, other: Duration) -> Instant {
        self.checked_add(other)
            .expect("overflow when adding duration to instant")
    }
}

impl AddAssign<Duration> for Instant {
    #[track_caller]
    fn add_assign(&mut self, other: Duration) {
        *self = *self + other;
    }
}

impl Sub<Duration> for Instant {
    type Output = Instant;

    #[track_caller]
    fn sub(self, other: Duration) -> Instant {
        self.checked_sub(other)
            .expect("overflow when subtracting duration from instant")
    }
}

impl SubAssign<Duration> for Instant {
    #[track_caller]
    fn sub_assign(&mut self, other: Duration) {
        *self = *self - other;
    }
}

impl Sub<Instant> for Instant {
    type Output = Duration;

    fn sub(self, other: Instant) -> Duration {
        self.duration_since(other)
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, distance) = match self.since.checked_sub(START) {
            Some(after) => ("", after),
            None => ("-", START - self.since),
        };
        write!(f, "Instant({sign}{distance:?})")
    }
}
