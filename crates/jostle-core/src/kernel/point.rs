//! The slow path through a scheduling point: posting, deciding, logging steps.
//!
//! A step is logged with the decision, before the carrier switches to the task: a task
//! that comes back to its point just continues. A task that comes back because it
//! was eager makes no step.

use crate::decision::{Choice, ChoiceKind};
use crate::id::{ObjectId, TaskId};
use crate::kernel::attention::Attention;
use crate::kernel::notice::Notice;
use crate::kernel::{Kernel, Next};
use crate::log::{Entry, Marks};
use crate::op::{Op, OpKind};
use crate::strategy::{Policy, Touch, uniform};

impl Kernel {
    /// The running task is about to do `op`, which is enabled: who goes on?
    #[inline]
    pub fn at_point(&mut self, op: Op, policy: &mut Policy<'_>) -> Next {
        self.post(op);
        self.announce(self.current);
        self.decide(policy)
    }

    /// The running task does `op` at once, whatever others could do: a destructor that
    /// runs because its task panics is not interrupted.
    pub fn pass_undecided(&mut self, op: Op) {
        self.post(op);
        self.step(self.current, 0);
    }

    /// The running task is about to do `op`.
    #[inline]
    pub(super) fn post(&mut self, op: Op) {
        self.view.tasks[self.current.index()].op = op;
        if self.attention.has(Attention::WATCHER) {
            self.notify_policy(Notice::Posted(self.current, op));
        }
    }

    /// Tells a strategy that wants to know that `task` is runnable.
    #[inline]
    pub(super) fn announce(&mut self, task: TaskId) {
        if self.attention.has(Attention::WATCHER) {
            self.notify_policy(Notice::Runnable(task));
        }
    }

    /// The task that goes on. If it has an operation to do, it makes its step.
    #[inline]
    pub fn decide(&mut self, policy: &mut Policy<'_>) -> Next {
        self.next = self.decided(policy);
        self.next
    }

    #[inline]
    pub(super) fn decided(&mut self, policy: &mut Policy<'_>) -> Next {
        if self.attention.has(Attention::STOP) {
            return self.next;
        }
        if let Some(task) = self.next_eager() {
            self.touch_task(task);
            return Next::Run(task);
        }
        if !self.woken.is_empty() {
            self.announce_woken();
        }
        if self.attention.has(Attention::CLOCK) {
            self.update_clock();
        }
        match self.view.runnable.len() {
            0 => self.idle(policy),
            arity if self.is_explored() => self.explore(arity, policy),
            1 => {
                let task = self.view.runnable.nth(0);
                self.scheduled(task, 1)
            }
            arity => {
                let task = match self.dictated(arity) {
                    Some(task) => task,
                    None if self.attention.has(Attention::STRATEGY) => self.ask(policy),
                    None => uniform(&self.view.runnable, &mut self.decisions.rng),
                };
                self.scheduled(task, arity)
            }
        }
    }

    /// The task that an exploration picks to go on, which is asked at every step and
    /// may have seen enough.
    #[cold]
    pub(super) fn explore(&mut self, arity: u32, policy: &mut Policy<'_>) -> Next {
        self.deliver(policy);
        let task = policy.pick(&self.view, &mut self.decisions.rng);
        if policy.explorer().is_some_and(|e| e.gives_up()) {
            self.stop(Next::Over);
            return self.next;
        }
        assert!(
            self.view.runnable.contains(task),
            "the exploration picked {task}, which is not runnable"
        );
        self.scheduled(task, arity)
    }

    /// The task that the strategy picks to go on.
    #[inline]
    fn ask(&mut self, policy: &mut Policy<'_>) -> TaskId {
        self.deliver(policy);
        let task = policy.pick(&self.view, &mut self.decisions.rng);
        assert!(
            self.view.runnable.contains(task),
            "{policy:?} picked {task}, which is not runnable"
        );
        task
    }

    /// The task that goes on where the strategy is not asked.
    #[inline]
    fn dictated(&mut self, arity: u32) -> Option<TaskId> {
        if !self.attention.has(Attention::PRESCRIBED) && !self.attention.has(Attention::FAIR) {
            return None;
        }
        let at = self.log.count_choices();
        let runnable = &self.view.runnable;
        let prescribed = self.decisions.scheduled(
            at,
            arity,
            |rank| runnable.nth(rank).0,
            |task| runnable.contains(TaskId(task)),
        );
        match prescribed {
            Some(task) => Some(TaskId(task)),
            None if self.attention.has(Attention::FAIR) => {
                Some(uniform(runnable, &mut self.decisions.rng))
            }
            None => None,
        }
    }

    /// `task` goes on, one of `arity` that could, unless its step is the last one.
    #[inline]
    pub(super) fn scheduled(&mut self, task: TaskId, arity: u32) -> Next {
        self.step(task, arity);
        if self.attention.has(Attention::STOP) {
            return self.next;
        }
        Next::Run(task)
    }

