//! A pool of workers: jobs are queued, a shutdown lets those that run come to their end and
//! refuses the rest.
//!
//! Bug: `submit` looks whether the pool is open, then queues. A job that is queued after the
//! workers have gone is never answered.
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::*};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};
use tokio::time::interval;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

type Output = u64;
type Work = Pin<Box<dyn Future<Output = Output> + Send>>;

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The pool is shutting down.
    ShutDown,
    /// The queue is full.
    Busy,
    /// The job was cancelled, or panicked.
    Failed,
}

struct Job {
    work: Work,
    cancel: CancellationToken,
    reply: oneshot::Sender<Result<Output, Refusal>>,
}

/// What workers and handles share.
struct Shared {
    queue: Mutex<VecDeque<Job>>,
    limit: usize,
    queued: Notify,
    open: AtomicBool,
    stop: CancellationToken,
    counts: Counts,
}

/// What has happened so far.
#[derive(Debug, Default)]
struct Counts {
    accepted: AtomicUsize,
    answered: AtomicUsize,
    refused: AtomicUsize,
}

/// A copy of the counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Snapshot {
    pub accepted: usize,
    pub answered: usize,
    pub refused: usize,
}

/// The pool.
pub struct Jobs {
    shared: Arc<Shared>,
    tasks: TaskTracker,
}

/// A submitted job: await its answer or cancel it.
pub struct Ticket {
    answer: oneshot::Receiver<Result<Output, Refusal>>,
    cancel: CancellationToken,
}

impl Ticket {
    pub fn cancel(&self) {
        self.cancel.cancel();
    }

    pub async fn answer(self) -> Result<Output, Refusal> {
        self.answer.await.unwrap_or(Err(Refusal::Failed))
    }
}

impl Jobs {
    /// Starts the workers and what reports about them.
    pub fn start(workers: usize, limit: usize) -> Jobs {
        let shared = Arc::new(Shared {
            queue: Mutex::default(),
            limit,
            queued: Notify::new(),
            open: AtomicBool::new(true),
            stop: CancellationToken::new(),
            counts: Counts::default(),
        });
        let tasks = TaskTracker::new();
        for _ in 0..workers {
            tasks.spawn(work(shared.clone()));
        }
        tasks.spawn(report(shared.clone()));
        Jobs { shared, tasks }
    }

    /// Queues a job.
    pub fn submit<F>(&self, work: F) -> Result<Ticket, Refusal>
    where
        F: Future<Output = Output> + Send + 'static,
    {
        if !self.shared.open.load(Acquire) {
            return Err(Refusal::ShutDown);
        }
        let (reply, answer) = oneshot::channel();
        // Not a child of the pool's: who runs comes to its end.
        let cancel = CancellationToken::new();
        let job = Job {
            work: Box::pin(work),
            cancel: cancel.clone(),
            reply,
        };
        self.shared.push(job)?;
        self.shared.counts.accepted.fetch_add(1, Relaxed);
        Ok(Ticket { answer, cancel })
    }

    pub fn snapshot(&self) -> Snapshot {
        let counts = &self.shared.counts;
        Snapshot {
            accepted: counts.accepted.load(Relaxed),
            answered: counts.answered.load(Relaxed),
            refused: counts.refused.load(Relaxed),
        }
    }

    /// Refuses what is queued, and waits for what runs.
    pub async fn shut_down(&self) {
        {
            let _queue = crate::FIXED.then(|| self.shared.queue.lock().unwrap());
            self.shared.open.store(false, Release);
        }
        self.shared.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        self.shared.refuse_all();
    }
}

impl Shared {
    fn push(&self, job: Job) -> Result<(), Refusal> {
        let mut queue = self.queue.lock().unwrap();
        if crate::FIXED && !self.open.load(Acquire) {
            return Err(Refusal::ShutDown);
        }
        if queue.len() >= self.limit {
            return Err(Refusal::Busy);
        }
        queue.push_back(job);
        drop(queue);
        self.queued.notify_one();
        Ok(())
    }

    fn pop(&self) -> Option<Job> {
        self.queue.lock().unwrap().pop_front()
    }

    /// Answers everything in the queue with a refusal.
    fn refuse_all(&self) {
        let left: Vec<_> = self.queue.lock().unwrap().drain(..).collect();
        for job in left {
            self.counts.refused.fetch_add(1, Relaxed);
            let _ = job.reply.send(Err(Refusal::ShutDown));
        }
    }
}

/// A worker: runs jobs until the pool stops.
async fn work(shared: Arc<Shared>) {
    loop {
        let Some(job) = shared.pop() else {
            tokio::select! {
                () = shared.stop.cancelled() => return,
                () = shared.queued.notified() => continue,
            }
        };
        if shared.stop.is_cancelled() {
            shared.counts.refused.fetch_add(1, Relaxed);
            let _ = job.reply.send(Err(Refusal::ShutDown));
            continue;
        }
        let Job {
            work,
            cancel,
            reply,
        } = job;
        let result = tokio::select! {
            () = cancel.cancelled() => Err(Refusal::Failed),
            // On a task of its own, so that a panic does not end the worker.
            result = tokio::spawn(work) => result.map_err(|_| Refusal::Failed),
        };
        shared.counts.answered.fetch_add(1, Relaxed);
        // Who asked may have gone.
        let _ = reply.send(result);
    }
}

/// Looks after the queue now and then: wakes a worker if something is left in it.
async fn report(shared: Arc<Shared>) {
    let mut ticks = interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            () = shared.stop.cancelled() => return,
            _ = ticks.tick() => {
                if !shared.queue.lock().unwrap().is_empty() {
                    shared.queued.notify_one();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::task::yield_now;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn jobs_are_answered() {
        let jobs = Jobs::start(2, 8);
        let tickets: Vec<_> = (0..4)
            .map(|n| jobs.submit(async move { n }).unwrap())
            .collect();
        let mut sum = 0;
        for ticket in tickets {
            sum += ticket.answer().await.unwrap();
        }
        assert_eq!(sum, 6);
        jobs.shut_down().await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_job_is_cancelled() {
        let jobs = Jobs::start(1, 8);
        let ticket = jobs.submit(std::future::pending()).unwrap();
        ticket.cancel();
        assert_eq!(ticket.answer().await, Err(Refusal::Failed));
        jobs.shut_down().await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_panic_does_not_end_the_worker() {
        let jobs = Jobs::start(1, 8);
        let panics = jobs.submit(async { panic!("as it should") }).unwrap();
        let works = jobs.submit(async { 1 }).unwrap();
        assert_eq!(panics.answer().await, Err(Refusal::Failed));
        assert_eq!(works.answer().await, Ok(1));
        jobs.shut_down().await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_full_queue_refuses() {
        let jobs = Jobs::start(0, 1);
        let first = jobs.submit(async { 1 }).unwrap();
        assert!(matches!(jobs.submit(async { 2 }), Err(Refusal::Busy)));
        jobs.shut_down().await;
        assert_eq!(first.answer().await, Err(Refusal::ShutDown));
        assert_eq!(
            jobs.snapshot(),
            Snapshot {
                accepted: 1,
                answered: 0,
                refused: 1
            }
        );
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn every_job_is_answered_or_refused() {
        let jobs = Arc::new(Jobs::start(1, 8));
        let submitting = tokio::spawn({
            let jobs = jobs.clone();
            async move {
                for n in 0..2 {
                    if let Ok(ticket) = jobs.submit(async move { n }) {
                        let _answered_or_refused = ticket.answer().await;
                    }
                    yield_now().await;
                }
            }
        });
        jobs.shut_down().await;
        submitting.await.unwrap();
    }
}
