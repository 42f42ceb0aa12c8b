//! The guards of `RwLock`.

#![allow(unsafe_code)]

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

use jostle_core::op::{OpKind, Site};
use crate::rt;
use crate::sanitizer;
use crate::sync::lock;
use crate::sync::rwlock::{Core, RwLock, read_unlocks, unlocks};

/// The right to read what a [`RwLock`] guards; see
/// [`std::sync::RwLockReadGuard`].
#[must_use = "if unused the RwLock will immediately unlock"]
pub struct RwLockReadGuard<'a, T: ?Sized> {
    core: &'a Core,
    /// A pointer and not a reference to the lock, as in std: a guard of a `T` is
    /// one of anything that lives shorter. It also keeps the guard from being
    /// `Send`.
    data: NonNull<T>,
    site: Site,
}

// SAFETY: A shared guard gives `&T` and nothing else.
unsafe impl<T: ?Sized + Sync> Sync for RwLockReadGuard<'_, T> {}

impl<'a, T: ?Sized> RwLockReadGuard<'a, T> {
    /// The lock counts the running task among its readers.
    pub(super) fn new(lock: &'a RwLock<T>, site: Site) -> RwLockReadGuard<'a, T> {
        RwLockReadGuard {
            core: &lock.core,
            // SAFETY: A pointer taken from a reference is not null.
            data: unsafe { NonNull::new_unchecked(lock.data.get()) },
            site,
        }
    }
}

impl<T: ?Sized> Drop for RwLockReadGuard<'_, T> {
    fn drop(&mut self) {
        let Some(attached) = self.core.handle.attached() else {
            // The guard outlived its execution; see `lock::assert_free`.
            return;
        };
        rt::release(&attached, OpKind::Unlock, self.site);
        let me = rt::current_task();
        let mut state = self.core.state.get(&attached);
        if let Some(at) = state.readers.iter().position(|&r| r == me) {
            state.readers.swap_remove(at);
        }
        read_unlocks(&attached).release();
        sanitizer::let_go(attached.id.0);
        self.core.set_gates(&attached, &state);
    }
}

impl<T: ?Sized> Deref for RwLockReadGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: The lock is borrowed for `'a`, so that its data is there. While
        // this guard exists there is no write guard; see `Sync for RwLock`.
        unsafe { self.data.as_ref() }
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLockReadGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for RwLockReadGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// The right to change what a [`RwLock`] guards; see
/// [`std::sync::RwLockWriteGuard`].
#[must_use = "if unused the RwLock will immediately unlock"]
pub struct RwLockWriteGuard<'a, T: ?Sized> {
    lock: &'a RwLock<T>,
    site: Site,
    /// Whether the task was unwinding when it took the lock: then its unwinding
    /// is no reason to poison.
    panicking: bool,
    /// Not `Send`, as std's guard is not.
    thread: PhantomData<*const ()>,
}

// SAFETY: A shared guard gives `&T` and nothing else.
unsafe impl<T: ?Sized + Sync> Sync for RwLockWriteGuard<'_, T> {}

impl<'a, T: ?Sized> RwLockWriteGuard<'a, T> {
    /// The lock is held for writing by the running task.
    pub(super) fn new(lock: &'a RwLock<T>, site: Site) -> RwLockWriteGuard<'a, T> {
        RwLockWriteGuard {
            lock,
            site,
            panicking: rt::panicking(),
            thread: PhantomData,
        }
    }

    /// Lets other readers in and goes on reading; no writer comes in between.
    /// See [`std::sync::RwLockWriteGuard::downgrade`].
    pub fn downgrade(s: Self) -> RwLockReadGuard<'a, T> {
        let guard = RwLockReadGuard::new(s.lock, s.site);
        if let Some(attached) = s.lock.core.handle.attached() {
            rt::release(&attached, OpKind::Unlock, s.site);
            let mut state = s.lock.core.state.get(&attached);
            state.writing = false;
            unlocks(&attached).release();
            state.readers.push(rt::current_task());
            s.lock.core.set_gates(&attached, &state);
        }
        std::mem::forget(s);
        guard
    }
}

impl<T: ?Sized> Drop for RwLockWriteGuard<'_, T> {
    fn drop(&mut self) {
        let Some(attached) = self.lock.core.handle.attached() else {
            // The guard outlived its execution; see `lock::assert_free`.
            return;
        };
        rt::release(&attached, OpKind::Unlock, self.site);
        let mut state = self.lock.core.state.get(&attached);
        state.poisoned |= lock::poisons(self.panicking);
        state.writing = false;
        unlocks(&attached).release();
        sanitizer::let_go(attached.id.0);
        self.lock.core.set_gates(&attached, &state);
    }
}

impl<T: ?Sized> Deref for RwLockWriteGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: This guard is the only one; see `Sync for RwLock`.
        unsafe { &*self.lock.data.get() }
    }
}

impl<T: ?Sized> DerefMut for RwLockWriteGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: This guard is the only one; see `Sync for RwLock`.
        unsafe { &mut *self.lock.data.get() }
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLockWriteGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for RwLockWriteGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
