//! The memory of the value of a `OnceLock` or a `LazyLock`.

#![allow(unsafe_code)]

use std::marker::PhantomData;
use std::ptr::NonNull;

use crate::rt::{Attached, TaskCell};

/// A place for one value, which is filled through a shared reference.
///
/// In a `static` it starts over in each execution. But safe code may keep
/// references to the value of an execution for as long as the place exists, so
/// that value can be neither overwritten nor dropped before. It lies on the heap
/// and is kept until the place itself is dropped; in a `static`, for ever.
pub(super) struct Slot<T> {
    values: TaskCell<Values<T>>,
    owns: PhantomData<T>,
}

struct Values<T> {
    current: Option<NonNull<T>>,
    /// `current` was put there by somebody to whom the place belonged alone, and
    /// not within an execution: every execution starts with it.
    initial: bool,
    /// The values of earlier executions.
    retired: Vec<NonNull<T>>,
}

// SAFETY: The pointers are boxes that the slot owns; so sending it sends `T`s.
unsafe impl<T: Send> Send for Values<T> {}

impl<T> Slot<T> {
    pub(super) const fn new() -> Slot<T> {
        Slot {
            values: TaskCell::new(Values {
                current: None,
                initial: false,
                retired: Vec::new(),
            }),
            owns: PhantomData,
        }
    }

    /// Forgets the value of another execution. Returns whether there is one to
    /// start with.
    pub(super) fn start_over(&self, attached: &Attached) -> bool {
        let mut values = self.values.get(attached);
        if !values.initial {
            let old = values.current.take();
            values.retired.extend(old);
        }
        values.current.is_some()
    }

    pub(super) fn get(&self, attached: &Attached) -> Option<&T> {
        let current = self.values.get(attached).current;
        // SAFETY: The box is freed by methods with `&mut self` only, which end
        // the borrow that the reference has. Nobody makes a `&mut` of it by any
        // other method.
        current.map(|value| unsafe { value.as_ref() })
    }

    /// Puts the value there. If there is one, it is kept like that of an
    /// earlier execution.
    pub(super) fn fill(&self, attached: &Attached, value: T) {
        let mut values = self.values.get(attached);
        let old = values.current.replace(boxed(value));
        values.retired.extend(old);
    }

    /// As [`fill`](Slot::fill); with `initial`, for every execution to start
    /// with.
    pub(super) fn fill_mut(&mut self, value: T, initial: bool) {
        let values = self.values.get_mut();
        let old = values.current.replace(boxed(value));
        values.retired.extend(old);
        values.initial = initial;
    }

    pub(super) fn get_mut(&mut self) -> Option<&mut T> {
        let current = self.values.get_mut().current;
        // SAFETY: `&mut self` is borrowed as long as the reference lives, so no
        // other one can be made, and earlier ones have ended.
        current.map(|mut value| unsafe { value.as_mut() })
    }

    pub(super) fn take(&mut self) -> Option<T> {
        let values = self.values.get_mut();
        values.initial = false;
        // SAFETY: The pointer came from a box and is forgotten with this. By
        // `&mut self` no reference to the value is left.
        let value = values
            .current
            .take()
            .map(|v| unsafe { Box::from_raw(v.as_ptr()) });
        value.map(|value| *value)
    }
}

fn boxed<T>(value: T) -> NonNull<T> {
    NonNull::from(Box::leak(Box::new(value)))
}

impl<T> Drop for Slot<T> {
    fn drop(&mut self) {
        let values = self.values.get_mut();
        let all = values.retired.drain(..).chain(values.current.take());
        // SAFETY: As in `take`. All are boxed again before the first is dropped,
        // so that a destructor that panics keeps none of the others.
        let all: Vec<Box<T>> = all.map(|v| unsafe { Box::from_raw(v.as_ptr()) }).collect();
        drop(all);
    }
}

/// Takes the function, or copies it if it is a function pointer: a `static` needs it again
/// in the next execution.
pub(super) fn take_or_copy<T, F>(f: &mut Option<F>) -> Option<F> {
    // Apart from lifetimes, which make no difference to what follows.
    if typeid::of::<F>() == typeid::of::<fn() -> T>() {
        // SAFETY: `F` is the type of a function pointer, and all those are
        // `Copy`, whatever lifetimes are in them.
        f.as_ref().map(|f| unsafe { std::ptr::read(f) })
    } else {
        f.take()
    }
}
