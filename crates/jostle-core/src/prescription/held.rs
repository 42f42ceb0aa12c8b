//! Holds tasks back as constraints demand.
//!
//! An order cannot always be had. A task that would break one is held back only as
//! long as another can run; when none can, the orders in the way are given up.

use crate::id::{ObjectId, TaskId};
use crate::op::{Op, Site};
use crate::prescription::{Hold, Order};
use crate::site_class::{Group, SiteClass, SiteClasses};
use crate::task_set::TaskSet;
use crate::view::Birth;

/// After this many decisions for which a task was held back all are let go: a
/// spinning task that waits for one that is held would use up all steps.
const PATIENCE: u32 = 400;

/// An order in one execution.
#[derive(Clone, Copy, Debug)]
struct Live {
    first: usize,
    then: usize,
    given_up: bool,
}

/// Orders and a hold, followed.
#[derive(Default, Debug)]
pub(super) struct Held {
    orders: Vec<Order>,
    hold: Option<Hold>,
    classes: SiteClasses,
    /// The site classes that `orders` name, sorted, and how often each has been done.
    named: Vec<(SiteClass, u32)>,
    live: Vec<Live>,
    /// The groups of the tasks and of the objects, by number.
    tasks: Vec<Group>,
    objects: Vec<Group>,
    /// Which of the site classes in `named` each task is about to do: the one of the place
    /// and the one of anywhere.
    pending: Vec<[Option<usize>; 2]>,
    /// Invariant: holds every task that is about to do what an order forbids.
    held: TaskSet,
    /// The tasks released since the last call of `each_released`.
    released: Vec<TaskId>,
    /// How many decisions have been narrowed.
    narrowed: u32,
    /// No task is to be held in this execution, so that nothing need be known.
    idle: bool,
}

impl Held {
    /// What the next execution is held to.
    pub(super) fn follow(&mut self, orders: &[Order], hold: Option<Hold>) {
        self.orders.clear();
        self.orders.extend(orders);
        self.hold = hold;
    }

    /// An execution begins.
    pub(super) fn begin(&mut self) {
        self.idle = self.orders.is_empty() && self.hold.is_none();
        self.named.clear();
        let classes = self.orders.iter().flat_map(|o| [o.first, o.then]);
        self.named.extend(classes.map(|class| (class, 0)));
        self.named.sort_unstable();
        self.named.dedup();
        self.live.clear();
        for i in 0..self.orders.len() {
            let Order { first, then } = self.orders[i];
            if let (Some(first), Some(then)) = (self.named(first), self.named(then)) {
                self.live.push(Live {
                    first,
                    then,
                    given_up: false,
                });
            }
        }
        self.tasks.clear();
        self.objects.clear();
        self.pending.clear();
        self.held.clear();
        self.released.clear();
        self.narrowed = 0;
    }

    /// Puts those of `runnable` that may go on into `free`. False if none is held; then
    /// `free` says nothing.
    #[inline]
    pub(super) fn narrow(&mut self, runnable: &TaskSet, free: &mut TaskSet) -> bool {
        // The task may be none of this execution: any bytes are an input.
        if let Some(hold) = self.hold
            && runnable.contains(hold.task)
        {
            self.held.insert(hold.task);
        }
        if self.held.is_empty() {
            return false;
        }
        if self.narrowed >= PATIENCE {
            self.give_up_all();
            return false;
        }
        free.clear();
        free.insert_all(runnable);
        free.remove_all(&self.held);
        if free.is_empty() {
            self.give_up(runnable);
            return false;
        }
        self.narrowed += u32::from(free.len() < runnable.len());
        true
    }

    #[cfg(test)]
    pub(super) fn span(&self) -> u32 {
        self.held.span()
    }

    /// Calls `f` for each task that was let go since the last call.
    #[inline]
    pub(super) fn each_released(&mut self, f: impl FnMut(TaskId)) {
        if !self.released.is_empty() {
            self.released.drain(..).for_each(f);
        }
    }

