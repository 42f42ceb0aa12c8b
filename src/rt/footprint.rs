//! What a step touches, told to a strategy that explores every schedule.
//!
//! Two steps of different tasks commute if neither touches what the other one
//! changes. The operation that a step was posted with says only part of that: a
//! step may also release locks, wake tasks, pass a join, and run other tasks to
//! their first operation. So whatever in the runtime reads or changes state that
//! another step can read or change says so here. Saying too much costs an
//! exploration time, saying too little makes it miss behaviours.
//!
//! Nothing is told, and nothing of this costs more than a test, unless the
//! strategy has an [`Explorer`].

use std::sync::atomic::{AtomicU32, Ordering};

use crate::id::{ObjectId, TaskId};
use crate::rt::current;
use crate::rt::duties::Duties;
use crate::rt::execution::Execution;
use crate::rt::object::{Attached, Side};
use crate::strategy::{Explorer, Touch};

/// How many executions of this process are being explored: state cells are on
/// every way, and a test of this is cheaper than a look at the execution.
static EXPLORED: AtomicU32 = AtomicU32::new(0);

/// Says that this thread's execution is being explored, for as long as it lives.
#[derive(Debug)]
pub(crate) struct Explored(());

impl Explored {
    pub(crate) fn begin() -> Explored {
        // Relaxed, here and below: the thread that counts itself is the one that
        // has to see it.
        EXPLORED.fetch_add(1, Ordering::Relaxed);
        Explored(())
    }
}

impl Drop for Explored {
    fn drop(&mut self) {
        EXPLORED.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The running task looks at the state of an object, and may change it.
#[inline(always)]
pub(crate) fn state_of(attached: &Attached) {
    if EXPLORED.load(Ordering::Relaxed) > 0 {
        tell_state(attached.id);
    }
}

/// The running task looks into a shared cell, and may change it.
#[inline(always)]
pub(crate) fn cell(number: u32) {
    if EXPLORED.load(Ordering::Relaxed) > 0 {
        tell_cell(number);
    }
}

#[cold]
#[inline(never)]
fn tell_cell(number: u32) {
    if let Some(current) = current::try_get() {
        current.with(|x| x.touch(Touch::Cell(number), true));
    }
}

#[cold]
#[inline(never)]
fn tell_state(object: ObjectId) {
    if let Some(current) = current::try_get() {
        current.with(|x| x.touch(Touch::Object(object), true));
    }
}

impl Execution {
    /// Calls the explorer, if there is one and the scenario is still executed.
    #[inline]
    pub(crate) fn tell(&mut self, what: impl FnOnce(&mut dyn Explorer)) {
        if self.duties.has(Duties::EXPLORER) && !self.is_teardown() {
            self.tell_explorer(what);
        }
    }

    #[cold]
    fn tell_explorer(&mut self, what: impl FnOnce(&mut dyn Explorer)) {
        if let Some(explorer) = self.strategy.explorer() {
            what(explorer);
        }
    }

    /// Gives a shared cell its number.
    pub(crate) fn new_cell(&mut self) -> u32 {
        let number = self.cells;
        self.cells += 1;
        self.tell(|explorer| explorer.made(Touch::Cell(number)));
        number
    }

    /// A gate is about to be set.
    #[inline]
    pub(crate) fn tell_gate(&mut self, object: ObjectId, side: Side, open: bool) {
        if self.duties.has(Duties::EXPLORER) && self.gate_mut(object, side).open != open {
            self.tell(|explorer| explorer.gate_set(side.gate(object), open));
        }
    }

    /// The transition touches a piece of shared state.
    #[inline]
    pub(crate) fn touch(&mut self, touch: Touch, write: bool) {
        self.tell(|explorer| explorer.touched(touch, write));
    }

    /// The transition makes `task` go on, now or at a later decision.
    #[inline]
    pub(crate) fn touch_task(&mut self, task: TaskId) {
        self.touch(Touch::Task(task), true);
    }

    /// The transition looks at what others can see of `task`, or changes it.
    #[inline]
    pub(crate) fn touch_standing(&mut self, task: TaskId, write: bool) {
        self.touch(Touch::Standing(task), write);
    }
}
