//! Limits how long a future may take: `timeout`, `timeout_at` and `Timeout`.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;

use crate::rt;
use crate::task::{Sleep, sleep_until};
use jostle_core::vtime::VInstant;

/// Gives `future` at most `duration` of virtual time; see
/// [`tokio::time::timeout`].
///
/// # Panics
///
/// Outside a scenario.
///
/// [`tokio::time::timeout`]: https://docs.rs/tokio/1/tokio/time/fn.timeout.html
pub fn timeout<F: IntoFuture>(duration: Duration, future: F) -> Timeout<F::IntoFuture> {
    timeout_at(rt::now().after(duration), future)
}

/// Gives `future` time until `deadline`; see [`tokio::time::timeout_at`].
///
/// [`tokio::time::timeout_at`]: https://docs.rs/tokio/1/tokio/time/fn.timeout_at.html
pub fn timeout_at<F: IntoFuture>(
    deadline: impl Into<VInstant>,
    future: F,
) -> Timeout<F::IntoFuture> {
    Timeout {
        future: future.into_future(),
        delay: sleep_until(deadline),
    }
}

pin_project! {
    /// The future of [`timeout`] and [`timeout_at`].
    ///
    /// The inner future is polled first, so that it wins if both are ready.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Timeout<F> {
        #[pin]
        future: F,
        delay: Sleep,
    }
}

impl<F> Timeout<F> {
    /// The future that is waited for.
    pub fn get_ref(&self) -> &F {
        &self.future
    }

    /// The future that is waited for.
    pub fn get_mut(&mut self) -> &mut F {
        &mut self.future
    }

    /// The future that is waited for, without the timeout.
    pub fn into_inner(self) -> F {
        self.future
    }
}

impl<F: Future> Future for Timeout<F> {
    type Output = Result<F::Output, Elapsed>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if let Poll::Ready(value) = this.future.poll(cx) {
            return Poll::Ready(Ok(value));
        }
        Pin::new(this.delay).poll(cx).map(|()| Err(Elapsed(())))
    }
}

/// The time was up; see [`tokio::time::error::Elapsed`].
///
/// [`tokio::time::error::Elapsed`]: https://docs.rs/tokio/1/tokio/time/error/struct.Elapsed.html
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Elapsed(());

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("deadline has elapsed")
    }
}

impl std::error::Error for Elapsed {}

impl From<Elapsed> for std::io::Error {
    fn from(_: Elapsed) -> std::io::Error {
        std::io::ErrorKind::TimedOut.into()
    }
}
