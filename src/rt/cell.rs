//! Cells for state that is shared without a lock.
//!
//! - [`TaskCell`] and [`LockCell`] hold the state of primitives and the values that locks
//!   guard. Both rest on the crate's one argument that only one task runs at a time.
//! - [`StaticCell`] holds a reference that other OS threads and signal handlers read.

#![allow(unsafe_code)]

use std::cell::{Cell, RefCell, RefMut, UnsafeCell};
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicPtr, Ordering};

use crate::rt::footprint;
use crate::rt::object::Attached;
use crate::sanitizer::{self, Inside};

/// State of a primitive that several tasks share.
///
/// All tasks of an execution run on one operating-system thread, one at a
/// time, and change over only inside the runtime. So an ordinary cell would do,
/// were it not that user code moves primitives between tasks and therefore needs
/// them to be `Sync`. Access takes an [`Attached`] token, which proves that this
/// thread runs the only execution that the primitive takes part in.
///
/// The cell is checked like a `RefCell`: user code that the primitive calls
/// while it holds the borrow (a `Drop`, a `Clone`) and that comes back to the
/// same primitive panics instead of aliasing.
pub(crate) struct TaskCell<T>(RefCell<T>);

// SAFETY: `get` is the only way to the inside through a shared reference, and
// its token can exist on one OS thread at a time: `Handle::attach` gives it out
// only on the thread whose current execution owns the primitive, and ownership
// passes from one execution to the next with a release-acquire edge. `T: Send`
// because that passing on may cross threads.
unsafe impl<T: Send> Sync for TaskCell<T> {}

impl<T> TaskCell<T> {
    pub(crate) const fn new(value: T) -> TaskCell<T> {
        TaskCell(RefCell::new(value))
    }

    /// The state, for as long as the caller reaches no scheduling point.
    #[inline]
    pub(crate) fn get(&self, attached: &Attached) -> Borrowed<'_, T> {
        footprint::state_of(attached);
        Borrowed::new(&self.0)
    }

    /// The state of a primitive that nobody else can reach any more.
    pub(crate) fn get_mut(&mut self) -> &mut T {
        self.0.get_mut()
    }
}

impl<T> fmt::Debug for TaskCell<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TaskCell")
    }
}

/// A value of the runtime while it is being worked on. User code must not run
/// before it is dropped: it would be invisible to a data-race detector.
pub(crate) struct Borrowed<'a, T> {
    // Dropped first: that changes the cell.
    value: RefMut<'a, T>,
    _inside: Inside,
}

impl<'a, T> Borrowed<'a, T> {
    #[inline]
    pub(crate) fn new(cell: &'a RefCell<T>) -> Borrowed<'a, T> {
        let inside = sanitizer::inside();
        Borrowed {
            value: cell.borrow_mut(),
            _inside: inside,
        }
    }
}

impl<T> Deref for Borrowed<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Borrowed<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

/// The value that a lock guards, and whether it is poisoned.
///
/// It is reached through an [`Exclusive`] or a [`Sharing`] only, which are given out
/// as a `RefCell` gives out borrows, and are given back with an [`Attached`] token: one
/// that outlives its execution counts for ever, and the primitive refuses to join
/// another one.
pub(crate) struct LockCell<H, T: ?Sized> {
    /// The lock's own state, for its guards.
    pub(crate) beside: H,
    /// How many share the value; [`ALONE`] if somebody has it for himself.
    holders: Cell<u32>,
    poisoned: Cell<bool>,
    value: UnsafeCell<T>,
}

const ALONE: u32 = u32::MAX;

// SAFETY: The cells are touched only by methods with `&mut self` or with a token, which
// can exist on one OS thread at a time; see `TaskCell`. The value is reached only
// through an `Exclusive`, beside which there is no other one and no `Sharing`. None of
// them is `Send`, so that the value gets to another thread only when all were given back
// there, which the next token comes after. `T: Send` because that hands it on.
unsafe impl<H: Sync, T: ?Sized + Send> Sync for LockCell<H, T> {}

// A holder that panics poisons the value, and so nobody sees it broken unawares.
impl<H, T: ?Sized> UnwindSafe for LockCell<H, T> {}
impl<H, T: ?Sized> RefUnwindSafe for LockCell<H, T> {}

impl<H, T> LockCell<H, T> {
    pub(crate) const fn new(beside: H, value: T) -> LockCell<H, T> {
        LockCell {
            beside,
            holders: Cell::new(0),
            poisoned: Cell::new(false),
            value: UnsafeCell::new(value),
        }
    }

