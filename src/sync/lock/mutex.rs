//! `Mutex` and its guard.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::{LockResult, TryLockError, TryLockResult};

use crate::rt::{self, Attached, Exclusive, Handle, LockCell, Side};
use crate::sanitizer::Edge;
use crate::sync::lock::{self, guarded};
use jostle_core::op::{OpKind, Site};

/// A mutual exclusion lock with poisoning; see [`std::sync::Mutex`].
///
/// Which of the waiting tasks gets the lock is a scheduling decision, as with
/// std's, which promises no order.
pub struct Mutex<T: ?Sized> {
    /// It is held while there is a guard. The exclusive gate says the same to the
    /// runtime, but only within one execution.
    data: LockCell<Handle, T>,
}

// A task that panics poisons the mutex, and so nobody sees broken data unawares.
impl<T: ?Sized> UnwindSafe for Mutex<T> {}
impl<T: ?Sized> RefUnwindSafe for Mutex<T> {}

impl<T> Mutex<T> {
    /// An unlocked mutex.
    #[track_caller]
    pub const fn new(value: T) -> Mutex<T> {
        Mutex {
            data: LockCell::new(Handle::new(), value),
        }
    }

    /// The value, without a lock, since nobody else can have one.
    ///
    /// # Errors
    ///
    /// If the mutex is poisoned; the error holds the value.
    pub fn into_inner(self) -> LockResult<T> {
        let (value, poisoned) = self.data.into_inner();
        guarded(value, poisoned)
    }
}

/// A mutex, for its guard, whose type may not say more of `T` than std's.
pub(in crate::sync) struct Parts<'a, T: ?Sized>(&'a LockCell<Handle, T>);

impl<'a, T: ?Sized> Parts<'a, T> {
    #[inline(always)]
    #[track_caller]
    fn attach(&self) -> Attached {
        let attached = self.0.beside.attach("Mutex");
        if attached.fresh {
            self.start_over(&attached);
        }
        attached
    }

    #[cold]
    #[track_caller]
    fn start_over(&self, attached: &Attached) {
        lock::assert_free(self.0.is_held(attached), "Mutex", &self.0.beside);
        self.0.set_poisoned(attached, false);
        rt::set_gate(attached, Side::Exclusive, true);
    }

    /// Takes the lock, which is free.
    #[inline]
    fn guard(&self, attached: &Attached, site: Site) -> LockResult<MutexGuard<'a, T>> {
        rt::acquire(attached, Side::Exclusive);
        Edge::object(attached.id.0, 0).acquire();
        let (value, poisoned) = self.0.lock(attached);
        let guard = MutexGuard {
            value,
            site,
            panicking: rt::panicking(),
        };
        guarded(guard, poisoned)
    }

    /// Waits for the lock.
    #[inline]
    pub(in crate::sync) fn lock(&self, site: Site) -> LockResult<MutexGuard<'a, T>> {
        let attached = self.attach();
        rt::pass(&attached, Side::Exclusive, OpKind::Lock, site);
        self.guard(&attached, site)
    }
}

impl<T: ?Sized> Mutex<T> {
    #[inline]
    fn parts(&self) -> Parts<'_, T> {
        Parts(&self.data)
    }

    /// Waits for the lock; see [`std::sync::Mutex::lock`].
    ///
    /// # Errors
    ///
    /// If the mutex is poisoned; the error holds the guard.
    ///
    /// # Panics
    ///
    /// Outside a scenario.
    #[inline]
    #[track_caller]
    pub fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        self.parts().lock(Site::caller())
    }

    /// Takes the lock if it is free; see [`std::sync::Mutex::try_lock`].
    ///
    /// # Errors
    ///
    /// If the lock is not free, or if the mutex is poisoned; the latter error
    /// holds the guard.
    ///
    /// # Panics
    ///
    /// Outside a scenario.
    #[track_caller]
    pub fn try_lock(&self) -> TryLockResult<MutexGuard<'_, T>> {
        let site = Site::caller();
        let parts = self.parts();
        let attached = parts.attach();
        rt::set_tried(&attached);
        rt::point(OpKind::TryLock, attached.id, site);
        let free = rt::is_open(&attached, Side::Exclusive);
        rt::note(u32::from(free));
        if !free {
            return Err(TryLockError::WouldBlock);
        }
        parts.guard(&attached, site).map_err(TryLockError::Poisoned)
    }

    /// Whether a guard was dropped while its task panicked.
    ///
    /// It is not a scheduling point.
    #[track_caller]
    pub fn is_poisoned(&self) -> bool {
        self.data.is_poisoned(&self.parts().attach())
    }

    /// Forgets the poison.
    #[track_caller]
    pub fn clear_poison(&self) {
        self.data.set_poisoned(&self.parts().attach(), false);
    }

    /// The value, without a lock, since nobody else can have one.
    ///
    /// # Errors
    ///
    /// If the mutex is poisoned; the error holds the reference.
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        let (value, poisoned) = self.data.get_mut();
        guarded(value, poisoned)
    }
}

impl<T: Default> Default for Mutex<T> {
    #[track_caller]
    fn default() -> Mutex<T> {
        Mutex::new(T::default())
    }
}

impl<T> From<T> for Mutex<T> {
    #[track_caller]
    fn from(value: T) -> Mutex<T> {
        Mutex::new(value)
    }
}

impl<T: ?Sized> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Looking at the value would be an operation of its own.
        f.debug_struct("Mutex").finish_non_exhaustive()
    }
}

/// The right to use what a [`Mutex`] guards; see [`std::sync::MutexGuard`].
#[must_use = "if unused the Mutex will immediately unlock"]
pub struct MutexGuard<'a, T: ?Sized> {
    value: Exclusive<'a, Handle, T>,
    site: Site,
    /// Whether the task was unwinding when it took the lock: then its unwinding
    /// is no reason to poison.
    panicking: bool,
}

impl<'a, T: ?Sized> MutexGuard<'a, T> {
    /// Gives the lock up, for a `Condvar`, in one step with the beginning of the wait,
    /// and says how to wait for it again.
    pub(in crate::sync) fn into_parts(mut self) -> Parts<'a, T> {
        let cell = self.value.cell();
        // Unless the guard outlived its execution.
        if let Some(attached) = cell.beside.attached() {
            if lock::poisons(self.panicking) {
                cell.poison(&attached);
            }
            self.value.give_back(&attached);
            Edge::object(attached.id.0, 0).release();
            rt::give_up(&attached, Side::Exclusive);
        }
        std::mem::forget(self);
        Parts(cell)
    }
}

impl<T: ?Sized> Drop for MutexGuard<'_, T> {
    #[inline(always)]
    fn drop(&mut self) {
        // Unless the guard outlived its execution, on a stack that was given up.
        if let Some(cell) = self.value.cell_if_held()
            && let Some(attached) = cell.beside.attached()
        {
            // Nobody sees it before the lock is given up.
            if lock::poisons(self.panicking) {
                cell.poison(&attached);
            }
            Edge::object(attached.id.0, 0).release();
            rt::unlock(&attached, Side::Exclusive, OpKind::Unlock, self.site);
            // Whoever locks next does not come after this.
            self.value.give_back(&attached);
        }
    }
}

impl<T: ?Sized> Deref for MutexGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: ?Sized> DerefMut for MutexGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
