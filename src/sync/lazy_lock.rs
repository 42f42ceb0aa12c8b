//! `LazyLock`: a value that is made at its first use.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::panic::{RefUnwindSafe, UnwindSafe};

use crate::rt::{self, Attached, Side, TaskCell};
use crate::sync::once::Progress;
use crate::sync::once_slot::OnceSlot;
use crate::sync::slot::take_or_copy;
use jostle_core::op::{OpKind, Site};

/// A value that is made at its first use; see [`std::sync::LazyLock`].
///
/// - Using it is a scheduling point only as long as it has not been made.
/// - A `static` one is made anew in each execution. References to the values of
///   earlier executions stay valid: those values are kept, which takes memory in
///   a long campaign.
/// - Using it within its own initialization deadlocks.
pub struct LazyLock<T, F = fn() -> T> {
    state: OnceSlot<T>,
    init: TaskCell<Init<F>>,
}

struct Init<F> {
    /// Gone once it has been called, unless it can be copied.
    f: Option<F>,
    /// [`LazyLock::force_mut`] panicked, perhaps outside any execution.
    poisoned: bool,
}

impl<T: RefUnwindSafe + UnwindSafe, F: UnwindSafe> RefUnwindSafe for LazyLock<T, F> {}
impl<T: UnwindSafe, F: UnwindSafe> UnwindSafe for LazyLock<T, F> {}

impl<T, F: FnOnce() -> T> LazyLock<T, F> {
    /// A value that `f` makes when it is needed.
    #[track_caller]
    pub const fn new(f: F) -> LazyLock<T, F> {
        LazyLock {
            state: OnceSlot::new("LazyLock"),
            init: TaskCell::new(Init {
                f: Some(f),
                poisoned: false,
            }),
        }
    }

    /// The value, made if need be; see [`std::sync::LazyLock::force`].
    ///
    /// # Panics
    ///
    /// With the panic of the initialization; if it panicked earlier; outside a
    /// scenario; if an earlier execution has used up a closure that can be called
    /// only once.
    #[inline]
    #[track_caller]
    pub fn force(this: &LazyLock<T, F>) -> &T {
        let site = Site::caller();
        let attached = this.state.attach();
        if let Some(run) = this.state.once.begin(&attached, site) {
            let poisoned = run.poisoned || this.init.get(&attached).poisoned;
            assert!(!poisoned, "LazyLock instance has previously been poisoned");
            let Some(f) = this.initializer(&attached) else {
                drop(run);
                this.used_up(&attached);
            };
            let value = f();
            run.finish(site, || this.state.slot.fill(&attached, value));
        }
        this.state.filled(&attached)
    }

    /// The value to be changed, made if need be. Not a scheduling point.
    ///
    /// # Panics
    ///
    /// With the panic of the initialization; if it panicked earlier.
    #[track_caller]
    pub fn force_mut(this: &mut LazyLock<T, F>) -> &mut T {
        this.state.freshen();
        if this.state.slot.get_mut().is_none() {
            assert!(
                !this.is_poisoned(),
                "LazyLock instance has previously been poisoned"
            );
            let init = this.init.get_mut();
            let Some(f) = take_or_copy::<T, F>(&mut init.f) else {
                panic!("LazyLock instance has previously been poisoned");
            };
            init.poisoned = true;
            let value = f();
            this.init.get_mut().poisoned = false;
            this.state.slot.fill_mut(value, !rt::is_inside());
            if let Some(attached) = this.state.once.attached() {
                this.state.once.set(&attached, Progress::Complete);
            }
        }
        match this.state.slot.get_mut() {
            Some(value) => value,
            None => unreachable!("this is a bug in jostle: a LazyLock is empty when filled"),
        }
    }

    fn initializer(&self, attached: &Attached) -> Option<F> {
        take_or_copy::<T, F>(&mut self.init.get(attached).f)
    }

    /// The initialization is to run, and its closure is gone.
    #[cold]
    #[track_caller]
    fn used_up(&self, attached: &Attached) -> ! {
        let site = Site::caller();
        // The task that had it was unwound. Whoever needs the value in a
        // destructor now waits for ever: the shared gate does not open.
        while rt::is_teardown() {
            rt::pass(attached, Side::Shared, OpKind::Once, site);
        }
        panic!(
            "a LazyLock (created at {}) that can be initialized only once is used by two \
             executions; give it an initialization without captured variables and the type \
             LazyLock<T>, or create it inside the scenario",
            self.state.once.site()
        );
    }
}

impl<T, F> LazyLock<T, F> {
    fn is_poisoned(&mut self) -> bool {
        let here = self.state.once.attached();
        here.is_some_and(|a| self.state.once.progress(&a) == Progress::Poisoned)
            || self.init.get_mut().poisoned
    }

    /// The value, if it has been made; see [`std::sync::LazyLock::get`].
    ///
    /// # Panics
    ///
    /// Outside a scenario.
    #[track_caller]
    pub fn get(this: &LazyLock<T, F>) -> Option<&T> {
        this.state.get(Site::caller())
    }

    /// The value to be changed, if it has been made. Not a scheduling point.
    #[track_caller]
    pub fn get_mut(this: &mut LazyLock<T, F>) -> Option<&mut T> {
        this.state.get_mut()
    }
}

impl<T, F: FnOnce() -> T> Deref for LazyLock<T, F> {
    type Target = T;

    #[inline]
    #[track_caller]
    fn deref(&self) -> &T {
        LazyLock::force(self)
    }
}

impl<T, F: FnOnce() -> T> DerefMut for LazyLock<T, F> {
    #[track_caller]
    fn deref_mut(&mut self) -> &mut T {
        LazyLock::force_mut(self)
    }
}

impl<T: Default> Default for LazyLock<T> {
    #[track_caller]
    fn default() -> LazyLock<T> {
        LazyLock::new(T::default)
    }
}

impl<T: fmt::Debug, F> fmt::Debug for LazyLock<T, F> {
    /// Not a scheduling point. Outside a scenario the value is not shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.state.show(f)
    }
}