    /// The value, and whether it is poisoned.
    pub(crate) fn into_inner(self) -> (T, bool) {
        (self.value.into_inner(), self.poisoned.get())
    }
}

impl<H, T: ?Sized> LockCell<H, T> {
    /// The value, and whether it is poisoned. An [`Exclusive`] that still exists was
    /// forgotten, and what it lent has ended.
    pub(crate) fn get_mut(&mut self) -> (&mut T, bool) {
        (self.value.get_mut(), self.poisoned.get())
    }

    /// Whether somebody has the value.
    pub(crate) fn is_held(&self, _: &Attached) -> bool {
        let _inside = sanitizer::inside();
        self.holders.get() != 0
    }

    pub(crate) fn is_poisoned(&self, attached: &Attached) -> bool {
        footprint::state_of(attached);
        let _inside = sanitizer::inside();
        self.poisoned.get()
    }

    pub(crate) fn set_poisoned(&self, attached: &Attached, poisoned: bool) {
        footprint::state_of(attached);
        let _inside = sanitizer::inside();
        self.poisoned.set(poisoned);
    }

    /// Has the next holder see that the value may be broken.
    #[cold]
    #[inline(never)]
    pub(crate) fn poison(&self, attached: &Attached) {
        self.set_poisoned(attached, true);
    }

    /// The value for oneself, and whether it is poisoned. The lock says that nobody has
    /// the value.
    #[inline]
    pub(crate) fn lock(&self, _: &Attached) -> (Exclusive<'_, H, T>, bool) {
        let _inside = sanitizer::inside();
        if self.holders.get() != 0 {
            already_held();
        }
        self.holders.set(ALONE);
        let exclusive = Exclusive {
            cell: Some(self),
            thread: PhantomData,
        };
        (exclusive, self.poisoned.get())
    }
}

#[cold]
fn already_held() -> ! {
    panic!("this is a bug in jostle: a lock is free and somebody has what it guards")
}

/// The value of a lock that several may read at the same time.
pub(crate) struct ShareCell<T: ?Sized> {
    /// `Sync` takes a `T` that is.
    readers: PhantomData<T>,
    cell: LockCell<(), T>,
}

impl<T> ShareCell<T> {
    pub(crate) const fn new(value: T) -> ShareCell<T> {
        ShareCell {
            readers: PhantomData,
            cell: LockCell::new((), value),
        }
    }

    pub(crate) fn into_inner(self) -> (T, bool) {
        self.cell.into_inner()
    }
}

impl<T: ?Sized> ShareCell<T> {
    /// The value, to be read by others as well. The lock says that nobody has it for
    /// himself.
    pub(crate) fn share(&self, _: &Attached) -> Sharing<'_, T> {
        let _inside = sanitizer::inside();
        let holders = self.holders.get();
        if holders >= ALONE - 1 {
            already_held();
        }
        self.holders.set(holders + 1);
        Sharing::new(&self.cell)
    }

    pub(crate) fn get_mut(&mut self) -> (&mut T, bool) {
        self.cell.get_mut()
    }
}

impl<T: ?Sized> Deref for ShareCell<T> {
    type Target = LockCell<(), T>;

    #[inline]
    fn deref(&self) -> &LockCell<(), T> {
        &self.cell
    }
}

/// The value of a [`LockCell`] for oneself.
pub(crate) struct Exclusive<'a, H, T: ?Sized> {
    /// `None` once it has been given back.
    cell: Option<&'a LockCell<H, T>>,
    /// Not `Send`, as std's guards are not.
    thread: PhantomData<*const ()>,
}

// SAFETY: A shared reference gives `&T`, and the cell that belongs to it.
unsafe impl<H: Sync, T: ?Sized + Sync> Sync for Exclusive<'_, H, T> {}

impl<'a, H, T: ?Sized> Exclusive<'a, H, T> {
    /// Gives the value back.
    #[inline]
    pub(crate) fn give_back(&mut self, _: &Attached) {
        let _inside = sanitizer::inside();
        if let Some(cell) = self.cell.take() {
            cell.holders.set(0);
        }
    }

