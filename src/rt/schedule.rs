//! Posting operations, deciding who goes on, recording steps.
//!
//! How a point is passed where nothing is unusual stands in [`turn`](crate::rt::turn),
//! and this is the long way: `post`, `announce` or `arrive`,
//! [`decide`](Execution::decide), `step`.
//!
//! A step is entered by whoever decides, before the stack is changed: the task
//! that comes back to its point just goes on. A task that comes back because it
//! was eager makes no step.

use crate::decision::{Choice, ChoiceKind};
use crate::id::{ObjectId, TaskId};
use crate::op::{Op, OpKind, Site};
use crate::rt::duties::Duties;
use crate::rt::execution::{Execution, Next};
use crate::rt::record::{Entry, Marks};
use crate::strategy::{Touch, uniform};

/// Whether a task that is about to do this lets others go first of its own
/// accord.
#[inline(always)]
pub(super) fn offers_to_wait(kind: OpKind) -> bool {
    matches!(kind, OpKind::Yield | OpKind::Spin)
}

impl Execution {
    /// The running task is about to do `op`.
    #[inline]
    pub(crate) fn post(&mut self, op: Op) {
        self.view.tasks[self.current.index()].op = op;
        if self.duties.has(Duties::WATCHER) {
            self.tell_posted(self.current);
        }
    }

    #[cold]
    pub(super) fn tell_posted(&mut self, task: TaskId) {
        let op = self.view.tasks[task.index()].op;
        self.strategy.posted(task, &op, &mut self.decisions.rng);
    }

    /// Tells a strategy that wants to know that `task` is ready.
    #[inline]
    pub(crate) fn announce(&mut self, task: TaskId) {
        if self.duties.has(Duties::WATCHER) {
            self.strategy.ready(task);
        }
    }

    /// Who goes on. If it has an operation to do, it makes its step.
    pub(crate) fn decide(&mut self) -> Next {
        self.judge_races();
        if self.duties.has(Duties::STOP) {
            return self.next;
        }
        if let Some(task) = self.next_eager() {
            self.touch_task(task);
            return Next::Run(task);
        }
        if !self.woken.is_empty() {
            self.announce_woken();
        }
        if self.duties.has(Duties::CLOCK) {
            self.update_clock();
        }
        match self.view.ready.len() {
            0 => self.idle(),
            arity if self.duties.has(Duties::EXPLORER) => self.explore(arity),
            1 => {
                let task = self.view.ready.nth(0);
                self.scheduled(task, 1)
            }
            arity => {
                let task = match self.dictated(arity) {
                    Some(task) => task,
                    None if self.duties.has(Duties::STRATEGY) => self.ask(),
                    None => uniform(&self.view.ready, &mut self.decisions.rng),
                };
                self.scheduled(task, arity)
            }
        }
    }

    /// Who goes on, as a strategy will have it that is asked at every step and
    /// may have seen enough.
    #[cold]
    pub(super) fn explore(&mut self, arity: u32) -> Next {
        let task = self.strategy.pick(&self.view, &mut self.decisions.rng);
        if self.strategy.explorer().is_some_and(|e| e.gives_up()) {
            self.stop(Next::Over);
            return self.next;
        }
        assert!(
            self.view.ready.contains(task),
            "this is a bug in jostle: the exploration picked {task}, which is not ready"
        );
        self.scheduled(task, arity)
    }

    /// Who goes on, as the strategy will have it.
    fn ask(&mut self) -> TaskId {
        let task = self.strategy.pick(&self.view, &mut self.decisions.rng);
        assert!(
            self.view.ready.contains(task),
            "this is a bug in jostle: {:?} picked {task}, which is not ready",
            self.strategy
        );
        task
    }

