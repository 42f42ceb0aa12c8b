//! Notifications queued for the policy.
//!
//! A strategy is called at decisions only, never from inside an operation: what
//! changes in between waits here. The order of the notices and of everything that is
//! drawn from the random stream is the same as if each were given at once, because
//! notices are delivered before every draw.

use crate::id::{ObjectId, TaskId};
use crate::kernel::Kernel;
use crate::kernel::attention::Attention;
use crate::op::Op;
use crate::strategy::{Birth, Gate, Policy, Touch};

/// Something that a strategy that watches, or an exploration, is told.
#[derive(Clone, Copy, Debug)]
pub(super) enum Notice {
    /// A task has appeared.
    Spawned(TaskId),
    /// An object has appeared.
    Appeared(ObjectId),
    /// A task is about to do something.
    Posted(TaskId, Op),
    /// A task has become runnable.
    Runnable(TaskId),
    /// A task has made a step.
    Ran(TaskId, Op),
    /// The transition has read or changed (`true`) a piece of shared state.
    Touched(Touch, bool),
    /// The transition depends on what every other task does.
    TouchedAll,
    /// The transition has made a piece of state.
    Made(Touch),
    /// A gate was opened or shut.
    GateSet(Gate, bool),
    /// A task has come to a gate.
    Arrived(TaskId, Gate),
}

impl Kernel {
    #[inline(always)]
    pub(super) fn is_explored(&self) -> bool {
        self.attention.has(Attention::EXPLORER)
    }

    #[cold]
    pub(super) fn notify_policy(&mut self, notice: Notice) {
        if !self.is_teardown() {
            self.notices.push(notice);
        }
    }

    /// Tells the strategy what has changed since it was last told.
    #[inline]
    pub(super) fn deliver(&mut self, policy: &mut Policy<'_>) {
        if !self.notices.is_empty() {
            self.deliver_all(policy);
        }
    }

    #[cold]
    fn deliver_all(&mut self, policy: &mut Policy<'_>) {
        let watches = self.attention.has(Attention::WATCHER);
        for &notice in &self.notices {
            let rng = &mut self.decisions.rng;
            match notice {
                Notice::Spawned(task) => {
                    let record = &self.records[task.index()];
                    if let Some(name) = &record.name {
                        policy.called(task, name);
                    }
                    let birth = Birth {
                        parent: record.parent,
                        key: record.key,
                        site: record.site,
                    };
                    policy.spawned(task, &birth, rng);
                }
                Notice::Appeared(object) => {
                    let site = self.object_info[object.0 as usize].site;
                    if watches {
                        policy.appeared(object, site);
                    }
                    if let Some(explorer) = policy.explorer() {
                        explorer.appeared(object, site);
                    }
                }
                Notice::Posted(task, op) => policy.posted(task, &op, rng),
                Notice::Runnable(task) => policy.runnable(task),
                Notice::Ran(task, op) => policy.ran(task, &op, rng),
                notice => {
                    if let Some(explorer) = policy.explorer() {
                        match notice {
                            Notice::Touched(touch, write) => explorer.touched(touch, write),
                            Notice::TouchedAll => explorer.touched_all(),
                            Notice::Made(touch) => explorer.made(touch),
                            Notice::GateSet(gate, open) => explorer.gate_set(gate, open),
                            Notice::Arrived(task, gate) => explorer.arrived(task, gate),
                            _ => {}
                        }
                    }
                }
            }
        }
        self.notices.clear();
    }

    /// The transition touches a piece of shared state.
    #[inline(always)]
    pub fn touch(&mut self, touch: Touch, write: bool) {
        if self.is_explored() {
            self.notify_policy(Notice::Touched(touch, write));
        }
    }

    /// The transition makes `task` go on, now or at a later decision.
    #[inline(always)]
    pub(super) fn touch_task(&mut self, task: TaskId) {
        self.touch(Touch::Task(task), true);
    }

    /// The transition looks at what others can see of `task`, or changes it.
    #[inline(always)]
    pub(super) fn touch_standing(&mut self, task: TaskId, write: bool) {
        self.touch(Touch::Standing(task), write);
    }

    /// Gives a cell that handles share its number.
    #[inline]
    pub fn new_cell(&mut self) -> u32 {
        let number = self.cells;
        self.cells += 1;
        if self.is_explored() {
            self.notify_policy(Notice::Made(Touch::Cell(number)));
        }
        number
    }
}
