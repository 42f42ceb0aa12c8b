//! The workloads under shuttle.

use std::cell::Cell;
use std::rc::Rc;

use shuttle::future::{self, batch_semaphore::BatchSemaphore, batch_semaphore::Fairness};
use shuttle::scheduler::{
    PctScheduler, RandomScheduler, Schedule, Scheduler, Task, TaskId, UrwRandomScheduler,
};
use shuttle::sync::atomic::{AtomicUsize, Ordering};
use shuttle::sync::{Arc, Mutex, mpsc};
use shuttle::{Config, Runner, thread};

use crate::contender::{Contender, PCT_DEPTH};
use crate::workload::Workload;
use crate::workloads::bodies::bodies;

/// Any number; the same in both counted processes, so that the longer one makes
/// the executions of the shorter one first.
const SEED: u64 = 1;

/// Executes `workload` `executions` times. With `count` it also counts the
/// steps, which costs a few instructions for each.
pub(crate) fn run(
    contender: Contender,
    workload: Workload,
    executions: usize,
    count: bool,
) -> Option<u64> {
    match contender {
        Contender::ShuttlePct => {
            let depth = usize::from(PCT_DEPTH);
            drive(
                PctScheduler::new_from_seed(SEED, depth, executions),
                workload,
                count,
            )
        }
        Contender::ShuttleUrw => drive(
            UrwRandomScheduler::new_from_seed(SEED, executions),
            workload,
            count,
        ),
        _ => drive(
            RandomScheduler::new_from_seed(SEED, executions),
            workload,
            count,
        ),
    }
}

fn drive(scheduler: impl Scheduler + 'static, workload: Workload, count: bool) -> Option<u64> {
    if count {
        let steps = Rc::new(Cell::new(0));
        let counting = Counting {
            inner: scheduler,
            steps: Rc::clone(&steps),
        };
        Runner::new(counting, Config::default()).run(body(workload));
        Some(steps.get())
    } else {
        Runner::new(scheduler, Config::default()).run(body(workload));
        None
    }
}

/// Counts what shuttle calls a step: a call of `next_task`.
#[derive(Debug)]
struct Counting<S> {
    inner: S,
    steps: Rc<Cell<u64>>,
}

impl<S: Scheduler> Scheduler for Counting<S> {
    fn new_execution(&mut self) -> Option<Schedule> {
        self.inner.new_execution()
    }

    fn next_task(
        &mut self,
        runnable: &[&Task],
        current: Option<TaskId>,
        is_yielding: bool,
    ) -> Option<TaskId> {
        self.steps.set(self.steps.get() + 1);
        self.inner.next_task(runnable, current, is_yielding)
    }

    fn next_u64(&mut self) -> u64 {
        self.inner.next_u64()
    }
}

bodies!();

fn async_pingpong(trips: usize) {
    future::block_on(async move {
        let ping = Arc::new(BatchSemaphore::new(0, Fairness::StrictlyFair));
        let pong = Arc::new(BatchSemaphore::new(0, Fairness::StrictlyFair));
        let (pinged, ponged) = (Arc::clone(&ping), Arc::clone(&pong));
        let echo = future::spawn(async move {
            for _ in 0..trips {
                pinged.acquire(1).await.unwrap();
                pong.release(1);
            }
        });
        let caller = future::spawn(async move {
            for _ in 0..trips {
                ping.release(1);
                ponged.acquire(1).await.unwrap();
            }
        });
        caller.await.unwrap();
        echo.await.unwrap();
    });
}

fn async_yields(tasks: usize, times: usize) {
    future::block_on(async move {
        let tasks: Vec<_> = (0..tasks)
            .map(|_| {
                future::spawn(async move {
                    for _ in 0..times {
                        future::yield_now().await;
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
}