    /// `task` has appeared.
    #[inline]
    pub(super) fn spawned(&mut self, task: TaskId, birth: &Birth) {
        if self.idle {
            return;
        }
        debug_assert_eq!(task.index(), self.tasks.len(), "tasks come in order");
        let group = match self.tasks.get(birth.parent.index()) {
            Some(&parent) if task != TaskId::MAIN => self.classes.tasks(parent, birth.site),
            _ => Group::ROOT,
        };
        self.tasks.push(group);
        self.pending.push([None; 2]);
    }

    /// `object` has appeared.
    pub(super) fn appeared(&mut self, object: ObjectId, site: Site) {
        if self.idle {
            return;
        }
        debug_assert_eq!(object.index(), Some(self.objects.len()), "in order");
        let group = self.classes.objects(site);
        self.objects.push(group);
    }

    /// `task` is about to do `op`.
    #[inline]
    pub(super) fn posted(&mut self, task: TaskId, op: &Op) {
        if self.named.is_empty() {
            return;
        }
        let classes = self.classes(task, op);
        self.pending[task.index()] = classes.map(|class| self.named(class));
        if self.is_pending_early(task) {
            self.held.insert(task);
        } else {
            self.held.remove(task);
        }
    }

    /// `task` does `op`.
    #[inline]
    pub(super) fn ran(&mut self, task: TaskId, op: &Op) {
        if self.idle {
            return;
        }
        for class in std::mem::take(&mut self.pending[task.index()])
            .into_iter()
            .flatten()
        {
            self.named[class].1 += 1;
            if self.named[class].1 == 1 {
                self.release();
            }
        }
        if let Some(hold) = self.hold
            && task == hold.until
            && self.classes(task, op)[0] == hold.does
        {
            self.hold = None;
            self.release();
        }
    }

    /// The site class of `op` at its place, and anywhere.
    fn classes(&mut self, task: TaskId, op: &Op) -> [SiteClass; 2] {
        let object = op.object.index().and_then(|at| self.objects.get(at));
        let object = object.copied().unwrap_or(Group::ROOT);
        let task = self.tasks[task.index()];
        let anywhere = SiteClasses::ops_anywhere(task, object, op.kind);
        [self.classes.ops(task, object, op), anywhere]
    }

    fn named(&self, class: SiteClass) -> Option<usize> {
        self.named.binary_search_by_key(&class, |n| n.0).ok()
    }

    /// Whether an operation of `named[class]` has to wait.
    fn is_early(&self, class: usize) -> bool {
        self.named[class].1 == 0
            && self.live.iter().any(|order| {
                order.then == class && !order.given_up && self.named[order.first].1 == 0
            })
    }

    /// Whether what `task` is about to do has to wait.
    fn is_pending_early(&self, task: TaskId) -> bool {
        let pending = self.pending[task.index()].iter().flatten();
        pending.copied().any(|class| self.is_early(class))
    }

    /// Lets go of who need not be held any more.
    fn release(&mut self) {
        if self.held.is_empty() {
            return;
        }
        let held: Vec<TaskId> = self.held.iter().collect();
        for task in held {
            let early = self.is_pending_early(task);
            if !early && self.hold.is_none_or(|hold| hold.task != task) {
                self.held.remove(task);
                self.released.push(task);
            }
        }
    }

    /// No runnable task may go on: gives up what they are held by.
    fn give_up(&mut self, runnable: &TaskSet) {
        self.hold = None;
        for task in runnable.iter() {
            for class in self.pending[task.index()].into_iter().flatten() {
                for order in self.live.iter_mut().filter(|o| o.then == class) {
                    order.given_up = true;
                }
            }
        }
        self.release();
    }

    fn give_up_all(&mut self) {
        self.hold = None;
        self.live.clear();
        self.release();
    }
}
