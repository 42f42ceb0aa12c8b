//! Futures that wait for virtual time: `sleep`, `sleep_until` and `Sleep`.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::rt::{self, TimerId};
use jostle_core::vtime::VInstant;

/// Waits until `duration` of virtual time has passed; see [`tokio::time::sleep`].
///
/// # Panics
///
/// Outside a scenario.
///
/// [`tokio::time::sleep`]: https://docs.rs/tokio/1/tokio/time/fn.sleep.html
pub fn sleep(duration: Duration) -> Sleep {
    sleep_until(rt::now().after(duration))
}

/// Waits until the virtual clock shows `deadline`; see
/// [`tokio::time::sleep_until`].
///
/// [`tokio::time::sleep_until`]: https://docs.rs/tokio/1/tokio/time/fn.sleep_until.html
pub fn sleep_until(deadline: impl Into<VInstant>) -> Sleep {
    Sleep {
        deadline: deadline.into(),
        polled: false,
        timer: None,
    }
}

/// The future of [`sleep`] and [`sleep_until`].
///
/// It is pending at its first poll even if the deadline has passed, so that a
/// loop of empty sleeps makes steps. Dropping it takes its timer back.
#[derive(Debug)]
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct Sleep {
    deadline: VInstant,
    /// Whether it was pending once.
    polled: bool,
    /// The timer, and the waker that was given to it.
    ///
    /// Invariant: it is armed unless the deadline has passed.
    timer: Option<(TimerId, Waker)>,
}

impl Sleep {
    /// When it is over.
    #[must_use]
    pub fn deadline(&self) -> VInstant {
        self.deadline
    }

    /// Whether the deadline has passed.
    ///
    /// # Panics
    ///
    /// Outside a scenario.
    #[must_use]
    pub fn is_elapsed(&self) -> bool {
        rt::now() >= self.deadline
    }

    /// Moves the deadline. Whoever was to be woken at the old one will be woken
    /// at the new one; see [`tokio::time::Sleep::reset`].
    ///
    /// [`tokio::time::Sleep::reset`]: https://docs.rs/tokio/1/tokio/time/struct.Sleep.html#method.reset
    pub fn reset(mut self: Pin<&mut Self>, deadline: impl Into<VInstant>) {
        self.deadline = deadline.into();
        self.polled = false;
        if let Some(waker) = self.disarm() {
            self.polled = true;
            self.arm(waker);
        }
    }

    /// As `poll`, but ready at once if the deadline has passed.
    pub(super) fn poll_elapsed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.is_elapsed() {
            self.disarm();
            return Poll::Ready(());
        }
        self.wake_at_deadline(cx);
        Poll::Pending
    }

    fn wake_at_deadline(&mut self, cx: &mut Context<'_>) {
        let armed = |(_, waker): &(TimerId, Waker)| waker.will_wake(cx.waker());
        if !self.timer.as_ref().is_some_and(armed) {
            self.disarm();
            self.arm(cx.waker().clone());
        }
    }

    fn arm(&mut self, waker: Waker) {
        let timer = rt::arm_waker(self.deadline, waker.clone());
        self.timer = Some((timer, waker));
    }

    fn disarm(&mut self) -> Option<Waker> {
        let (timer, waker) = self.timer.take()?;
        rt::disarm(timer);
        Some(waker)
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.polled, true) {
            self.poll_elapsed(cx)
        } else {
            self.wake_at_deadline(cx);
            Poll::Pending
        }
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.disarm();
    }
}
