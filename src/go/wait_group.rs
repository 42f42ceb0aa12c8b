//! `WaitGroup`: waits for a number of goroutines.

use std::fmt;
use std::sync::Arc;

use crate::go::gate;
use crate::go::misuse::misuse;
use crate::go::spawn::defer;
use crate::rt::{self, Attached, Handle, Side, TaskCell};
use crate::sanitizer::Edge;
use jostle_core::op::{OpKind, Site};

/// Waits for a number of tasks to finish: Go's
/// [`sync.WaitGroup`](https://pkg.go.dev/sync#WaitGroup).
///
/// Share it by `Arc`, in a struct or as a `static`.
pub struct WaitGroup {
    handle: Handle,
    state: TaskCell<State>,
}

#[derive(Debug)]
struct State {
    counter: u32,
    /// Tasks that have begun to wait because the counter was not zero and have
    /// not gone on yet.
    waiters: u32,
}

impl WaitGroup {
    /// A group with the counter at zero.
    #[must_use]
    #[track_caller]
    pub const fn new() -> WaitGroup {
        WaitGroup {
            handle: Handle::new(),
            state: TaskCell::new(State {
                counter: 0,
                waiters: 0,
            }),
        }
    }

    #[track_caller]
    fn attach(&self) -> Attached {
        let attached = self.handle.attach("WaitGroup");
        if attached.fresh {
            *self.state.get(&attached) = State {
                counter: 0,
                waiters: 0,
            };
            rt::set_gate(&attached, Side::Exclusive, true);
        }
        attached
    }

    /// Adds `delta`, which may be negative, to the counter. At zero those who
    /// wait may go on.
    ///
    /// # Panics
    ///
    /// - With "sync: negative WaitGroup counter".
    /// - With "sync: WaitGroup misuse: Add called concurrently with Wait" if the
    ///   counter leaves zero although not every [`wait`](WaitGroup::wait) that
    ///   zero has ended has returned. In Go either this call or that wait
    ///   panics, if either notices.
    /// - Outside a scenario.
    #[track_caller]
    pub fn add(&self, delta: i32) {
        let attached = self.attach();
        rt::point(OpKind::Add, attached.id, Site::caller());
        let mut state = self.state.get(&attached);
        let Some(counter) = state.counter.checked_add_signed(delta) else {
            drop(state);
            return misuse("sync: negative WaitGroup counter");
        };
        let reused = state.counter == 0 && delta > 0 && state.waiters > 0;
        state.counter = counter;
        drop(state);
        rt::note(counter);
        if reused {
            return misuse("sync: WaitGroup misuse: Add called concurrently with Wait");
        }
        if delta < 0 {
            Edge::object(attached.id.0, 0).release();
        }
        rt::set_gate(&attached, Side::Exclusive, counter == 0);
    }

    /// Subtracts one from the counter.
    ///
    /// # Panics
    ///
    /// As [`add`](WaitGroup::add).
    #[track_caller]
    pub fn done(&self) {
        self.add(-1);
    }

    /// Waits until the counter is zero.
    ///
    /// # Panics
    ///
    /// Outside a scenario.
    #[track_caller]
    pub fn wait(&self) {
        let attached = self.attach();
        let waits = self.state.get(&attached).counter > 0;
        self.state.get(&attached).waiters += u32::from(waits);
        gate::pass(&attached, OpKind::Wait, Site::caller());
        Edge::object(attached.id.0, 0).acquire();
        self.state.get(&attached).waiters -= u32::from(waits);
    }

    /// Starts a goroutine that the group counts until it has returned: Go 1.25's
    /// `wg.Go(f)`.
    ///
    /// # Panics
    ///
    /// As [`add`](WaitGroup::add) and [`go::spawn`](crate::go::spawn()).
    #[track_caller]
    pub fn go<F>(self: &Arc<Self>, f: F)
    where
        F: FnOnce() + Send + 'static,
    {
        self.add(1);
        let group = Arc::clone(self);
        let site = Site::caller();
        rt::spawn(
            None,
            site,
            Box::new(move || {
                let _done = defer(|| group.done());
                f();
            }),
        );
    }
}

impl Default for WaitGroup {
    #[track_caller]
    fn default() -> WaitGroup {
        WaitGroup::new()
    }
}

impl fmt::Debug for WaitGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitGroup").finish_non_exhaustive()
    }
}
