//! `thread_local!` with one value for each task.

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
        if let Some(value) = self.find()? {
            return Ok(f(&value));
        }
        rt::add_local(self.key(), None);
        let value = Rc::new((self.init)());
        self.fill(Rc::clone(&value));
        Ok(f(&value))
    }

    /// Gives the calling task this value if it has none. Otherwise hands it back,
    /// with the value that the task has.
    fn insert(&'static self, value: T) -> Result<(), (T, Rc<T>)> {
        match self.find() {
            Ok(Some(present)) => Err((value, present)),
            Ok(None) => {
                rt::add_local(self.key(), None);
                self.fill(Rc::new(value));
                Ok(())
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// Tells keys apart; it is never shown or ordered.
    fn key(&'static self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    /// The calling task's value, if it has been made.
    fn find(&'static self) -> Result<Option<Rc<T>>, AccessError> {
        rt::with_local(self.key(), |slot| match slot {
            None => Ok(None),
            Some(None) => Err(AccessError(())),
            Some(Some(value)) => match value.downcast_ref::<Rc<T>>() {
                Some(value) => Ok(Some(Rc::clone(value))),
                None => Err(AccessError(())),
            },
        })
    }

    /// Puts the value where `add_local` has made room.
    fn fill(&'static self, value: Rc<T>) {
        rt::with_local(self.key(), |slot| {
            if let Some(slot) = slot {
                *slot = Some(Box::new(value));
            }
        });
    }
}

impl<T: 'static> LocalKey<Cell<T>> {
    /// Sets the calling task's value, without making it first; see
    /// [`std::thread::LocalKey::set`].
    pub fn set(&'static self, value: T) {
        if let Err((value, cell)) = self.insert(Cell::new(value)) {
            cell.set(value.into_inner());
        }
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

    /// Sets the calling task's value, without making it first.
    pub fn set(&'static self, value: T) {
        if let Err((value, cell)) = self.insert(RefCell::new(value)) {
            *cell.borrow_mut() = value.into_inner();
        }
    }

    /// Takes the calling task's value and leaves the default.
    pub fn take(&'static self) -> T
    where
        T: Default,
    {
        self.with(RefCell::take)
    }

    /// Replaces the calling task's value.
    pub fn replace(&'static self, value: T) -> T {
        self.with(|cell| cell.replace(value))
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
