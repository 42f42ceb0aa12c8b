//! `preemptible`: a scheduling point before the first poll of a future.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::rt;
use jostle_core::id::ObjectId;
use jostle_core::op::{OpKind, Site};

/// Makes a scheduling point of an `.await` that may have nothing to wait for:
/// `preemptible(tx.send(1)).await`.
///
/// Other tasks may run before the first poll of `future`, as they may at any time
/// under a runtime with several threads. Unlike
/// [`yield_now`](crate::task::yield_now()) it changes nothing that the code itself
/// can see: the task is not pending meanwhile, it just does not run.
///
/// # Panics
///
/// Polling panics outside a scenario.
#[track_caller]
pub fn preemptible<F: IntoFuture>(future: F) -> Preemptible<F::IntoFuture> {
    Preemptible {
        future: future.into_future(),
        begun: false,
        site: Site::caller(),
    }
}

pin_project! {
    /// The future of [`preemptible`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Preemptible<F> {
        #[pin]
        future: F,
        begun: bool,
        site: Site,
    }
}

impl<F: Future> Future for Preemptible<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        if !std::mem::replace(this.begun, true) {
            rt::point(OpKind::Poll, ObjectId::WORLD, *this.site);
        }
        this.future.poll(cx)
    }
}
