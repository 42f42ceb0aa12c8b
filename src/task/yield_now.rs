//! `yield_now`: lets other tasks go first.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::rt;

/// Lets other tasks go first; see [`tokio::task::yield_now`].
///
/// It is a scheduling point before the next poll. Strategies that go by
/// priorities put the task behind all others until it is scheduled again.
///
/// [`tokio::task::yield_now`]: https://docs.rs/tokio/1/tokio/task/fn.yield_now.html
pub fn yield_now() -> YieldNow {
    YieldNow { yielded: false }
}

/// The future of [`yield_now`].
#[derive(Debug)]
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct YieldNow {
    yielded: bool,
}

impl Future for YieldNow {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.yielded {
            return Poll::Ready(());
        }
        self.yielded = true;
        rt::yield_between_polls();
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
