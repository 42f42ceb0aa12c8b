//! `Once`: one-time initialization, on which `OnceLock` and `LazyLock` are built.
//!
//! The exclusive gate is open while no task initializes, the shared gate once the
//! initialization is complete. Initializing takes two steps: starting, and announcing that it is
//! complete. From then on it stays complete, and an operation that only finds that out is no
//! scheduling point any more.

use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::panic::{RefUnwindSafe, UnwindSafe};

use crate::rt::{self, Attached, Handle, Side, TaskCell};
use crate::sanitizer::{self, Edge};
use jostle_core::id::TaskId;
use jostle_core::op::{OpKind, Site};

/// Runs something once; see [`std::sync::Once`].
///
/// A `static` one starts over in each execution. An initialization that waits for
/// itself deadlocks, which std allows.
pub struct Once {
    handle: Handle,
    state: TaskCell<State>,
}

struct State {
    progress: Progress,
    /// Tasks in [`Once::wait`].
    waiters: Vec<TaskId>,
}

/// How far the initialization has got.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Progress {
    Incomplete,
    Running,
    /// The last attempt panicked.
    Poisoned,
    Complete,
}

// As std's: a panic poisons it.
impl UnwindSafe for Once {}
impl RefUnwindSafe for Once {}

// As std's, `Once` has no `Default`.
#[allow(clippy::new_without_default)]
impl Once {
    /// One that has not run anything.
    #[must_use]
    #[track_caller]
    pub const fn new() -> Once {
        Once {
            handle: Handle::new(),
            state: TaskCell::new(State {
                progress: Progress::Incomplete,
                waiters: Vec::new(),
            }),
        }
    }

    /// Runs `f` unless something has run, or waits until what is running has
    /// ended; see [`std::sync::Once::call_once`].
    ///
    /// # Panics
    ///
    /// With the panic of `f`; if an earlier one panicked; outside a scenario.
    #[track_caller]
    pub fn call_once<F>(&self, f: F)
    where
        F: FnOnce(),
    {
        let site = Site::caller();
        let attached = self.attach("Once");
        if let Some(run) = self.begin(&attached, site) {
            assert!(!run.poisoned, "Once instance has previously been poisoned");
            f();
            run.finish(site, || {});
        }
    }

    /// As [`call_once`](Once::call_once), even if an earlier `f` panicked; see
    /// [`std::sync::Once::call_once_force`].
    ///
    /// # Panics
    ///
    /// With the panic of `f`; outside a scenario.
    #[track_caller]
    pub fn call_once_force<F>(&self, f: F)
    where
        F: FnOnce(&OnceState),
    {
        let site = Site::caller();
        let attached = self.attach("Once");
        if let Some(run) = self.begin(&attached, site) {
            f(&run.state());
            run.finish(site, || {});
        }
    }

    /// Whether something has run to its end.
    #[track_caller]
    pub fn is_completed(&self) -> bool {
        let site = Site::caller();
        let attached = self.attach("Once");
        self.look(&attached, site)
    }

    /// Waits until something has run; see [`std::sync::Once::wait`].
    ///
    /// # Panics
    ///
    /// If what ran panicked; outside a scenario.
    #[track_caller]
    pub fn wait(&self) {
        let site = Site::caller();
        let attached = self.attach("Once");
        if self.progress(&attached) == Progress::Complete {
            return;
        }
        rt::point(OpKind::Once, attached.id, site);
        loop {
            match self.progress(&attached) {
                Progress::Complete => return,
                Progress::Poisoned => panic!("Once instance has previously been poisoned"),
                Progress::Incomplete | Progress::Running => {
                    self.state.get(&attached).waiters.push(rt::current_task());
                    rt::wait(rt::owner(&attached), None);
                }
            }
        }
    }

    /// As [`wait`](Once::wait), but goes on waiting if what ran panicked; see
    /// [`std::sync::Once::wait_force`].
    #[track_caller]
    pub fn wait_force(&self) {
        let site = Site::caller();
        let attached = self.attach("Once");
        self.wait_until_complete(&attached, site);
    }

    /// Joins the execution on behalf of a `kind` of primitive.
    #[inline]
    #[track_caller]
    pub(super) fn attach(&self, kind: &'static str) -> Attached {
        let attached = self.handle.attach(kind);
        if attached.fresh {
            let mut state = self.state.get(&attached);
            state.progress = Progress::Incomplete;
            state.waiters.clear();
            rt::set_gate(&attached, Side::Exclusive, true);
        }
        attached
    }

