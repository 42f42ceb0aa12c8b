//! Follows a prescription during one execution.
//!
//! Rules keyed by decision number need no notifications and are queried by
//! [`Decisions`](crate::decision::Decisions), also under strategies that do not watch.
//! Other rules need a strategy that watches and forwards its notifications:
//! [`Directed`](crate::strategy::Directed) and
//! [`Constrained`](crate::strategy::Constrained). Where rules contradict each other, the
//! order in [`Prescription`] decides.

use crate::choice::ChoiceKind;
use crate::id::{ObjectId, TaskId};
use crate::op::{Op, Site};
use crate::prescription::held::Held;
use crate::prescription::numbered::Numbered;
use crate::prescription::point::{Points, key_of};
use crate::prescription::recorded::Divergence;
use crate::prescription::words::{Missed, Words};
use crate::prescription::{Hold, Order, Point, Prescription};
use crate::task_set::TaskSet;
use crate::view::{Birth, View};

/// Where an execution stands in a prescription.
#[derive(Default, Debug)]
pub struct Cursor {
    numbered: Numbered,
    /// What has to be told of an execution. Behind a pointer, since the fast path has no
    /// use for it.
    watched: Box<Watched>,
}

#[derive(Default, Debug)]
struct Watched {
    points: Points,
    words: Words,
    held: Held,
}

/// What is prescribed for a decision about tasks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told {
    /// Where the execution is.
    pub(crate) at: Point,
    /// The task that goes on, if that is prescribed. It is runnable.
    pub(crate) goes_on: Option<TaskId>,
    /// A task that stays where it is if another one can go on.
    pub(crate) stays: Option<TaskId>,
}

/// What goes by number.
impl Cursor {
    /// Of `prescription`, the next execution follows what goes by number. It need not be
    /// told that it begins.
    pub(crate) fn follow_numbers(&mut self, prescription: Prescription) {
        self.numbered = prescription.into_numbered();
    }

    /// Whether something has been prescribed by number, in this execution or before.
    #[inline]
    pub(crate) fn has_numbers(&self) -> bool {
        self.numbered.is_made()
    }

    /// Whether nothing is prescribed by number.
    #[inline]
    pub(crate) fn is_free(&self) -> bool {
        !self.numbered.is_active()
    }

    /// The task that goes on at decision `at`, among `arity` that are runnable. `nth` gives
    /// the one with a rank.
    pub(crate) fn numbered_task(
        &mut self,
        at: u32,
        arity: u32,
        nth: impl FnOnce(u32) -> u32,
        is_ready: impl Fn(u32) -> bool,
    ) -> Option<u32> {
        self.numbered.task(at, arity, nth, is_ready)
    }

    /// What the environment does at decision `at`.
    pub(crate) fn numbered_choice(&mut self, at: u32, kind: ChoiceKind, arity: u32) -> Option<u32> {
        self.numbered.choice(at, kind, arity)
    }

    /// Where the execution left choices that it was to follow exactly.
    pub(crate) fn divergence(&self) -> Option<&Divergence> {
        self.numbered.divergence()
    }
}

/// What is told by a strategy that watches.
impl Cursor {
    /// What the executions from now on follow.
    pub(crate) fn follow(&mut self, mut prescription: Prescription) {
        let watched = &mut *self.watched;
        let deviations = std::mem::take(&mut prescription.deviations);
        watched.points.follow(deviations, prescription.stay);
        watched.words.follow(std::mem::take(&mut prescription.rows));
        watched.held.follow(&prescription.orders, prescription.hold);
        self.numbered = prescription.into_numbered();
    }

    /// The next execution is held to this, and follows nothing else. It keeps the memory.
    pub(crate) fn constrain(&mut self, orders: &[Order], hold: Option<Hold>) {
        let watched = &mut *self.watched;
        watched.points.rest();
        watched.held.follow(orders, hold);
    }

