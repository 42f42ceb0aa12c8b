//! `Mutex`: Go's lock, and `Locker`, which all of Go's locks implement.

use std::fmt;
use std::sync::Arc;

use crate::go::gate;
use crate::go::misuse::misuse;
use crate::rt::{self, Attached, Handle, Side, TaskCell};
use crate::sanitizer::Edge;
use jostle_core::id::TaskId;
use jostle_core::op::{OpKind, Site};

/// A lock without a guard and without data: Go's
/// [`sync.Mutex`](https://pkg.go.dev/sync#Mutex).
///
/// It belongs to no task: one may lock it and another unlock it. Hence a circle of
/// tasks that wait for each other's locks is found once nothing else can run, and
/// not before. Which of the waiting tasks gets the lock next is a scheduling
/// decision. Share it by `Arc`, in a
/// struct or as a `static`.
pub struct Mutex {
    handle: Handle,
    /// The task that locked it.
    locked: TaskCell<Option<TaskId>>,
}

impl Mutex {
    /// An unlocked mutex.
    #[must_use]
    #[track_caller]
    pub const fn new() -> Mutex {
        Mutex {
            handle: Handle::new(),
            locked: TaskCell::new(None),
        }
    }

    #[track_caller]
    fn attach(&self) -> Attached {
        let attached = self.handle.attach("Mutex");
        if attached.fresh {
            *self.locked.get(&attached) = None;
            rt::set_gate(&attached, Side::Exclusive, true);
        }
        attached
    }

    /// Waits for the lock.
    ///
    /// # Panics
    ///
    /// Outside a scenario.
    #[track_caller]
    pub fn lock(&self) {
        let attached = self.attach();
        gate::pass(&attached, OpKind::Lock, Site::caller());
        self.take(&attached);
    }

    /// Takes the lock if it is free and says whether it was
    /// ([`TryLock`](https://pkg.go.dev/sync#Mutex.TryLock)).
    ///
    /// # Panics
    ///
    /// Outside a scenario.
    #[must_use]
    #[track_caller]
    pub fn try_lock(&self) -> bool {
        let attached = self.attach();
        rt::set_tried(&attached);
        rt::point(OpKind::TryLock, attached.id, Site::caller());
        let free = rt::is_open(&attached, Side::Exclusive);
        rt::note(u32::from(free));
        if free {
            self.take(&attached);
        }
        free
    }

    fn take(&self, attached: &Attached) {
        rt::set_gate(attached, Side::Exclusive, false);
        Edge::object(attached.id.0, 0).acquire();
        *self.locked.get(attached) = Some(rt::current_task());
    }

    /// Gives the lock back, whoever took it.
    ///
    /// # Panics
    ///
    /// With "fatal error: sync: unlock of unlocked mutex". Outside a scenario.
    #[track_caller]
    pub fn unlock(&self) {
        let site = Site::caller();
        let attached = self.attach();
        let mine = *self.locked.get(&attached) == Some(rt::current_task());
        gate::release(&attached, mine, site);
        if self.locked.get(&attached).take().is_none() {
            misuse("fatal error: sync: unlock of unlocked mutex");
        }
        Edge::object(attached.id.0, 0).release();
        rt::set_gate(&attached, Side::Exclusive, true);
    }
}

impl Default for Mutex {
    #[track_caller]
    fn default() -> Mutex {
        Mutex::new()
    }
}

impl fmt::Debug for Mutex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mutex").finish_non_exhaustive()
    }
}

/// What a [`Cond`](crate::go::Cond) can give up while it waits: Go's
/// [`sync.Locker`](https://pkg.go.dev/sync#Locker).
///
/// Sealed, since `Cond` relies on `unlock` being one step.
pub trait Locker: sealed::Sealed {
    /// Waits for the lock.
    #[track_caller]
    fn lock(&self);
    /// Gives the lock back.
    #[track_caller]
    fn unlock(&self);
}

pub(super) mod sealed {
    /// Cannot be named outside `go`.
    pub trait Sealed {}
}

impl sealed::Sealed for Mutex {}

impl Locker for Mutex {
    #[track_caller]
    fn lock(&self) {
        Mutex::lock(self);
    }

    #[track_caller]
    fn unlock(&self) {
        Mutex::unlock(self);
    }
}

impl<L: Locker + ?Sized> sealed::Sealed for &L {}

impl<L: Locker + ?Sized> Locker for &L {
    #[track_caller]
    fn lock(&self) {
        (**self).lock();
    }

    #[track_caller]
    fn unlock(&self) {
        (**self).unlock();
    }
}

impl<L: Locker + ?Sized> sealed::Sealed for Arc<L> {}

impl<L: Locker + ?Sized> Locker for Arc<L> {
    #[track_caller]
    fn lock(&self) {
        (**self).lock();
    }

    #[track_caller]
    fn unlock(&self) {
        (**self).unlock();
    }
}
