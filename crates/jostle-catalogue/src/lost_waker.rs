//! A future returns `Pending` without storing its waker.
//!
//! Origin: the contract of `Future::poll` in std's documentation. A common
//! variant of the bug stores only the first waker.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use jostle::sync::Mutex;
use jostle::task;

#[derive(Default)]
struct Shared {
    done: bool,
    waker: Option<Waker>,
}

/// A flag that can be awaited.
struct Flag {
    shared: Arc<Mutex<Shared>>,
    keeps_waker: bool,
}

impl Future for Flag {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut shared = self.shared.lock().unwrap();
        if shared.done {
            return Poll::Ready(());
        }
        if self.keeps_waker {
            shared.waker = Some(context.waker().clone());
        }
        Poll::Pending
    }
}

async fn raise_and_await(keeps_waker: bool) {
    let shared = Arc::new(Mutex::new(Shared::default()));
    let theirs = Arc::clone(&shared);
    let raise = task::spawn(async move {
        let waker = {
            let mut shared = theirs.lock().unwrap();
            shared.done = true;
            shared.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    });
    Flag {
        shared,
        keeps_waker,
    }
    .await;
    raise.await.unwrap();
}

/// The future keeps no waker: if it is polled before the flag is raised, nobody
/// can wake it any more.
#[jostle::scenario(expect = "lost-wakeup")]
async fn lost_waker() {
    raise_and_await(false).await;
}

/// The future keeps the waker.
#[jostle::scenario]
async fn lost_waker_fixed() {
    raise_and_await(true).await;
}
