//! Virtual time: nanoseconds since the start of the execution.

use std::fmt;
use std::time::Duration;

/// A point in virtual time, in nanoseconds since the execution began.
///
/// It moves only when the clock is scheduled, so a sleep of five minutes costs
/// nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct VInstant(pub u64);

impl VInstant {
    /// The start of the execution.
    pub const START: VInstant = VInstant(0);
    /// Later than every timer.
    pub const NEVER: VInstant = VInstant(u64::MAX);

    /// This point moved by `by`; [`VInstant::NEVER`] if that overflows.
    #[must_use]
    pub fn after(self, by: Duration) -> VInstant {
        let nanos = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
        VInstant(self.0.saturating_add(nanos))
    }

    /// Time since the start of the execution.
    #[must_use]
    pub const fn since_start(self) -> Duration {
        Duration::from_nanos(self.0)
    }

    /// Time from `earlier` to this point, zero if it lies after it.
    #[must_use]
    pub const fn since(self, earlier: VInstant) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl fmt::Display for VInstant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.since_start())
    }
}
