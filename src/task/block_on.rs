//! `block_on`: waits for a future in a task that is not async.

use std::future::{Future, IntoFuture};
use std::pin::pin;
use std::task::{Context, Poll};

use crate::rt::{self, PollLoop};
use jostle_core::op::Site;

/// Runs a future on the calling task until it is ready; see
/// [`tokio::runtime::Runtime::block_on`].
///
/// It may be called anywhere in a scenario, also by a future, and is what runs a
/// scenario that is an `async fn`. Unlike a spawned task the future is never
/// cancelled.
///
/// # Panics
///
/// Outside a scenario.
///
/// [`tokio::runtime::Runtime::block_on`]: https://docs.rs/tokio/1/tokio/runtime/struct.Runtime.html#method.block_on
#[track_caller]
pub fn block_on<F: IntoFuture>(future: F) -> F::Output {
    match poll_to_end(future.into_future(), Site::caller()) {
        Some(value) => value,
        // The execution is being torn down, and there is no value to return.
        None => loop {
            rt::unwind_or_wait();
        },
    }
}

/// Polls `future` until it is ready. Returns `None` if the execution is being torn
/// down; the future is dropped then, by a task that is not unwinding.
fn poll_to_end<F: Future>(future: F, site: Site) -> Option<F::Output> {
    let polls = PollLoop::new();
    let mut future = pin!(future);
    let mut cx = Context::from_waker(&polls.waker);
    let mut woken = false;
    // A destructor that runs because its task unwinds cannot unwind and has no
    // value to go on with: it polls as long as that gets other tasks further.
    while polls.ready(woken, site) || rt::panicking() {
        if let Poll::Ready(value) = future.as_mut().poll(&mut cx) {
            return Some(value);
        }
        if rt::is_teardown() {
            rt::unwind_or_wait();
        }
        woken = true;
    }
    None
}
