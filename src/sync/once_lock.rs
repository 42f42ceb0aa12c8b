//! `OnceLock`.

use jostle_core::op::Site;
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};

use crate::rt::{self, Attached};
use crate::sync::once::{Once, Progress};
use crate::sync::slot::Slot;

/// A place that is written once; see [`std::sync::OnceLock`].
///
/// - Looking into it is a scheduling point only as long as it is empty.
/// - A `static` one is empty at the start of each execution. References to the
///   values of earlier executions stay valid: those values are kept, which takes
///   memory in a long campaign.
/// - Initializing it from within its own initialization deadlocks.
pub struct OnceLock<T> {
    once: Once,
    slot: Slot<T>,
}

impl<T: RefUnwindSafe + UnwindSafe> RefUnwindSafe for OnceLock<T> {}
impl<T: UnwindSafe> UnwindSafe for OnceLock<T> {}

impl<T> OnceLock<T> {
    /// An empty place.
    #[must_use]
    #[track_caller]
    pub const fn new() -> OnceLock<T> {
        OnceLock {
            once: Once::new(),
            slot: Slot::new(),
        }
    }

    #[inline]
    #[track_caller]
    fn attach(&self) -> Attached {
        let attached = self.once.attach("OnceLock");
        if attached.fresh && self.slot.start_over(&attached) {
            self.once.set(&attached, Progress::Complete);
        }
        attached
    }

    /// Drops the value of another execution from sight, before somebody to whom
    /// the place belongs alone looks into it.
    #[track_caller]
    fn freshen(&mut self) {
        if rt::is_inside() {
            self.attach();
        }
    }

    /// The value, if there is one.
    ///
    /// # Panics
    ///
    /// Outside a scenario.
    #[inline]
    #[track_caller]
    pub fn get(&self) -> Option<&T> {
        let site = Site::caller();
        let attached = self.attach();
        if self.once.look(&attached, site) {
            self.slot.get(&attached)
        } else {
            None
        }
    }

    /// The value, if there is one, to be changed. Not a scheduling point.
    #[track_caller]
    pub fn get_mut(&mut self) -> Option<&mut T> {
        self.freshen();
        self.slot.get_mut()
    }

    /// Waits until there is a value; see [`std::sync::OnceLock::wait`].
    ///
    /// # Panics
    ///
    /// Outside a scenario.
    #[track_caller]
    pub fn wait(&self) -> &T {
        let site = Site::caller();
        let attached = self.attach();
        self.once.wait_until_complete(&attached, site);
        self.filled(&attached)
    }

    /// The value, which is there.
    fn filled(&self, attached: &Attached) -> &T {
        match self.slot.get(attached) {
            Some(value) => value,
            None => unreachable!("this is a bug in jostle: a complete OnceLock is empty"),
        }
    }

    /// Puts the value there; waits for an initialization that is running.
    ///
    /// # Errors
    ///
    /// If there is a value; the error is the new one.
    ///
    /// # Panics
    ///
    /// Outside a scenario.
    #[track_caller]
    pub fn set(&self, value: T) -> Result<(), T> {
        let site = Site::caller();
        let attached = self.attach();
        match self.once.begin(&attached, site) {
            Some(run) => {
                self.slot.fill(&attached, value);
                run.complete();
                Ok(())
            }
            None => Err(value),
        }
    }

    /// The value, made by `f` if there is none; see
    /// [`std::sync::OnceLock::get_or_init`].
    ///
    /// # Panics
    ///
    /// With the panic of `f`, and then the place stays empty; outside a scenario.
    #[track_caller]
    pub fn get_or_init<F>(&self, f: F) -> &T
    where
        F: FnOnce() -> T,
    {
        let site = Site::caller();
        let attached = self.attach();
        if let Some(run) = self.once.begin(&attached, site) {
            let value = f();
            run.finish(site, || self.slot.fill(&attached, value));
        }
        self.filled(&attached)
    }

    /// The value, if there is one.
    #[track_caller]
    pub fn into_inner(mut self) -> Option<T> {
        self.take()
    }

    /// Takes the value out, if there is one, and leaves the place empty.
    #[track_caller]
    pub fn take(&mut self) -> Option<T> {
        self.freshen();
        if let Some(attached) = self.once.attached() {
            self.once.set(&attached, Progress::Incomplete);
        }
        self.slot.take()
    }
}

impl<T> Default for OnceLock<T> {
    #[track_caller]
    fn default() -> OnceLock<T> {
        OnceLock::new()
    }
}

impl<T: fmt::Debug> fmt::Debug for OnceLock<T> {
    /// Not a scheduling point. Outside a scenario the value is not shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut tuple = f.debug_tuple("OnceLock");
        if !rt::is_inside() {
            return tuple.finish_non_exhaustive();
        }
        match self.slot.get(&self.attach()) {
            Some(value) => tuple.field(value),
            None => tuple.field(&format_args!("<uninit>")),
        };
        tuple.finish()
    }
}

impl<T: Clone> Clone for OnceLock<T> {
    #[track_caller]
    fn clone(&self) -> OnceLock<T> {
        match self.get() {
            Some(value) => OnceLock::from(value.clone()),
            None => OnceLock::new(),
        }
    }
}

impl<T> From<T> for OnceLock<T> {
    #[track_caller]
    fn from(value: T) -> OnceLock<T> {
        let mut cell = OnceLock::new();
        cell.slot.fill_mut(value, true);
        cell
    }
}

impl<T: PartialEq> PartialEq for OnceLock<T> {
    #[track_caller]
    fn eq(&self, other: &OnceLock<T>) -> bool {
        self.get() == other.get()
    }
}

impl<T: Eq> Eq for OnceLock<T> {}