    /// Who goes on where the strategy is not asked.
    fn dictated(&mut self, arity: u32) -> Option<TaskId> {
        if !self.duties.has(Duties::SCRIPT) && !self.duties.has(Duties::FAIR) {
            return None;
        }
        let at = self.record.count_choices();
        let ready = &self.view.ready;
        let scripted = self.decisions.scheduled(
            at,
            arity,
            |rank| ready.nth(rank).0,
            |task| ready.contains(TaskId(task)),
        );
        match scripted {
            Some(task) => Some(TaskId(task)),
            None if self.duties.has(Duties::FAIR) => Some(uniform(ready, &mut self.decisions.rng)),
            None => None,
        }
    }

    /// `task` goes on, one of `arity` that could, unless its step is the last one.
    #[inline]
    pub(super) fn scheduled(&mut self, task: TaskId, arity: u32) -> Next {
        self.step(task, arity);
        if self.duties.has(Duties::STOP) {
            return self.next;
        }
        Next::Run(task)
    }

    /// A choice of the environment among `arity` alternatives. With fewer than
    /// two there is none, and the answer is 0.
    pub(crate) fn choose(&mut self, kind: ChoiceKind, arity: u32) -> u32 {
        if arity < 2 {
            return 0;
        }
        let mut picked = self.told(kind, arity);
        self.tell(|explorer| picked = Some(explorer.choose(kind, arity)));
        let picked = picked.unwrap_or_else(|| {
            let at = self.record.count_choices();
            self.decisions.choose(at, kind, arity)
        });
        self.record.push_other(Choice {
            kind,
            arity,
            picked,
        });
        picked
    }

    /// What a strategy that watches says about a choice of the environment.
    fn told(&mut self, kind: ChoiceKind, arity: u32) -> Option<u32> {
        if !self.duties.has(Duties::WATCHER) {
            return None;
        }
        self.strategy.answer(&self.view, kind, arity)
    }

    /// `task` goes on with the operation it posted: a step. It is one of `arity`
    /// that could have gone on.
    pub(crate) fn step(&mut self, task: TaskId, arity: u32) {
        if !self.record.has_room() {
            self.record.make_room(1);
        }
        let mut entry = Entry::new(self.view.tasks[task.index()].op, task, arity);
        if self.view.last != task {
            self.change_over(&mut entry, self.is_preempted());
        }
        self.enter(entry);
        if !self.record.has_room() || !self.duties.is_none() {
            self.stepped(task);
        }
    }

    /// Sees to the duties after a step of `task`.
    #[cold]
    fn stepped(&mut self, task: TaskId) {
        if self.duties.has(Duties::SPINNERS) {
            self.release_spinners(Some(task));
        }
        if self.duties.has(Duties::WATCHER) {
            let op = self.view.tasks[task.index()].op;
            self.strategy.ran(task, &op, &mut self.decisions.rng);
        }
        if self.view.step >= self.step_limit {
            self.at_limit();
        }
        if !self.record.has_room() {
            self.set_limit();
        }
    }

    /// Whether a step of another task is a preemption: whoever made the last one
    /// could have gone on and had not offered to wait.
    #[inline]
    pub(super) fn is_preempted(&self) -> bool {
        let last = self.view.last;
        self.view.ready.contains(last)
            && last != TaskId::CLOCK
            && !offers_to_wait(self.view.tasks[last.index()].op.kind)
    }

    /// Something that `task` did and that is no scheduling point.
    #[inline]
    pub(crate) fn event(&mut self, kind: OpKind, object: ObjectId, site: Site) {
        // The trace ends with the finding: what destructors do afterwards is
        // not part of it.
        if self.is_teardown() {
            return;
        }
        if object != ObjectId::NONE {
            self.touch(Touch::Object(object), true);
        }
        let mut entry = Entry::new(Op { kind, object, site }, self.current, 0);
        entry.marks.event = true;
        self.record.push(entry);
    }

    /// Notes a detail of the running task's last step.
    #[inline]
    pub(crate) fn mark(&mut self, set: impl FnOnce(&mut Marks)) {
        if self.is_teardown() {
            return;
        }
        let me = self.current;
        if let Some(entry) = self.record.entries_mut().last_mut()
            && entry.task == me
        {
            set(&mut entry.marks);
        }
    }
}
