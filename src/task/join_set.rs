//! `JoinSet`: waits for whichever of several tasks ends next.

use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::resume_unwind;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::task::{AbortHandle, Id, JoinError, JoinHandle, packet, spawn, spawn_blocking};

/// Tasks that are waited for together and, when it is dropped, aborted together;
/// see [`tokio::task::JoinSet`].
///
/// Of several tasks that have finished the one that was spawned first comes
/// first. Waiting looks at every task of the set.
///
/// [`tokio::task::JoinSet`]: https://docs.rs/tokio/1/tokio/task/struct.JoinSet.html
pub struct JoinSet<T> {
    tasks: Vec<JoinHandle<T>>,
}

impl<T> JoinSet<T> {
    /// An empty set.
    #[must_use]
    pub fn new() -> JoinSet<T> {
        JoinSet { tasks: Vec::new() }
    }

    /// How many tasks have not been joined.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Whether all tasks have been joined.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// Waits for a task that has finished, `None` if the set is empty. Dropping
    /// the future loses no task.
    pub async fn join_next(&mut self) -> Option<Result<T, JoinError>> {
        poll_fn(|cx| self.poll_join_next(cx)).await
    }

    /// As [`join_next`](JoinSet::join_next), with the task's number.
    pub async fn join_next_with_id(&mut self) -> Option<Result<(Id, T), JoinError>> {
        poll_fn(|cx| self.poll_join_next_with_id(cx)).await
    }

    /// Polls for a task that has finished.
    pub fn poll_join_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T, JoinError>>> {
        self.poll_join_next_with_id(cx)
            .map(|joined| Some(joined?.map(|(_, value)| value)))
    }

    /// Polls for a task that has finished, with its number.
    pub fn poll_join_next_with_id(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<(Id, T), JoinError>>> {
        if self.tasks.is_empty() {
            return Poll::Ready(None);
        }
        for at in 0..self.tasks.len() {
            if let Poll::Ready(result) = Pin::new(&mut self.tasks[at]).poll(cx) {
                let id = self.tasks.remove(at).id();
                return Poll::Ready(Some(result.map(|value| (id, value))));
            }
        }
        Poll::Pending
    }

    /// A task that has finished, if there is one.
    pub fn try_join_next(&mut self) -> Option<Result<T, JoinError>> {
        let mut cx = Context::from_waker(std::task::Waker::noop());
        match self.poll_join_next(&mut cx) {
            Poll::Ready(joined) => joined,
            Poll::Pending => None,
        }
    }

    /// Waits for all tasks; their values, in the order in which they finished.
    ///
    /// # Panics
    ///
    /// If a task panicked or was cancelled.
    pub async fn join_all(mut self) -> Vec<T> {
        let mut values = Vec::with_capacity(self.len());
        while let Some(joined) = self.join_next().await {
            match joined.map_err(JoinError::try_into_panic) {
                Ok(value) => values.push(value),
                Err(Ok(payload)) => resume_unwind(payload),
                Err(Err(error)) => panic!("{error}"),
            }
        }
        values
    }

    /// Aborts all tasks.
    ///
    /// It is a scheduling point for each.
    ///
    /// # Panics
    ///
    /// Outside a scenario.
    #[track_caller]
    pub fn abort_all(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }

    /// Aborts all tasks and waits until they have ended.
    ///
    /// # Panics
    ///
    /// Outside a scenario.
    pub async fn shutdown(&mut self) {
        self.abort_all();
        while self.join_next().await.is_some() {}
    }

    /// Lets all tasks go on by themselves.
    pub fn detach_all(&mut self) {
        self.tasks.clear();
    }

    fn insert(&mut self, task: JoinHandle<T>) -> AbortHandle {
        let handle = task.abort_handle();
        self.tasks.push(task);
        handle
    }
}

impl<T: Send + 'static> JoinSet<T> {
    /// Starts a task in the set; see [`spawn`](crate::task::spawn()).
    ///
    /// # Panics
    ///
    /// As [`spawn`](crate::task::spawn()).
    #[track_caller]
    pub fn spawn<F>(&mut self, future: F) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
    {
        let task = spawn(future);
        self.insert(task)
    }

    /// Starts a task in the set that may block; see [`spawn_blocking`].
    ///
    /// # Panics
    ///
    /// As [`spawn`](crate::task::spawn()).
    #[track_caller]
    pub fn spawn_blocking<F>(&mut self, f: F) -> AbortHandle
    where
        F: FnOnce() -> T + Send + 'static,
    {
        let task = spawn_blocking(f);
        self.insert(task)
    }
}

impl<T> Default for JoinSet<T> {
    fn default() -> JoinSet<T> {
        JoinSet::new()
    }
}

impl<T> Drop for JoinSet<T> {
    fn drop(&mut self) {
        // No scheduling point: a destructor must not be interrupted for good.
        for task in &self.tasks {
            packet::abort(task.flags());
        }
    }
}

impl<T> fmt::Debug for JoinSet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinSet").field("len", &self.len()).finish()
    }
}
