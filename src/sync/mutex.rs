//! `Mutex` and its guard.

#![allow(unsafe_code)]

use std::cell::{Cell, UnsafeCell};
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::{LockResult, TryLockError, TryLockResult};

use jostle_core::op::{OpKind, Site};
use crate::rt::{self, Attached, Handle, Side};
use crate::sanitizer::{self, Edge};
use crate::sync::lock::{self, guarded};

/// A mutual exclusion lock with poisoning; see [`std::sync::Mutex`].
///
/// Which of the waiting tasks gets the lock is a scheduling decision, as with
/// std's, which promises no order.
pub struct Mutex<T: ?Sized> {
    handle: Handle,
    poisoned: Cell<bool>,
    /// There is a guard. Gate A says the same to the runtime, but only within
    /// one execution.
    held: Cell<bool>,
    data: UnsafeCell<T>,
}

// SAFETY: As for std's mutex, `T` moves to whoever holds the lock.
unsafe impl<T: ?Sized + Send> Send for Mutex<T> {}
// SAFETY: `data` is reached only through a guard, and there is one guard at a
// time: `lock` makes one only when gate A is open, and shuts it, before any other
// task can run, and the gate opens for a new execution only if no guard is left
// of an old one. The cells are touched only by code that has attached the handle,
// which is possible on one OS thread at a time; see `Handle`.
unsafe impl<T: ?Sized + Send> Sync for Mutex<T> {}

// A task that panics poisons the mutex, and so nobody sees broken data unawares.
impl<T: ?Sized> UnwindSafe for Mutex<T> {}
impl<T: ?Sized> RefUnwindSafe for Mutex<T> {}

impl<T> Mutex<T> {
    /// An unlocked mutex.
    #[track_caller]
    pub const fn new(value: T) -> Mutex<T> {
        Mutex {
            handle: Handle::new(),
            poisoned: Cell::new(false),
            held: Cell::new(false),
            data: UnsafeCell::new(value),
        }
    }

    /// The value, without a lock, since nobody else can have one.
    ///
    /// # Errors
    ///
    /// If the mutex is poisoned; the error holds the value.
    pub fn into_inner(self) -> LockResult<T> {
        let poisoned = self.poisoned.get();
        guarded(self.data.into_inner(), poisoned)
    }
}

impl<T: ?Sized> Mutex<T> {
    #[inline]
    #[track_caller]
    fn attach(&self) -> Attached {
        let attached = self.handle.attach("Mutex");
        if attached.fresh {
            let _inside = sanitizer::inside();
            lock::assert_free(self.held.get(), "Mutex", &self.handle);
            self.poisoned.set(false);
            rt::set_gate(&attached, Side::Exclusive, true);
        }
        attached
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
        let site = Site::caller();
        let attached = self.attach();
        rt::pass(&attached, Side::Exclusive, OpKind::Lock, site);
        self.guard(&attached, site)
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
        let attached = self.attach();
        rt::set_tried(&attached);
        rt::point(OpKind::TryLock, attached.id, site);
        let free = rt::is_open(&attached, Side::Exclusive);
        rt::note(u32::from(free));
        if !free {
            return Err(TryLockError::WouldBlock);
        }
        self.guard(&attached, site).map_err(TryLockError::Poisoned)
    }

    /// Takes the lock, which is free.
    #[inline]
    fn guard(&self, attached: &Attached, site: Site) -> LockResult<MutexGuard<'_, T>> {
        rt::acquire(attached, Side::Exclusive);
        Edge::object(attached.id.0, 0).acquire();
        self.held.set(true);
        let guard = MutexGuard {
            mutex: self,
            site,
            panicking: rt::panicking(),
            thread: PhantomData,
        };
        guarded(guard, self.poisoned.get())
    }

    /// Waits for the lock again after a `Condvar` gave it up.
    pub(super) fn relock(&self, site: Site) -> LockResult<MutexGuard<'_, T>> {
        let attached = self.attach();
        rt::pass(&attached, Side::Exclusive, OpKind::Lock, site);
        self.guard(&attached, site)
    }

    /// Whether a guard was dropped while its task panicked.
    ///
    /// It is not a scheduling point.
    #[track_caller]
    pub fn is_poisoned(&self) -> bool {
        self.attach();
        let _inside = sanitizer::inside();
        self.poisoned.get()
    }

    /// Forgets the poison.
    #[track_caller]
    pub fn clear_poison(&self) {
        self.attach();
        let _inside = sanitizer::inside();
        self.poisoned.set(false);
    }

    /// The value, without a lock, since nobody else can have one.
    ///
    /// # Errors
    ///
    /// If the mutex is poisoned; the error holds the reference.
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        let poisoned = self.poisoned.get();
        guarded(self.data.get_mut(), poisoned)
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
    mutex: &'a Mutex<T>,
    site: Site,
    /// Whether the task was unwinding when it took the lock: then its unwinding
    /// is no reason to poison.
    panicking: bool,
    /// Not `Send`, as std's guard is not.
    thread: PhantomData<*const ()>,
}

// SAFETY: A shared guard gives `&T` and nothing else.
unsafe impl<T: ?Sized + Sync> Sync for MutexGuard<'_, T> {}

impl<'a, T: ?Sized> MutexGuard<'a, T> {
    /// The mutex and where it was locked, for a `Condvar`, which gives the lock
    /// up in one step with the beginning of the wait.
    pub(super) fn into_mutex(self) -> &'a Mutex<T> {
        let mutex = self.mutex;
        // Unless the guard outlived its execution.
        if let Some(attached) = mutex.handle.attached() {
            mutex.poison(&self);
            mutex.held.set(false);
            Edge::object(attached.id.0, 0).release();
            rt::give_up(&attached, Side::Exclusive);
        }
        std::mem::forget(self);
        mutex
    }
}

impl<T: ?Sized> Mutex<T> {
    /// Poisons the mutex if its guard is dropped because of a panic that began
    /// while it was there. Nobody sees it before the lock is given up.
    #[inline]
    fn poison(&self, guard: &MutexGuard<'_, T>) {
        if lock::poisons(guard.panicking) {
            self.poisoned.set(true);
        }
    }
}

impl<T: ?Sized> Drop for MutexGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        // Unless the guard outlived its execution, on a stack that was given up.
        if let Some(attached) = self.mutex.handle.attached() {
            self.mutex.poison(self);
            Edge::object(attached.id.0, 0).release();
            rt::unlock(&attached, Side::Exclusive, OpKind::Unlock, self.site);
            // Whoever locks next does not come after this.
            let _inside = sanitizer::inside();
            self.mutex.held.set(false);
        }
    }
}

impl<T: ?Sized> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: This guard is the only one; see `Sync for Mutex`.
        unsafe { &*self.mutex.data.get() }
    }
}

impl<T: ?Sized> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: This guard is the only one; see `Sync for Mutex`.
        unsafe { &mut *self.mutex.data.get() }
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
