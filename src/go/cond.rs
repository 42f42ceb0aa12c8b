//! `Cond`: Go's condition variable.

use std::collections::VecDeque;
use std::fmt;

use crate::go::mutex::Locker;
use crate::rt::{self, Attached, Handle, TaskCell};
use crate::sanitizer::Edge;
use jostle_core::decision::ChoiceKind;
use jostle_core::id::TaskId;
use jostle_core::op::{OpKind, Site};

/// Lets tasks wait for a condition: Go's
/// [`sync.Cond`](https://pkg.go.dev/sync#Cond).
///
/// `L` is what Go calls a Locker: a [`Mutex`](crate::go::Mutex), a
/// [`RwMutex`](crate::go::RwMutex), its
/// [`rlocker`](crate::go::RwMutex::rlocker), or an `Arc` of one of them. Share the
/// `Cond` itself by `Arc`, in a struct or as a `static`.
pub struct Cond<L> {
    /// Held while the condition is looked at or changed: Go's `c.L`.
    pub l: L,
    handle: Handle,
    waiters: TaskCell<VecDeque<TaskId>>,
}

impl<L> Cond<L> {
    /// A condition whose lock is `l`: Go's `sync.NewCond(l)`.
    #[must_use]
    #[track_caller]
    pub const fn new(l: L) -> Cond<L> {
        Cond {
            l,
            handle: Handle::new(),
            waiters: TaskCell::new(VecDeque::new()),
        }
    }

    #[track_caller]
    fn attach(&self) -> Attached {
        let attached = self.handle.attach("Cond");
        if attached.fresh {
            self.waiters.get(&attached).clear();
        }
        attached
    }

    /// Wakes one of the waiting tasks if there is any. Which one is a choice;
    /// the non-preemptive one is the task that has waited longest, as in Go's
    /// implementation, which promises no order.
    ///
    /// The caller may hold the lock but need not.
    ///
    /// # Panics
    ///
    /// Outside a scenario.
    #[track_caller]
    pub fn signal(&self) {
        let attached = self.attach();
        rt::point(OpKind::NotifyOne, attached.id, Site::caller());
        let mut waiters = self.waiters.get(&attached);
        let nth = rt::choose(ChoiceKind::Waiter, waiters.len() as u32);
        let woken = waiters.remove(nth as usize);
        rt::set_missed(&attached, woken.is_none());
        if let Some(task) = woken {
            Edge::answer(task.0).release();
            rt::complete(task);
        }
    }

    /// Wakes all waiting tasks.
    ///
    /// The caller may hold the lock but need not.
    ///
    /// # Panics
    ///
    /// Outside a scenario.
    #[track_caller]
    pub fn broadcast(&self) {
        let attached = self.attach();
        rt::point(OpKind::NotifyAll, attached.id, Site::caller());
        let mut waiters = self.waiters.get(&attached);
        rt::set_missed(&attached, waiters.is_empty());
        for task in waiters.drain(..) {
            Edge::answer(task.0).release();
            rt::complete(task);
        }
    }
}

impl<L: Locker> Cond<L> {
    /// Gives the lock up and waits to be woken, both in one step; then waits for
    /// the lock. Unlike in other systems there are no spurious wake-ups: it
    /// returns only after [`signal`](Cond::signal) or
    /// [`broadcast`](Cond::broadcast).
    ///
    /// # Panics
    ///
    /// If the lock is not locked, with Go's words for that. Outside a scenario.
    #[track_caller]
    pub fn wait(&self) {
        let attached = self.attach();
        rt::point(OpKind::Wait, attached.id, Site::caller());
        // The unlocking may be a scheduling point before, never after, it has
        // happened. So no signal that follows it can come too early.
        self.l.unlock();
        self.waiters.get(&attached).push_back(rt::current_task());
        rt::wait(None, None);
        Edge::answer(rt::current_task().0).acquire();
        self.l.lock();
    }
}

impl<L> fmt::Debug for Cond<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cond").finish_non_exhaustive()
    }
}
