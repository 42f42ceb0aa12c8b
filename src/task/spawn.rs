//! Starts tasks: `spawn`, `spawn_blocking` and `Builder`.

use std::future::Future;
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::pin::pin;
use std::task::{Context, Poll};

use crate::rt::{self, PollLoop, Shared};
use crate::task::packet::{self, Flags, Packet};
use crate::task::{Id, JoinError, JoinHandle};
use jostle_core::decision::ChoiceKind;
use jostle_core::id::ObjectId;
use jostle_core::op::{OpKind, Site};

/// Starts a task that runs `future`; see [`tokio::spawn`].
///
/// # Panics
///
/// Outside a scenario, or if the scenario's budget of tasks is used up.
///
/// [`tokio::spawn`]: https://docs.rs/tokio/1/tokio/fn.spawn.html
#[track_caller]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    spawn_async(None, Site::caller(), future)
}

/// Starts a task that runs `f`, which may block; see
/// [`tokio::task::spawn_blocking`].
///
/// Every task may block here. What makes this one different is that it can be
/// aborted only before it has begun.
///
/// # Panics
///
/// As [`spawn`].
///
/// [`tokio::task::spawn_blocking`]: https://docs.rs/tokio/1/tokio/task/fn.spawn_blocking.html
#[track_caller]
pub fn spawn_blocking<F, R>(f: F) -> JoinHandle<R>
where
    F: FnOnce() -> R + Send + 'static,
    R: Send + 'static,
{
    spawn_closure(None, Site::caller(), f)
}

/// Names a task before it is started; see [`tokio::task::Builder`].
///
/// [`tokio::task::Builder`]: https://docs.rs/tokio/1/tokio/task/struct.Builder.html
#[derive(Clone, Copy, Debug, Default)]
#[must_use = "must eventually spawn the task"]
pub struct Builder<'a> {
    name: Option<&'a str>,
}

impl<'a> Builder<'a> {
    /// A task without a name.
    pub fn new() -> Builder<'a> {
        Builder::default()
    }

    /// Gives the task a name, which reports then use.
    pub fn name(self, name: &'a str) -> Builder<'a> {
        Builder { name: Some(name) }
    }

    /// Starts a task that runs `future`.
    ///
    /// # Errors
    ///
    /// Never; the signature is tokio's.
    ///
    /// # Panics
    ///
    /// As [`spawn`].
    #[track_caller]
    pub fn spawn<F>(self, future: F) -> io::Result<JoinHandle<F::Output>>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let name = self.name.map(str::to_owned);
        Ok(spawn_async(name, Site::caller(), future))
    }

    /// Starts a task that runs `f`, which may block.
    ///
    /// # Errors
    ///
    /// Never; the signature is tokio's.
    ///
    /// # Panics
    ///
    /// As [`spawn`].
    #[track_caller]
    pub fn spawn_blocking<F, R>(self, f: F) -> io::Result<JoinHandle<R>>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        let name = self.name.map(str::to_owned);
        Ok(spawn_closure(name, Site::caller(), f))
    }
}

fn spawn_async<F>(name: Option<String>, site: Site, future: F) -> JoinHandle<F::Output>
where
    F: Future + 'static,
    F::Output: 'static,
{
    start(name, site, move |flags| poll_to_end(future, flags, site))
}

fn spawn_closure<F, R>(name: Option<String>, site: Site, f: F) -> JoinHandle<R>
where
    F: FnOnce() -> R + 'static,
    R: 'static,
{
    start(name, site, move |flags| {
        // What `f` does first may be invisible to Jostle, like a poll.
        rt::point(OpKind::Start, ObjectId::WORLD, site);
        let aborted = flags.get().is_aborted();
        (!aborted).then(f)
    })
}

/// Starts a task that runs `body`, which returns `None` if it was cancelled.
fn start<T, B>(name: Option<String>, site: Site, body: B) -> JoinHandle<T>
where
    B: FnOnce(&Shared<Flags>) -> Option<T> + 'static,
    T: 'static,
{
    let packet = Shared::new(Packet::new());
    let flags = Shared::new(Flags::default());
    let (theirs, their_flags) = (packet.clone(), flags.clone());
    let run = move || {
        let task = rt::current_task();
        their_flags.get().started(task);
        let result = match panic::catch_unwind(AssertUnwindSafe(|| body(&their_flags))) {
            Ok(Some(value)) => Ok(value),
            Ok(None) => Err(JoinError::cancelled(Id::of(task))),
            Err(payload) => {
                rt::judge_panic(&*payload);
                Err(JoinError::panic(Id::of(task), payload))
            }
        };
        packet::publish(&theirs, &their_flags, result);
    };
    let id = match rt::spawn(name, site, Box::new(run)) {
        Some(task) => Id::of(task),
        None => {
            // The execution is being torn down: the task never ran.
            let id = Id::of(rt::current_task());
            packet::publish(&packet, &flags, Err(JoinError::cancelled(id)));
            id
        }
    };
    JoinHandle::new(id, packet, flags)
}

/// Polls `future` on the running task until it is ready. Returns `None` if it was
/// cancelled or the execution is being torn down; the future is dropped then, by
/// a task that is not unwinding.
fn poll_to_end<F: Future>(future: F, flags: &Shared<Flags>, site: Site) -> Option<F::Output> {
    let polls = PollLoop::new();
    let mut future = pin!(future);
    let mut cx = Context::from_waker(&polls.waker);
    let mut woken = false;
    while polls.ready(woken, site) {
        if flags.get().is_aborted() || woken && is_cancelled() {
            rt::event(OpKind::Cancel, ObjectId::WORLD, site);
            break;
        }
        if let Poll::Ready(value) = future.as_mut().poll(&mut cx) {
            return Some(value);
        }
        woken = true;
    }
    None
}

/// Whether a task that could go on is cancelled instead.
fn is_cancelled() -> bool {
    rt::may_cancel() && rt::choose(ChoiceKind::Cancel, 2) == 1
}
