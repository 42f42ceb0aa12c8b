//! `SystemTime`: the clock of the calendar, in virtual time.

use std::fmt;
use std::ops::{Add, AddAssign, Sub, SubAssign};
use std::time::{Duration, SystemTimeError};

use crate::rt;

/// A time of day; see [`std::time::SystemTime`].
///
/// Every execution starts at the beginning of 2020, and virtual time goes by. The
/// clock is never set back.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SystemTime(std::time::SystemTime);

/// 1970-01-01 00:00:00 UTC.
pub const UNIX_EPOCH: SystemTime = SystemTime(std::time::UNIX_EPOCH);

/// 2020-01-01 00:00:00 UTC: old enough to be obviously virtual, and late enough
/// for programs that take anything before their own release for a broken clock.
const START: Duration = Duration::from_secs(1_577_836_800);

impl SystemTime {
    /// 1970-01-01 00:00:00 UTC.
    pub const UNIX_EPOCH: SystemTime = UNIX_EPOCH;

    /// The virtual time of day. Not a scheduling point.
    ///
    /// # Panics
    ///
    /// Outside a scenario.
    #[must_use]
    pub fn now() -> SystemTime {
        UNIX_EPOCH + START + rt::now().since_start()
    }

    /// Time from `earlier` to this point.
    ///
    /// # Errors
    ///
    /// If `earlier` lies after it; the error holds by how much.
    pub fn duration_since(&self, earlier: SystemTime) -> Result<Duration, SystemTimeError> {
        self.0.duration_since(earlier.0)
    }

    /// Time from this point to now.
    ///
    /// # Errors
    ///
    /// If it lies in the future; the error holds how far.
    ///
    /// # Panics
    ///
    /// Outside a scenario.
    pub fn elapsed(&self) -> Result<Duration, SystemTimeError> {
        SystemTime::now().duration_since(*self)
    }

    /// This point moved into the future, unless that is too far.
    pub fn checked_add(&self, duration: Duration) -> Option<SystemTime> {
        self.0.checked_add(duration).map(SystemTime)
    }

    /// This point moved into the past, unless that is too far.
    pub fn checked_sub(&self, duration: Duration) -> Option<SystemTime> {
        self.0.checked_sub(duration).map(SystemTime)
    }
}

impl Add<Duration> for SystemTime {
    type Output = SystemTime;

    fn add(self, dur: Duration) -> SystemTime {
        SystemTime(self.0 + dur)
    }
}

impl AddAssign<Duration> for SystemTime {
    fn add_assign(&mut self, other: Duration) {
        self.0 += other;
    }
}

impl Sub<Duration> for SystemTime {
    type Output = SystemTime;

    fn sub(self, dur: Duration) -> SystemTime {
        SystemTime(self.0 - dur)
    }
}

impl SubAssign<Duration> for SystemTime {
    fn sub_assign(&mut self, other: Duration) {
        self.0 -= other;
    }
}

impl fmt::Debug for SystemTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
