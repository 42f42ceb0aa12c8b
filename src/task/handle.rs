//! The handles of tasks: `JoinHandle`, `AbortHandle` and `Id`.

use std::fmt;
use std::future::Future;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::rt::{self, Shared};
use crate::task::JoinError;
use crate::task::packet::{self, Flags, Packet};
use jostle_core::id::{ObjectId, TaskId};
use jostle_core::op::{OpKind, Site};

/// Identifies a task within its execution; see [`tokio::task::Id`].
///
/// [`tokio::task::Id`]: https://docs.rs/tokio/1/tokio/task/struct.Id.html
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Id(TaskId);

impl Id {
    pub(super) fn of(task: TaskId) -> Id {
        Id(task)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.index().fmt(f)
    }
}

/// The calling task.
///
/// # Panics
///
/// Outside a scenario.
#[must_use]
pub fn id() -> Id {
    Id(rt::current_task())
}

/// The right to wait for a task and to abort it; see
/// [`tokio::task::JoinHandle`].
///
/// As a future it gives the task's value, or a [`JoinError`] if the task was
/// cancelled or panicked. Dropping it lets the task go on by itself.
///
/// [`tokio::task::JoinHandle`]: https://docs.rs/tokio/1/tokio/task/struct.JoinHandle.html
pub struct JoinHandle<T> {
    packet: Shared<Packet<T>>,
    abort: AbortHandle,
}

impl<T> JoinHandle<T> {
    pub(super) fn new(id: Id, packet: Shared<Packet<T>>, flags: Shared<Flags>) -> JoinHandle<T> {
        JoinHandle {
            packet,
            abort: AbortHandle { id, flags },
        }
    }

    /// Cancels the task at its next await; see [`AbortHandle::abort`].
    ///
    /// # Panics
    ///
    /// Outside a scenario.
    #[track_caller]
    pub fn abort(&self) {
        self.abort.abort();
    }

    /// A handle that can abort the task and not wait for it.
    #[must_use]
    pub fn abort_handle(&self) -> AbortHandle {
        self.abort.clone()
    }

    /// Whether the task's result is there. It is a scheduling point.
    ///
    /// # Panics
    ///
    /// Outside a scenario.
    #[track_caller]
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.abort.is_finished()
    }

    /// Which task it is.
    #[must_use]
    pub fn id(&self) -> Id {
        self.abort.id
    }

    pub(super) fn flags(&self) -> &Shared<Flags> {
        &self.abort.flags
    }
}

/// # Panics
///
/// Polling panics if the result has been taken.
impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        packet::poll(&self.packet, cx)
    }
}

// The value is never pinned: it is moved in and out.
impl<T> Unpin for JoinHandle<T> {}
impl<T> UnwindSafe for JoinHandle<T> {}
impl<T> RefUnwindSafe for JoinHandle<T> {}

impl<T> Drop for JoinHandle<T> {
    fn drop(&mut self) {
        packet::detach(&self.packet);
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle")
            .field("id", &self.id())
            .finish()
    }
}

/// The right to abort a task; see [`tokio::task::AbortHandle`].
///
/// [`tokio::task::AbortHandle`]: https://docs.rs/tokio/1/tokio/task/struct.AbortHandle.html
#[derive(Clone)]
pub struct AbortHandle {
    id: Id,
    flags: Shared<Flags>,
}

impl AbortHandle {
    /// Cancels the task: at its next await, which is where it is unless it
    /// runs, its future is dropped. A task that blocks goes on until it awaits or
    /// ends; a [`spawn_blocking`](crate::task::spawn_blocking) task that has begun
    /// is not cancelled at all.
    ///
    /// It is a scheduling point. No effect on a task that has finished.
    ///
    /// # Panics
    ///
    /// Outside a scenario.
    #[track_caller]
    pub fn abort(&self) {
        // Destructors abort tasks: in teardown there is nothing left to do.
        if rt::is_inside() && rt::is_teardown() {
            return;
        }
        rt::point(OpKind::Cancel, ObjectId::WORLD, Site::caller());
        packet::abort(&self.flags);
    }

    /// Whether the task's result is there. It is a scheduling point.
    ///
    /// # Panics
    ///
    /// Outside a scenario.
    #[track_caller]
    #[must_use]
    pub fn is_finished(&self) -> bool {
        rt::point(OpKind::Inspect, ObjectId::WORLD, Site::caller());
        self.flags.get().is_finished()
    }

    /// Which task it is.
    #[must_use]
    pub fn id(&self) -> Id {
        self.id
    }
}

impl UnwindSafe for AbortHandle {}
impl RefUnwindSafe for AbortHandle {}

impl fmt::Debug for AbortHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AbortHandle").field("id", &self.id).finish()
    }
}
