//! A reference-counted cell for the tasks of one execution.

#![allow(unsafe_code)]

use std::cell::{Cell, RefCell};
use std::fmt;
use std::marker::PhantomData;
use std::ptr::NonNull;

use crate::rt::block_pool::Block;
use crate::rt::cell::Borrowed;
use crate::rt::current;
use crate::rt::footprint;
use crate::rt::object::Attached;
use crate::sanitizer::{self, Edge};
use jostle_core::id::ObjectId;

/// An `Arc<RefCell<T>>` without atomics: the runtime's own bookkeeping must not order
/// tasks in the eyes of a data-race detector.
///
/// It belongs to the execution that made it. On any other OS thread, and once
/// that execution is over, it cannot be looked into, and dropping it leaks.
pub(crate) struct Shared<T> {
    inner: NonNull<Inner<T>>,
    owns: PhantomData<Inner<T>>,
}

struct Inner<T> {
    epoch: u32,
    /// Its number among the cells of the execution.
    number: u32,
    count: Cell<usize>,
    value: RefCell<T>,
}

// SAFETY: Whatever thread a `Shared` gets to, it touches `inner` only after
// `is_here`, so only on the OS thread that runs the execution it belongs to.
// `T: Send` because the handles that hold it are sent between tasks, whose types
// promise to be usable from any thread.
unsafe impl<T: Send> Send for Shared<T> {}
// SAFETY: As for `Send`; a shared reference gives no more than an owned one.
unsafe impl<T: Send> Sync for Shared<T> {}

impl<T> Shared<T> {
    /// A cell of this thread's execution.
    ///
    /// # Panics
    ///
    /// If this thread runs none.
    pub(crate) fn new(value: T) -> Shared<T> {
        let current = current::get("handle");
        let inner = Inner {
            epoch: current.epoch(),
            number: current.with(|x| x.kernel.new_cell()),
            count: Cell::new(1),
            value: RefCell::new(value),
        };
        let inner = if Block::fits::<Inner<T>>() {
            let block = NonNull::from(Box::leak(current.with(|x| x.blocks.take()))).cast();
            // SAFETY: The block is ours, large enough and aligned for an
            // `Inner<T>`, and nothing is in it.
            unsafe { block.write(inner) };
            block
        } else {
            NonNull::from(Box::leak(Box::new(inner)))
        };
        Shared {
            inner,
            owns: PhantomData,
        }
    }

    /// The value, for as long as the caller reaches no scheduling point.
    ///
    /// # Panics
    ///
    /// If this thread does not run the execution that the cell belongs to.
    #[inline]
    pub(crate) fn get(&self) -> Borrowed<'_, T> {
        self.assert_here();
        // SAFETY: `number` never changes after `new`, and the allocation is not
        // freed while this handle counts.
        footprint::cell(unsafe { (*self.inner.as_ptr()).number });
        // SAFETY: The allocation lives until the count is zero, and this handle
        // counts. `is_here`: no other thread touches it.
        Borrowed::new(&unsafe { self.inner.as_ref() }.value)
    }

    /// As [`get`](Shared::get), for destructors: `None` where that panics.
    pub(crate) fn try_get(&self) -> Option<Borrowed<'_, T>> {
        self.is_here().then(|| self.get())
    }

    /// The object `id`, which joined the execution that the cell belongs to.
    ///
    /// # Panics
    ///
    /// As [`get`](Shared::get).
    #[inline]
    pub(crate) fn attached(&self, id: ObjectId) -> Attached {
        self.assert_here();
        Attached::to(id)
    }

    #[inline]
    fn assert_here(&self) {
        assert!(
            self.is_here(),
            "a handle of one execution was used in another one or on another OS thread; \
             keep it inside the scenario"
        );
    }

    /// Whether this thread runs the execution that the cell belongs to.
    #[inline]
    pub(crate) fn is_here(&self) -> bool {
        // SAFETY: `epoch` never changes after `new`, so that reading it on any
        // thread is no race. The allocation is not freed while this handle
        // counts.
        let epoch = unsafe { (*self.inner.as_ptr()).epoch };
        current::try_get().is_some_and(|c| c.epoch() == epoch)
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Shared<T> {
        assert!(
            self.is_here(),
            "a handle of one execution was cloned in another one or on another OS thread"
        );
        // SAFETY: As in `get`.
        let count = unsafe { &self.inner.as_ref().count };
        let _inside = sanitizer::inside();
        count.set(count.get() + 1);
        Shared {
            inner: self.inner,
            owns: PhantomData,
        }
    }
}

impl<T> Drop for Shared<T> {
    fn drop(&mut self) {
        if !self.is_here() {
            return;
        }
        // SAFETY: As in `get`; the reference ends before the memory is freed.
        let count = unsafe { &self.inner.as_ref().count };
        let left = {
            let _inside = sanitizer::inside();
            count.set(count.get() - 1);
            count.get()
        };
        // As an `Arc` orders its owners.
        let edge = Edge::at(self.inner.as_ptr());
        edge.release();
        if left > 0 {
            return;
        }
        edge.acquire();
        if Block::fits::<Inner<T>>() {
            // Should the value's destructor panic, the block leaks.
            // SAFETY: This was the last handle, so nothing else points here.
            unsafe { self.inner.drop_in_place() };
            // SAFETY: `new` took the memory from a box of this type, and
            // nothing is in it any more.
            let block = unsafe { Box::from_raw(self.inner.cast::<Block>().as_ptr()) };
            if let Some(current) = current::try_get() {
                current.with(|x| x.blocks.give_back(block));
            }
        } else {
            // SAFETY: This was the last handle, so nothing else points here,
            // and `new` made the box.
            drop(unsafe { Box::from_raw(self.inner.as_ptr()) });
        }
    }
}

impl<T> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shared")
    }
}
