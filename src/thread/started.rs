//! State shared by `JoinHandle` and `ScopedJoinHandle`.

use std::fmt;

use crate::rt::{self, Shared};
use crate::thread::{Result, Thread};
use jostle_core::id::{ObjectId, TaskId};
use jostle_core::op::{OpKind, Site};

/// A thread and the place where it leaves its value.
pub(super) struct Started<T> {
    /// `None` if the thread was to be started while the execution was being torn
    /// down, so that it never ran.
    task: Option<TaskId>,
    thread: Thread,
    packet: Shared<Option<T>>,
}

impl<T> Started<T> {
    pub(super) fn new(task: Option<TaskId>, packet: Shared<Option<T>>) -> Started<T> {
        Started {
            thread: Thread::of(task.unwrap_or(TaskId::MAIN)),
            task,
            packet,
        }
    }

    /// Waits for the thread and gives its value. If it has none, `unwound` is called and
    /// the error is what the thread panicked with.
    pub(super) fn join(self, site: Site, unwound: impl FnOnce()) -> Result<T> {
        let Some(task) = self.task else {
            return Err(Box::new("the thread was never started"));
        };
        rt::join(task, OpKind::Join, site);
        let value = self.packet.get().take();
        value.ok_or_else(|| {
            unwound();
            rt::take_panic(task).unwrap_or_else(|| Box::new("the thread was unwound"))
        })
    }

    /// Whether the thread has finished. It is a scheduling point.
    pub(super) fn is_finished(&self, site: Site) -> bool {
        rt::point(OpKind::Inspect, ObjectId::NONE, site);
        self.task.is_none_or(rt::is_finished)
    }

    pub(super) fn thread(&self) -> &Thread {
        &self.thread
    }

    /// Shows a handle of this type on the thread.
    pub(super) fn show(&self, handle: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(handle).field("task", &self.task).finish()
    }
}