    /// An execution begins.
    pub(crate) fn begin(&mut self) {
        self.numbered.begin();
        let watched = &mut *self.watched;
        watched.points.begin();
        watched.words.begin();
        watched.held.begin();
    }

    /// `task` has appeared.
    #[inline]
    pub(crate) fn spawned(&mut self, task: TaskId, birth: &Birth) {
        self.watched.held.spawned(task, birth);
    }

    /// `object` has appeared.
    #[inline]
    pub(crate) fn appeared(&mut self, object: ObjectId, site: Site) {
        self.watched.held.appeared(object, site);
    }

    /// `task`, which is about to appear, has this name.
    #[inline]
    pub(crate) fn called(&mut self, task: TaskId, name: &str) {
        self.watched.words.called(task, name);
    }

    /// `task` is about to do `op`.
    #[inline]
    pub(crate) fn posted(&mut self, task: TaskId, op: &Op) {
        let watched = &mut *self.watched;
        watched.words.posted(task, op);
        watched.held.posted(task, op);
    }

    /// `task` does `op`.
    #[inline]
    pub(crate) fn ran(&mut self, task: TaskId, op: &Op) {
        let watched = &mut *self.watched;
        watched.points.ran(task);
        watched.words.ran(task, op);
        watched.held.ran(task, op);
    }
}

/// What a strategy that watches asks.
impl Cursor {
    /// The task that goes on at decision `at`.
    #[inline]
    pub(crate) fn task(&mut self, at: u32, view: &View) -> Told {
        let watched = &mut *self.watched;
        let point = watched.points.decision(view);
        let (by_row, stays) = match watched.words.task(view) {
            Some(Ok(task)) => (Some(task), None),
            Some(Err(task)) => (None, Some(task)),
            None => (None, watched.points.held(view)),
        };
        let may_go = |task: TaskId| view.runnable.contains(task) && stays != Some(task);
        let (arity, runnable) = (view.runnable.len(), &view.runnable);
        let numbered = &mut self.numbered;
        let by_number = numbered.task(at, arity, |n| runnable.nth(n).0, |t| may_go(TaskId(t)));
        let deviation = || {
            let key = watched.points.deviation(point, ChoiceKind::Task)?;
            let mut runnable = view.runnable.iter();
            runnable.find(|&task| may_go(task) && key_of(view, task) == key)
        };
        Told {
            at: point,
            goes_on: by_number.map(TaskId).or(by_row).or_else(deviation),
            stays,
        }
    }

    /// Where the execution is, and what the environment does at decision `at`.
    #[inline]
    pub(crate) fn choice(
        &mut self,
        at: u32,
        view: &View,
        kind: ChoiceKind,
        arity: u32,
    ) -> (Point, Option<u32>) {
        let watched = &mut *self.watched;
        let point = watched.points.answer(view);
        let by_row = watched.words.choice(view, kind, arity);
        let deviation = || {
            let pick = watched.points.deviation(point, kind)?;
            u32::try_from(pick).ok().filter(|&pick| pick < arity)
        };
        let by_number = self.numbered.choice(at, kind, arity);
        (point, by_number.or(by_row).or_else(deviation))
    }

    /// Puts those of `runnable` who may go on under the constraints into `free`. False if
    /// nobody is held back; then `free` says nothing.
    #[inline]
    pub(crate) fn narrow(&mut self, runnable: &TaskSet, free: &mut TaskSet) -> bool {
        self.watched.held.narrow(runnable, free)
    }

    /// Calls `f` for each task that is held back no more since the last call.
    #[inline]
    pub(crate) fn each_released(&mut self, f: impl FnMut(TaskId)) {
        self.watched.held.each_released(f);
    }

    /// The first row that the execution could not follow.
    pub(crate) fn missed(&self) -> Option<Missed> {
        self.watched.words.missed()
    }

    #[cfg(test)]
    pub(crate) fn held_span(&self) -> u32 {
        self.watched.held.span()
    }
}