    /// A choice of the environment among `arity` alternatives. With fewer than
    /// two there is none, and the answer is 0; so it is in teardown.
    #[inline]
    pub fn choose(&mut self, kind: ChoiceKind, arity: u32, policy: &mut Policy<'_>) -> u32 {
        if arity < 2 || self.is_teardown() {
            return 0;
        }
        self.deliver(policy);
        let told = match self.is_explored() || self.attention.has(Attention::WATCHER) {
            true => policy.answer(&self.view, kind, arity),
            false => None,
        };
        let picked = told.unwrap_or_else(|| {
            let at = self.log.count_choices();
            self.decisions.choose(at, kind, arity)
        });
        self.log.push_other(Choice {
            kind,
            arity,
            picked,
        });
        picked
    }

    /// `task` goes on with the operation it posted: a step. It is one of `arity`
    /// that could have gone on.
    #[inline]
    pub(super) fn step(&mut self, task: TaskId, arity: u32) {
        if !self.log.has_room() {
            self.log.make_room(1);
        }
        let mut entry = Entry::new(self.view.tasks[task.index()].op, task, arity);
        if self.view.last != task {
            self.change_over(&mut entry, self.is_preempted());
        }
        self.enter(entry);
        if !self.log.has_room() || !self.attention.is_none() {
            self.stepped(task);
        }
    }

    /// Sees to what needs attention after a step of `task`.
    #[cold]
    fn stepped(&mut self, task: TaskId) {
        if self.attention.has(Attention::SPINNERS) {
            self.release_spinners(Some(task));
        }
        if self.attention.has(Attention::WATCHER) {
            let op = self.view.tasks[task.index()].op;
            self.notify_policy(Notice::Ran(task, op));
        }
        if self.view.step >= self.step_limit {
            self.at_limit();
        }
        if !self.log.has_room() {
            self.set_limit();
        }
    }

    /// Whether a step of another task is a preemption: the task that made the last
    /// one could have gone on and had not offered to wait.
    #[inline]
    pub(super) fn is_preempted(&self) -> bool {
        let last = self.view.last;
        self.view.runnable.contains(last)
            && last != TaskId::CLOCK
            && !self.view.tasks[last.index()].op.kind.offers_to_wait()
    }

    /// Has `task` run to its first operation, or to its next one, before the next
    /// decision.
    #[inline]
    pub(super) fn hasten(&mut self, task: TaskId) {
        self.eager.push(task);
        self.attention.add(Attention::EAGER);
    }

    /// The eager task that goes on next.
    #[inline]
    pub(super) fn next_eager(&mut self) -> Option<TaskId> {
        let task = self.eager.pop()?;
        if self.eager.is_empty() {
            self.attention.remove(Attention::EAGER);
        }
        Some(task)
    }

    /// Logs something that the running task did and that is no scheduling point.
    #[inline]
    pub fn event(&mut self, op: Op) {
        // The log ends with the finding: what destructors do afterwards is
        // not part of it.
        if self.is_teardown() {
            return;
        }
        if op.object != ObjectId::NONE {
            self.touch(Touch::Object(op.object), true);
        }
        let mut entry = Entry::new(op, self.current, 0);
        entry.marks.event = true;
        self.log.push(entry);
    }

    /// Notes a detail of the running task's last step that is the same in every
    /// process: the value that an atomic had, the length of a channel.
    #[inline]
    pub fn note(&mut self, value: u32) {
        self.mark(|marks| marks.note(value));
    }

    /// Notes that the running task's last step could have written and did not.
    #[inline]
    pub fn note_futile(&mut self) {
        self.mark(Marks::note_futile);
    }

    #[inline]
    fn mark(&mut self, set: impl FnOnce(&mut Marks)) {
        if self.is_teardown() {
            return;
        }
        let me = self.current;
        if let Some(entry) = self.log.entries_mut().last_mut()
            && entry.task == me
        {
            set(&mut entry.marks);
        }
    }

    /// The last step of the running task turned out to wait.
    #[inline]
    pub(super) fn mark_blocked(&mut self) {
        let me = self.current;
        // Not what it did on the way, such as releasing a lock, but a join is
        // logged as an event only.
        let waits = |e: &&mut Entry| {
            e.task == me && (!e.marks.event || matches!(e.op.kind, OpKind::Join | OpKind::Scope))
        };
        let entries = self.log.entries_mut();
        if let Some(entry) = entries.iter_mut().rev().find(waits) {
            entry.marks.blocks = true;
            // On the fast path the task did not say what it does unless
            // somebody else was to know.
            self.view.tasks[me.index()].op = entry.op;
        }
    }
}
