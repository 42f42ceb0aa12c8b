//! `Thread`, and what blocks and wakes one: `current`, `park`, `park_timeout`, `unpark`.

use std::fmt;
use std::time::Duration;

use crate::rt;
use jostle_core::decision::ChoiceKind;
use jostle_core::id::{ObjectId, TaskId};
use jostle_core::op::{OpKind, Site};

/// A task, seen as a thread; see [`std::thread::Thread`].
#[derive(Clone)]
pub struct Thread {
    task: TaskId,
    name: Option<String>,
}

/// Identifies a thread within its execution; see [`std::thread::ThreadId`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ThreadId(TaskId);

impl Thread {
    pub(super) fn of(task: TaskId) -> Thread {
        Thread {
            task,
            name: rt::task_name(task),
        }
    }

    /// Which thread it is.
    #[must_use]
    pub fn id(&self) -> ThreadId {
        ThreadId(self.task)
    }

    /// Its name: the one it was built with, or `main` for the body of the
    /// scenario.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self.task {
            TaskId::MAIN => Some("main"),
            _ => self.name.as_deref(),
        }
    }

    /// Makes the thread's present or next [`park`] return; see
    /// [`std::thread::Thread::unpark`].
    #[track_caller]
    pub fn unpark(&self) {
        rt::point(OpKind::Unpark, ObjectId::NONE, Site::caller());
        rt::leave_token(self.task);
        if rt::is_parked(self.task) {
            rt::complete(self.task);
        }
    }
}

impl fmt::Debug for Thread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Thread")
            .field("id", &self.id())
            .field("name", &self.name())
            .finish_non_exhaustive()
    }
}

/// The calling task; see [`std::thread::current`].
///
/// # Panics
///
/// Outside a scenario.
#[must_use]
pub fn current() -> Thread {
    Thread::of(rt::current_task())
}

/// Waits until the thread is unparked, or ends without reason if the decision
/// source says so; see [`std::thread::park`].
///
/// # Panics
///
/// Outside a scenario.
#[track_caller]
pub fn park() {
    rt::point(OpKind::Park, ObjectId::NONE, Site::caller());
    let me = rt::current_task();
    if rt::take_token(me) || rt::choose(ChoiceKind::Spurious, 2) == 1 {
        return;
    }
    rt::wait(None, None);
    rt::take_token(me);
}

/// As [`park`], for at most `duration` of virtual time; see
/// [`std::thread::park_timeout`].
///
/// # Panics
///
/// Outside a scenario.
#[track_caller]
pub fn park_timeout(duration: Duration) {
    rt::point(OpKind::Park, ObjectId::NONE, Site::caller());
    let me = rt::current_task();
    if rt::take_token(me) || rt::choose(ChoiceKind::Spurious, 2) == 1 {
        return;
    }
    rt::wait(None, rt::deadline(duration));
    rt::take_token(me);
}
