//! Ticks at regular intervals: `interval`, `interval_at` and `Interval`.

use std::future::poll_fn;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use crate::rt;
use crate::task::{Sleep, sleep_until};
use jostle_core::vtime::VInstant;

/// Ticks now and then each time a `period` of virtual time has passed; see
/// [`tokio::time::interval`].
///
/// # Panics
///
/// Outside a scenario, or if `period` is zero.
///
/// [`tokio::time::interval`]: https://docs.rs/tokio/1/tokio/time/fn.interval.html
#[track_caller]
pub fn interval(period: Duration) -> Interval {
    interval_at(rt::now(), period)
}

/// Ticks at `start` and then each time a `period` of virtual time has passed;
/// see [`tokio::time::interval_at`].
///
/// # Panics
///
/// If `period` is zero.
///
/// [`tokio::time::interval_at`]: https://docs.rs/tokio/1/tokio/time/fn.interval_at.html
#[track_caller]
pub fn interval_at(start: impl Into<VInstant>, period: Duration) -> Interval {
    assert!(!period.is_zero(), "`period` must be non-zero.");
    Interval {
        delay: sleep_until(start),
        period,
        missed_tick_behavior: MissedTickBehavior::default(),
    }
}

/// What an [`Interval`] does when a tick was missed; see
/// [`tokio::time::MissedTickBehavior`].
///
/// [`tokio::time::MissedTickBehavior`]: https://docs.rs/tokio/1/tokio/time/enum.MissedTickBehavior.html
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum MissedTickBehavior {
    /// Ticks as fast as it can until it has caught up.
    #[default]
    Burst,
    /// Ticks a period after the late tick was taken.
    Delay,
    /// Leaves out the ticks that were missed.
    Skip,
}

/// A tick this late is still in time: the resolution of tokio's timers.
const IN_TIME: Duration = Duration::from_millis(5);

impl MissedTickBehavior {
    /// When to tick after the tick that was due at `due` was taken at `now`.
    fn next(self, due: VInstant, now: VInstant, period: Duration) -> VInstant {
        let late = now.since(due);
        if late <= IN_TIME {
            return due.after(period);
        }
        match self {
            MissedTickBehavior::Burst => due.after(period),
            MissedTickBehavior::Delay => now.after(period),
            MissedTickBehavior::Skip => {
                let over = late.as_nanos() % period.as_nanos();
                // Below `late`, which is a difference of two `u64`.
                now.after(period - Duration::from_nanos(over as u64))
            }
        }
    }
}

/// A clock that ticks; see [`interval`].
#[derive(Debug)]
pub struct Interval {
    /// Its deadline is the next tick.
    delay: Sleep,
    period: Duration,
    missed_tick_behavior: MissedTickBehavior,
}

impl Interval {
    /// Waits for the next tick, and says when it was due. Dropping the future
    /// loses no tick.
    ///
    /// # Panics
    ///
    /// Outside a scenario.
    pub async fn tick(&mut self) -> VInstant {
        poll_fn(|cx| self.poll_tick(cx)).await
    }

    /// Polls for the next tick.
    ///
    /// # Panics
    ///
    /// Outside a scenario.
    pub fn poll_tick(&mut self, cx: &mut Context<'_>) -> Poll<VInstant> {
        ready!(self.delay.poll_elapsed(cx));
        let due = self.delay.deadline();
        let next = self.missed_tick_behavior.next(due, rt::now(), self.period);
        self.delay = sleep_until(next);
        Poll::Ready(due)
    }

    /// Makes the next tick come a period from now.
    ///
    /// # Panics
    ///
    /// Outside a scenario.
    pub fn reset(&mut self) {
        self.reset_at(rt::now().after(self.period));
    }

    /// Makes the next tick come at once.
    ///
    /// # Panics
    ///
    /// Outside a scenario.
    pub fn reset_immediately(&mut self) {
        self.reset_at(rt::now());
    }

    /// Makes the next tick come when `after` has passed.
    ///
    /// # Panics
    ///
    /// Outside a scenario.
    pub fn reset_after(&mut self, after: Duration) {
        self.reset_at(rt::now().after(after));
    }

    /// Makes the next tick come at `deadline`.
    pub fn reset_at(&mut self, deadline: impl Into<VInstant>) {
        std::pin::Pin::new(&mut self.delay).reset(deadline);
    }

    /// What happens when a tick was missed.
    #[must_use]
    pub fn missed_tick_behavior(&self) -> MissedTickBehavior {
        self.missed_tick_behavior
    }

    /// Sets what happens when a tick was missed.
    pub fn set_missed_tick_behavior(&mut self, behavior: MissedTickBehavior) {
        self.missed_tick_behavior = behavior;
    }

    /// The time between two ticks.
    #[must_use]
    pub fn period(&self) -> Duration {
        self.period
    }
}
