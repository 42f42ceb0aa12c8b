//! The workloads under loom.
//!
//! loom has no async executor: where the others have two async tasks, it has two
//! threads that block on a future each.

use std::future::poll_fn;
use std::sync::atomic::{AtomicU64, Ordering as RealOrdering};
use std::task::{Poll, Waker};

use loom::future::block_on;
use loom::model::Builder;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::sync::{Arc, Mutex, mpsc};
use loom::thread;

use crate::workload::Workload;
use crate::workloads::bodies::bodies;

/// Executes `workload` `executions` times. A model that is exhausted earlier
/// starts again from the beginning.
pub(crate) fn run(workload: Workload, executions: u64) {
    let body = body(workload);
    let done = std::sync::Arc::new(AtomicU64::new(0));
    loop {
        let left = executions - done.load(RealOrdering::Relaxed);
        if left == 0 {
            return;
        }
        let mut builder = Builder::new();
        // loom looks at the limit before an execution, and counts from 1.
        builder.max_permutations = Some(left as usize + 1);
        builder.checkpoint_interval = 1;
        builder.max_branches = 1_000_000;
        let done = std::sync::Arc::clone(&done);
        builder.check(move || {
            done.fetch_add(1, RealOrdering::Relaxed);
            body();
        });
    }
}

bodies!();

/// A semaphore with at most one permit and one waiter.
struct Baton {
    state: Mutex<State>,
}

struct State {
    there: bool,
    waiter: Option<Waker>,
}

impl Baton {
    fn new() -> Arc<Baton> {
        Arc::new(Baton {
            state: Mutex::new(State {
                there: false,
                waiter: None,
            }),
        })
    }

    fn release(&self) {
        let mut state = self.state.lock().unwrap();
        state.there = true;
        let waiter = state.waiter.take();
        drop(state);
        if let Some(waiter) = waiter {
            waiter.wake();
        }
    }

    async fn acquire(&self) {
        poll_fn(|cx| {
            let mut state = self.state.lock().unwrap();
            if std::mem::take(&mut state.there) {
                return Poll::Ready(());
            }
            state.waiter = Some(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

fn async_pingpong(trips: usize) {
    let (ping, pong) = (Baton::new(), Baton::new());
    let (pinged, ponged) = (Arc::clone(&ping), Arc::clone(&pong));
    let echo = thread::spawn(move || {
        block_on(async {
            for _ in 0..trips {
                pinged.acquire().await;
                pong.release();
            }
        });
    });
    let caller = thread::spawn(move || {
        block_on(async {
            for _ in 0..trips {
                ping.release();
                ponged.acquire().await;
            }
        });
    });
    caller.join().unwrap();
    echo.join().unwrap();
}

fn async_yields(tasks: usize, times: usize) {
    let tasks: Vec<_> = (0..tasks)
        .map(|_| {
            thread::spawn(move || {
                block_on(async move {
                    for _ in 0..times {
                        yield_once().await;
                    }
                });
            })
        })
        .collect();
    for task in tasks {
        task.join().unwrap();
    }
}

async fn yield_once() {
    let mut yielded = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
