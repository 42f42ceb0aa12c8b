//! `Barrier`: lets tasks continue once enough of them have arrived.

use std::fmt;
use std::panic::RefUnwindSafe;

use crate::rt::{self, Attached, Handle, TaskCell};
use crate::sanitizer::Edge;
use jostle_core::decision::ChoiceKind;
use jostle_core::id::TaskId;
use jostle_core::op::{OpKind, Site};

/// Lets tasks go on once enough of them have arrived; see
/// [`std::sync::Barrier`].
///
/// Which of them is the leader is a choice of the decision source: std promises
/// only that it is one of them.
pub struct Barrier {
    handle: Handle,
    size: usize,
    state: TaskCell<State>,
}

#[derive(Default)]
struct State {
    /// The tasks that wait, in the order of arrival.
    arrived: Vec<TaskId>,
    /// The waiter that was made the leader and has not taken notice yet. It
    /// takes notice before the barrier can fill again: whoever waits lets woken
    /// tasks run first.
    leader: Option<TaskId>,
}

// As std's; the state holds task numbers only.
impl RefUnwindSafe for Barrier {}

impl Barrier {
    /// A barrier for `n` tasks; none waits if `n` is 0 or 1.
    #[must_use]
    #[track_caller]
    pub const fn new(n: usize) -> Barrier {
        Barrier {
            handle: Handle::new(),
            size: n,
            state: TaskCell::new(State {
                arrived: Vec::new(),
                leader: None,
            }),
        }
    }

    #[track_caller]
    fn attach(&self) -> Attached {
        let attached = self.handle.attach("Barrier");
        if attached.fresh {
            let mut state = self.state.get(&attached);
            state.arrived.clear();
            state.leader = None;
        }
        attached
    }

    /// Waits until as many tasks wait as the barrier is for; see
    /// [`std::sync::Barrier::wait`].
    #[track_caller]
    pub fn wait(&self) -> BarrierWaitResult {
        let attached = self.attach();
        rt::point(OpKind::Barrier, attached.id, Site::caller());
        let me = rt::current_task();
        let before = self.state.get(&attached).arrived.len();
        rt::note(before as u32);
        let edge = Edge::object(attached.id.0, 0);
        edge.release();
        if before + 1 < self.size {
            self.state.get(&attached).arrived.push(me);
            rt::wait(None, None);
            edge.acquire();
            let mut state = self.state.get(&attached);
            return BarrierWaitResult(state.leader.take_if(|leader| *leader == me).is_some());
        }
        edge.acquire();
        // The task that comes last is alternative 0, as it is std's leader.
        let leader = rt::choose(ChoiceKind::Waiter, before as u32 + 1) as usize;
        let mut state = self.state.get(&attached);
        state.leader = leader.checked_sub(1).map(|nth| state.arrived[nth]);
        for waiter in state.arrived.drain(..) {
            rt::complete(waiter);
        }
        BarrierWaitResult(leader == 0)
    }
}

impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Barrier").finish_non_exhaustive()
    }
}

/// Whether a task leads those that a [`Barrier`] let go on together; see
/// [`std::sync::BarrierWaitResult`].
pub struct BarrierWaitResult(bool);

impl BarrierWaitResult {
    /// True for exactly one of the tasks.
    #[must_use]
    pub fn is_leader(&self) -> bool {
        self.0
    }
}

impl fmt::Debug for BarrierWaitResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BarrierWaitResult")
            .field("is_leader", &self.is_leader())
            .finish()
    }
}