    /// Lets others read as well. Without a token the execution is over: then the value
    /// stays this one's own for all others.
    pub(crate) fn downgrade(&mut self, attached: Option<&Attached>) -> Sharing<'a, T> {
        let cell = self.cell();
        self.cell = None;
        if attached.is_some() {
            let _inside = sanitizer::inside();
            cell.holders.set(1);
        }
        Sharing::new(cell)
    }

    /// Where the value lies, unless it has been given back.
    #[inline]
    pub(crate) fn cell_if_held(&self) -> Option<&'a LockCell<H, T>> {
        self.cell
    }

    /// Where the value lies.
    #[inline]
    pub(crate) fn cell(&self) -> &'a LockCell<H, T> {
        match self.cell {
            Some(cell) => cell,
            None => given_back(),
        }
    }
}

#[cold]
fn given_back() -> ! {
    panic!("this is a bug in jostle: what a lock guards was used after it was given back")
}

impl<H, T: ?Sized> Deref for Exclusive<'_, H, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: This one is alone, see `Sync for LockCell`, and has not been given
        // back.
        unsafe { &*self.cell().value.get() }
    }
}

impl<H, T: ?Sized> DerefMut for Exclusive<'_, H, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: As in `deref`.
        unsafe { &mut *self.cell().value.get() }
    }
}

/// The value of a [`ShareCell`], to be read.
pub(crate) struct Sharing<'a, T: ?Sized> {
    /// A pointer and not a reference to the cell, as in std: a guard of a `T` is one of
    /// anything that lives shorter.
    value: NonNull<T>,
    /// `None` once it has been given back. It also keeps this from being `Send`.
    holders: Option<&'a Cell<u32>>,
}

// SAFETY: A shared reference gives `&T` and nothing else.
unsafe impl<T: ?Sized + Sync> Sync for Sharing<'_, T> {}

// Of a reader that panics others see the value as it was, unless the value itself can
// change.
impl<T: ?Sized + RefUnwindSafe> UnwindSafe for Sharing<'_, T> {}
impl<T: ?Sized + RefUnwindSafe> RefUnwindSafe for Sharing<'_, T> {}

impl<'a, T: ?Sized> Sharing<'a, T> {
    /// One that has been counted.
    fn new<H>(cell: &'a LockCell<H, T>) -> Sharing<'a, T> {
        Sharing {
            // SAFETY: The pointer that a cell gives to what is in it is not null.
            value: unsafe { NonNull::new_unchecked(cell.value.get()) },
            holders: Some(&cell.holders),
        }
    }

    /// Gives the value back.
    pub(crate) fn give_back(&mut self, _: &Attached) {
        let _inside = sanitizer::inside();
        if let Some(holders) = self.holders.take() {
            holders.set(holders.get() - 1);
        }
    }
}

impl<T: ?Sized> Deref for Sharing<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        if self.holders.is_none() {
            given_back();
        }
        // SAFETY: The cell is borrowed for `'a`, so that the value is there. As long as
        // this one counts there is no `Exclusive`.
        unsafe { self.value.as_ref() }
    }
}

/// A `Cell<Option<&'static T>>` for several OS threads and signal handlers.
pub(crate) struct StaticCell<T: 'static>(AtomicPtr<T>);

impl<T: Sync> StaticCell<T> {
    pub(crate) const fn new() -> StaticCell<T> {
        StaticCell(AtomicPtr::new(ptr::null_mut()))
    }

    #[inline]
    pub(crate) fn set(&self, value: Option<&'static T>) {
        let pointer = value.map_or(ptr::null(), ptr::from_ref);
        // Release, so that whoever sees the reference sees what it refers to.
        self.0.store(pointer.cast_mut(), Ordering::Release);
    }

    pub(crate) fn get(&self) -> Option<&'static T> {
        // SAFETY: The pointer is null or was made from a `&'static T` in `set`,
        // and nobody writes through it. `T: Sync`, so that any thread may have
        // the reference.
        unsafe { self.0.load(Ordering::Acquire).as_ref() }
    }
}

impl<T: Sync> fmt::Debug for StaticCell<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StaticCell")
    }
}
