//! `thread_local!` per task.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;

use crate::rt;

/// Declares keys of task-local values; see [`std::thread_local!`].
#[doc(hidden)]
#[macro_export]
macro_rules! __thread_local {
    () => {};
    ($(#[$attr:meta])* $vis:vis static $name:ident : $t:ty = const $init:block $(; $($rest:tt)*)?) => {
        $(#[$attr])* $vis static $name: $crate::thread::LocalKey<$t> = $crate::thread::LocalKey::new(|| $init);
        $($crate::__thread_local!($($rest)*);)?
    };
    ($(#[$attr:meta])* $vis:vis static $name:ident : $t:ty = $init:expr $(; $($rest:tt)*)?) => {
        $(#[$attr])* $vis static $name: $crate::thread::LocalKey<$t> = $crate::thread::LocalKey::new(|| $init);
        $($crate::__thread_local!($($rest)*);)?
    };
}

/// A key of values of which each task has its own; see
/// [`std::thread::LocalKey`].
pub struct LocalKey<T: 'static> {
    init: fn() -> T,
}

impl<T: 'static> LocalKey<T> {
    #[doc(hidden)]
    pub const fn new(init: fn() -> T) -> LocalKey<T> {
        LocalKey { init }
    }

    /// Gives the calling task's value to `f`, making it first if need be.
    ///
    /// # Panics
    ///
    /// Outside a scenario, or while the value is being made or destroyed.
    pub fn with<F, R>(&'static self, f: F) -> R
    where
        F: FnOnce(&T) -> R,
    {
        match self.try_with(f) {
            Ok(value) => value,
            Err(error) => panic!("{error}"),
        }
    }

    /// As [`with`](LocalKey::with).
    ///
    /// # Errors
    ///
    /// If the value is being made or destroyed.
    ///
    /// # Panics
    ///
    /// Outside a scenario.
    pub fn try_with<F, R>(&'static self, f: F) -> Result<R, AccessError>
    where
        F: FnOnce(&T) -> R,
    {
        // The key's address only tells keys apart; it is never shown or ordered.
        let key = std::ptr::from_ref(self).addr();
        let find = || {
            rt::with_local(key, |slot| match slot {
                None => Ok(None),
                Some(None) => Err(AccessError(())),
                Some(Some(value)) => match value.downcast_ref::<Rc<T>>() {
                    Some(value) => Ok(Some(Rc::clone(value))),
                    None => Err(AccessError(())),
                },
            })
        };
        if let Some(value) = find()? {
            return Ok(f(&value));
        }
        rt::add_local(key, None);
        let value = Rc::new((self.init)());
        let mine = Rc::clone(&value);
        rt::with_local(key, |slot| {
            if let Some(slot) = slot {
                *slot = Some(Box::new(mine));
            }
        });
        Ok(f(&value))
    }
}

impl<T: 'static> LocalKey<Cell<T>> {
    /// Sets the calling task's value; see [`std::thread::LocalKey::set`].
    pub fn set(&'static self, value: T) {
        self.with(|cell| cell.set(value));
    }

    /// The calling task's value.
    pub fn get(&'static self) -> T
    where
        T: Copy,
    {
        self.with(Cell::get)
    }

    /// Takes the calling task's value and leaves the default.
    pub fn take(&'static self) -> T
    where
        T: Default,
    {
        self.with(Cell::take)
    }

    /// Replaces the calling task's value.
    pub fn replace(&'static self, value: T) -> T {
        self.with(|cell| cell.replace(value))
    }
}

impl<T: 'static> LocalKey<RefCell<T>> {
    /// Borrows the calling task's value.
    pub fn with_borrow<F, R>(&'static self, f: F) -> R
    where
        F: FnOnce(&T) -> R,
    {
        self.with(|cell| f(&cell.borrow()))
    }

    /// Borrows the calling task's value mutably.
    pub fn with_borrow_mut<F, R>(&'static self, f: F) -> R
    where
        F: FnOnce(&mut T) -> R,
    {
        self.with(|cell| f(&mut cell.borrow_mut()))
    }
}

impl<T: 'static> fmt::Debug for LocalKey<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LocalKey")
    }
}

/// A task-local value is being made or destroyed; see
/// [`std::thread::AccessError`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AccessError(());

impl fmt::Display for AccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("already destroyed or being initialized")
    }
}

impl std::error::Error for AccessError {}
