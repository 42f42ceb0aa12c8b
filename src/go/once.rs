//! `Once`: Go's one-time initialization.

use std::fmt;

use crate::go::gate;
use crate::rt::{self, Attached, Handle, Side, TaskCell};
use crate::sanitizer::{self, Edge};
use jostle_core::op::{OpKind, Site};

/// Runs a function once: Go's [`sync.Once`](https://pkg.go.dev/sync#Once).
pub struct Once {
    handle: Handle,
    done: TaskCell<bool>,
}

impl Once {
    /// One that has run nothing yet.
    #[must_use]
    #[track_caller]
    pub const fn new() -> Once {
        Once {
            handle: Handle::new(),
            done: TaskCell::new(false),
        }
    }

    /// Runs `f` if this is the first call; otherwise waits until the first one
    /// has returned: Go's `once.Do(f)`, whose name is a keyword in Rust.
    ///
    /// A function that panics counts as having returned. A call from within `f`
    /// waits for itself, a deadlock. The return of `f` happens before the return
    /// of every call ([Once](https://go.dev/ref/mem#once)).
    ///
    /// # Panics
    ///
    /// With the panic of `f`. Outside a scenario.
    #[track_caller]
    pub fn do_once<F: FnOnce()>(&self, f: F) {
        let attached = self.handle.attach("Once");
        if attached.fresh {
            *self.done.get(&attached) = false;
            rt::set_gate(&attached, Side::Exclusive, true);
        }
        gate::pass(&attached, OpKind::Once, Site::caller());
        Edge::object(attached.id.0, 0).acquire();
        if std::mem::replace(&mut *self.done.get(&attached), true) {
            return;
        }
        rt::set_gate(&attached, Side::Exclusive, false);
        rt::set_owner(&attached, Some(rt::current_task()));
        sanitizer::hold(attached.id.0);
        let _running = Running(attached);
        f();
    }
}

/// While the function runs.
struct Running(Attached);

impl Drop for Running {
    fn drop(&mut self) {
        Edge::object(self.0.id.0, 0).release();
        sanitizer::let_go(self.0.id.0);
        rt::set_owner(&self.0, None);
        rt::set_gate(&self.0, Side::Exclusive, true);
    }
}

impl Default for Once {
    #[track_caller]
    fn default() -> Once {
        Once::new()
    }
}

impl fmt::Debug for Once {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Once").finish_non_exhaustive()
    }
}
