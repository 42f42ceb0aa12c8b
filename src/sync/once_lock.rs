//! `OnceLock`: a place that is written once.

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};

use jostle_core::op::Site;

use crate::sync::once::Progress;
use crate::sync::once_slot::OnceSlot;

/// A place that is written once; see [`std::sync::OnceLock`].
///
/// - Looking into it is a scheduling point only as long as it is empty.
/// - A `static` one is empty at the start of each execution. References to the
///   values of earlier executions stay valid: those values are kept, which takes
///   memory in a long campaign.
/// - Initializing it from within its own initialization deadlocks.
pub struct OnceLock<T> {
    state: OnceSlot<T>,
}

impl<T: RefUnwindSafe + UnwindSafe> RefUnwindSafe for OnceLock<T> {}
impl<T: UnwindSafe> UnwindSafe for OnceLock<T> {}

impl<T> OnceLock<T> {
    /// An empty place.
    #[must_use]
    #[track_caller]
    pub const fn new() -> OnceLock<T> {
        OnceLock {
            state: OnceSlot::new("OnceLock"),
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
        self.state.get(Site::caller())
    }

    /// The value, if there is one, to be changed. Not a scheduling point.
    #[track_caller]
    pub fn get_mut(&mut self) -> Option<&mut T> {
        self.state.get_mut()
    }

    /// Waits until there is a value; see [`std::sync::OnceLock::wait`].
    ///
    /// # Panics
    ///
    /// Outside a scenario.
    #[track_caller]
    pub fn wait(&self) -> &T {
        let site = Site::caller();
        let attached = self.state.attach();
        self.state.once.wait_until_complete(&attached, site);
        self.state.filled(&attached)
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
        let attached = self.state.attach();
        match self.state.once.begin(&attached, site) {
            Some(run) => {
                self.state.slot.fill(&attached, value);
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
        let attached = self.state.attach();
        if let Some(run) = self.state.once.begin(&attached, site) {
            let value = f();
            run.finish(site, || self.state.slot.fill(&attached, value));
        }
        self.state.filled(&attached)
    }

    /// The value, if there is one.
    #[track_caller]
    pub fn into_inner(mut self) -> Option<T> {
        self.take()
    }

    /// Takes the value out, if there is one, and leaves the place empty.
    #[track_caller]
    pub fn take(&mut self) -> Option<T> {
        self.state.freshen();
        if let Some(attached) = self.state.once.attached() {
            self.state.once.set(&attached, Progress::Incomplete);
        }
        self.state.slot.take()
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
        self.state.show(f)
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
        cell.state.slot.fill_mut(value, true);
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
