//! The crate's one argument that only one task runs at a time.

use std::cell::{RefCell, RefMut};
use std::fmt;
use std::ops::{Deref, DerefMut};

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
#[allow(unsafe_code)]
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

    pub(crate) fn into_inner(self) -> T {
        self.0.into_inner()
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
