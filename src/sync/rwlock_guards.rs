//! The guards of `RwLock`.

use std::fmt;
use std::ops::{Deref, DerefMut};

use crate::rt::{self, Exclusive, Sharing};
use crate::sanitizer;
use crate::sync::lock;
use crate::sync::rwlock::{Core, read_unlocks, unlocks};
use jostle_core::op::{OpKind, Site};

/// The right to read what a [`RwLock`](crate::sync::RwLock) guards; see
/// [`std::sync::RwLockReadGuard`].
#[must_use = "if unused the RwLock will immediately unlock"]
pub struct RwLockReadGuard<'a, T: ?Sized> {
    core: &'a Core,
    value: Sharing<'a, T>,
    site: Site,
}

impl<'a, T: ?Sized> RwLockReadGuard<'a, T> {
    /// The lock counts the running task among its readers.
    pub(super) fn new(core: &'a Core, value: Sharing<'a, T>, site: Site) -> RwLockReadGuard<'a, T> {
        RwLockReadGuard { core, value, site }
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
        self.value.give_back(&attached);
        self.core.set_gates(&attached, &state);
    }
}

impl<T: ?Sized> Deref for RwLockReadGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
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

/// The right to change what a [`RwLock`](crate::sync::RwLock) guards; see
/// [`std::sync::RwLockWriteGuard`].
#[must_use = "if unused the RwLock will immediately unlock"]
pub struct RwLockWriteGuard<'a, T: ?Sized> {
    core: &'a Core,
    value: Exclusive<'a, (), T>,
    site: Site,
    /// Whether the task was unwinding when it took the lock: then its unwinding
    /// is no reason to poison.
    panicking: bool,
}

impl<'a, T: ?Sized> RwLockWriteGuard<'a, T> {
    /// The lock is held for writing by the running task.
    pub(super) fn new(
        core: &'a Core,
        value: Exclusive<'a, (), T>,
        site: Site,
    ) -> RwLockWriteGuard<'a, T> {
        RwLockWriteGuard {
            core,
            value,
            site,
            panicking: rt::panicking(),
        }
    }

    /// Lets other readers in and goes on reading; no writer comes in between.
    /// See [`std::sync::RwLockWriteGuard::downgrade`].
    pub fn downgrade(mut s: Self) -> RwLockReadGuard<'a, T> {
        let (core, site) = (s.core, s.site);
        let attached = core.handle.attached();
        if let Some(attached) = &attached {
            rt::release(attached, OpKind::Unlock, site);
            let mut state = core.state.get(attached);
            state.writing = false;
            unlocks(attached).release();
            state.readers.push(rt::current_task());
            core.set_gates(attached, &state);
        }
        let value = s.value.downgrade(attached.as_ref());
        std::mem::forget(s);
        RwLockReadGuard::new(core, value, site)
    }
}

impl<T: ?Sized> Drop for RwLockWriteGuard<'_, T> {
    fn drop(&mut self) {
        let Some(attached) = self.core.handle.attached() else {
            // The guard outlived its execution; see `lock::assert_free`.
            return;
        };
        rt::release(&attached, OpKind::Unlock, self.site);
        if lock::poisons(self.panicking) {
            self.value.cell().poison(&attached);
        }
        let mut state = self.core.state.get(&attached);
        state.writing = false;
        unlocks(&attached).release();
        sanitizer::let_go(attached.id.0);
        self.value.give_back(&attached);
        self.core.set_gates(&attached, &state);
    }
}

impl<T: ?Sized> Deref for RwLockWriteGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: ?Sized> DerefMut for RwLockWriteGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
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