    /// Where it was created.
    pub(super) fn site(&self) -> Site {
        self.handle.site()
    }

    /// Proof that it takes part in this execution, if it does.
    pub(super) fn attached(&self) -> Option<Attached> {
        self.handle.attached()
    }

    #[inline]
    pub(super) fn progress(&self, attached: &Attached) -> Progress {
        let progress = self.state.get(attached).progress;
        if progress == Progress::Complete {
            Edge::object(attached.id.0, 0).acquire();
        }
        progress
    }

    /// Whether it is complete. A scheduling point only if it is not at first.
    pub(super) fn look(&self, attached: &Attached, site: Site) -> bool {
        if self.progress(attached) == Progress::Complete {
            return true;
        }
        rt::point(OpKind::OnceGet, attached.id, site);
        let complete = self.progress(attached) == Progress::Complete;
        rt::note(u32::from(complete));
        complete
    }

    pub(super) fn wait_until_complete(&self, attached: &Attached, site: Site) {
        if self.progress(attached) != Progress::Complete {
            rt::pass(attached, Side::Shared, OpKind::Once, site);
            Edge::object(attached.id.0, 0).acquire();
        }
    }

    /// Takes up the initialization, unless it is complete, perhaps after a wait.
    pub(super) fn begin(&self, attached: &Attached, site: Site) -> Option<Initializing<'_>> {
        if self.progress(attached) == Progress::Complete {
            return None;
        }
        rt::pass(attached, Side::Exclusive, OpKind::Once, site);
        Edge::object(attached.id.0, 0).acquire();
        let mut state = self.state.get(attached);
        if state.progress == Progress::Complete {
            return None;
        }
        let poisoned = state.progress == Progress::Poisoned;
        state.progress = Progress::Running;
        rt::set_gate(attached, Side::Exclusive, false);
        rt::set_owner(attached, Some(rt::current_task()));
        sanitizer::hold(attached.id.0);
        Some(Initializing {
            once: self,
            attached: *attached,
            poisoned,
            complete: false,
        })
    }

    /// Says how far the initialization has got now that nobody runs it.
    pub(super) fn set(&self, attached: &Attached, progress: Progress) {
        let waiters = {
            let mut state = self.state.get(attached);
            state.progress = progress;
            Edge::object(attached.id.0, 0).release();
            std::mem::take(&mut state.waiters)
        };
        rt::set_owner(attached, None);
        sanitizer::let_go(attached.id.0);
        rt::set_gate(attached, Side::Exclusive, true);
        rt::set_gate(attached, Side::Shared, progress == Progress::Complete);
        for waiter in waiters {
            rt::complete(waiter);
        }
    }
}

/// An initialization that the running task has taken up. If it is dropped, the
/// attempt has failed.
pub(super) struct Initializing<'a> {
    once: &'a Once,
    attached: Attached,
    /// An earlier attempt has failed.
    pub(super) poisoned: bool,
    complete: bool,
}

impl Initializing<'_> {
    fn state(&self) -> OnceState {
        OnceState {
            poisoned: self.poisoned,
            not_sync: PhantomData,
        }
    }

    /// Announces, in a step of its own, that the work is done. `commit`, which
    /// runs no user code, is part of that step.
    pub(super) fn finish(self, site: Site, commit: impl FnOnce()) {
        rt::point(OpKind::Once, self.attached.id, site);
        commit();
        self.complete();
    }

    /// The work is done, in the same step in which it was taken up.
    pub(super) fn complete(mut self) {
        self.complete = true;
    }
}

impl Drop for Initializing<'_> {
    fn drop(&mut self) {
        let progress = if self.complete {
            Progress::Complete
        } else if rt::is_teardown() {
            // The attempt did not panic; destructors of other tasks may try.
            Progress::Incomplete
        } else {
            Progress::Poisoned
        };
        self.once.set(&self.attached, progress);
    }
}

impl fmt::Debug for Once {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Once").finish_non_exhaustive()
    }
}

/// What [`Once::call_once_force`] tells its function; see
/// [`std::sync::OnceState`].
pub struct OnceState {
    poisoned: bool,
    /// As std's, which the function can mark through a shared reference.
    not_sync: PhantomData<Cell<bool>>,
}

impl OnceState {
    /// Whether an earlier function panicked.
    #[must_use]
    pub fn is_poisoned(&self) -> bool {
        self.poisoned
    }
}

impl fmt::Debug for OnceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnceState")
            .field("poisoned", &self.is_poisoned())
            .finish()
    }
}
