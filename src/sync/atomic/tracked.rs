//! Wraps a std atomic with scheduling points.

use std::panic::RefUnwindSafe;
use std::sync::atomic::Ordering;

use crate::rt::{self, Handle, TaskCell};
use jostle_core::decision::ChoiceKind;
use jostle_core::op::{OpKind, Site};

/// An atomic of std.
pub(super) trait Real {
    /// Its name in reports.
    const NAME: &'static str;
    /// The type of its value.
    type Value: Copy + PartialEq;

    fn load(&self, order: Ordering) -> Self::Value;
    fn store(&self, value: Self::Value, order: Ordering);

    /// The value as a report shows it.
    fn shown(value: Self::Value) -> Option<u32>;
}

/// An atomic of std whose accesses are scheduling points.
pub(super) struct Tracked<A> {
    handle: Handle,
    pub(super) real: A,
    /// The value to start each execution with.
    initial: A,
    /// Whether `initial` is that value. Otherwise the next execution takes what it
    /// finds: whoever the atomic belongs to alone, or has a pointer to it, may
    /// change it before the first access.
    known: TaskCell<bool>,
}

impl<A> Tracked<A> {
    /// `real` and `initial` have the same value.
    #[track_caller]
    pub(super) const fn new(real: A, initial: A) -> Tracked<A> {
        Tracked {
            handle: Handle::new(),
            real,
            initial,
            known: TaskCell::new(false),
        }
    }
}

impl<A: Real> Tracked<A> {
    /// Joins the execution. Returns the atomic of std.
    #[inline]
    #[track_caller]
    fn attach(&self) -> rt::Attached {
        let attached = self.handle.attach(A::NAME);
        if attached.fresh {
            // Relaxed: it must not order anything that the program does not.
            if std::mem::replace(&mut *self.known.get(&attached), true) {
                let initial = self.initial.load(Ordering::Relaxed);
                self.real.store(initial, Ordering::Relaxed);
            } else {
                let initial = self.real.load(Ordering::Relaxed);
                self.initial.store(initial, Ordering::Relaxed);
            }
        }
        attached
    }

    /// The scheduling point before an access. Returns what is to be accessed.
    #[inline]
    #[track_caller]
    pub(super) fn access(&self, kind: OpKind) -> &A {
        let site = Site::caller();
        let attached = self.attach();
        rt::point(kind, attached.id, site);
        &self.real
    }

    /// Whether a weak compare-exchange that expects `current` and is to follow
    /// the scheduling point fails for no reason.
    pub(super) fn fails_weakly(&self, current: A::Value) -> bool {
        self.real.load(Ordering::Relaxed) == current && rt::choose(ChoiceKind::WeakFailure, 2) == 1
    }

    /// The atomic of std, for somebody to whom it belongs alone.
    #[track_caller]
    pub(super) fn alone(&mut self) -> &mut A {
        if rt::is_inside() {
            self.attach();
        } else {
            *self.known.get_mut() = false;
        }
        &mut self.real
    }

    /// The value, without a scheduling point, for `Debug`.
    pub(super) fn peek(&self) -> A::Value {
        if rt::is_inside() {
            self.attach();
        }
        self.real.load(Ordering::Relaxed)
    }
}

/// Notes the value that an access of the running task saw.
#[inline]
pub(super) fn note<A: Real>(value: A::Value) {
    if let Some(shown) = A::shown(value) {
        rt::note(shown);
    }
}

/// Notes the value that a compare-exchange of the running task saw, and whether it
/// wrote.
#[inline]
pub(super) fn note_exchange<A: Real>(result: Result<A::Value, A::Value>) {
    match result {
        Ok(seen) => note::<A>(seen),
        Err(seen) => {
            note::<A>(seen);
            rt::note_futile();
        }
    }
}

// As std's atomics: every access leaves them whole.
impl<A> RefUnwindSafe for Tracked<A> {}
