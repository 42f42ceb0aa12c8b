//! A strategy held to a few orders of operations.
//!
//! Many bugs need one thing to happen before another and do not care about the rest.
//! A sampler that draws interleavings of steps meets such an order less and less
//! often as there are more steps; asking for it costs the same whatever the number
//! of tasks, since what is ordered are *classes* of operations (see
//! [`Class`]), and a hundred equal tasks have few. The idea of constraining a random
//! scheduler is that of RFF (Wolff, Shi, Duck, Mathur, Roychoudhury, "Greybox Fuzzing
//! for Concurrency Testing", ASPLOS 2024), which asks for pairs of a write and the
//! read that sees it.
//!
//! An order cannot always be had. A task that would break one is held back only as
//! long as another can go on; when none can, the orders in the way are given up.

use crate::class::{Class, Classes, Group};
use crate::decision::{Environment, Rng};
use crate::id::{ObjectId, TaskId};
use crate::op::{Op, Site};
use crate::strategy::{Birth, Profile, Strategy, TaskView, View};
use crate::task_set::TaskSet;

/// The first operation of one class comes before the first one of another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Order {
    /// What comes first.
    pub first: Class,
    /// What comes after.
    pub then: Class,
}

/// A task is held until another has done something, from the first decision that
/// the guide makes on. It is given up if nobody else can go on.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Hold {
    /// Who is held.
    pub task: TaskId,
    /// Until this one
    pub until: TaskId,
    /// has done an operation of this class.
    pub does: Class,
}

/// After this many decisions for which somebody was held back the guide lets go: a
/// spinning task that waits for one that is held would use up all steps.
const PATIENCE: u32 = 400;

/// An order in one execution.
#[derive(Clone, Copy, Debug)]
struct Live {
    first: usize,
    then: usize,
    given_up: bool,
}

/// Any strategy, held to orders.
#[derive(Debug)]
pub struct Guide {
    base: Box<dyn Strategy>,
    orders: Vec<Order>,
    hold: Option<Hold>,
    classes: Classes,
    /// The classes that `orders` name, sorted, and how often each has been done.
    named: Vec<(Class, u32)>,
    live: Vec<Live>,
    /// The groups of the tasks and of the objects, by number.
    tasks: Vec<Group>,
    objects: Vec<Group>,
    /// Which of the classes in `named` each task is about to do: the one of the place
    /// and the one of anywhere.
    pending: Vec<[Option<usize>; 2]>,
    /// Invariant: holds every task that is about to do what an order forbids.
    held: TaskSet,
    /// How many decisions have been narrowed.
    narrowed: u32,
    /// What the base sees: the same as we do, without who is held.
    view: View,
}

impl Guide {
    /// `base`, free of orders.
    #[must_use]
    pub fn new(base: Box<dyn Strategy>) -> Guide {
        Guide {
            base,
            orders: Vec::new(),
            hold: None,
            classes: Classes::new(),
            named: Vec::new(),
            live: Vec::new(),
            tasks: Vec::new(),
            objects: Vec::new(),
            pending: Vec::new(),
            held: TaskSet::new(),
            narrowed: 0,
            view: View {
                ready: TaskSet::new(),
                tasks: Vec::new(),
                last: TaskId::CLOCK,
                step: 0,
            },
        }
    }

    /// What the executions from now on are held to.
    pub fn steer(&mut self, orders: &[Order], hold: Option<Hold>) {
        self.orders.clear();
        self.orders.extend(orders);
        self.hold = hold;
    }

    /// The class of `op` at its place, and anywhere.
    fn classes(&mut self, task: TaskId, op: &Op) -> [Class; 2] {
        let object = op.object.index().and_then(|at| self.objects.get(at));
        let object = object.copied().unwrap_or(Group::ROOT);
        let task = self.tasks[task.index()];
        let anywhere = Classes::ops_anywhere(task, object, op.kind);
        [self.classes.ops(task, object, op), anywhere]
    }

    fn named(&self, class: Class) -> Option<usize> {
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
                // The base may have taken it for one that is not ready. If it is
                // not, this does no harm.
                self.base.ready(task);
            }
        }
    }

    /// Nobody who is ready may go on: gives up what they are held by.
    fn give_up(&mut self, ready: &TaskSet) {
        self.hold = None;
        for task in ready.iter() {
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

impl Strategy for Guide {
    fn begin(&mut self, profile: &Profile, rng: &mut Rng) {
        self.base.begin(profile, rng);
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
        self.narrowed = 0;
        self.view.tasks.clear();
    }

    fn environment(&self) -> Environment {
        self.base.environment()
    }

    fn watches(&self) -> bool {
        true
    }

    fn pick(&mut self, view: &View, rng: &mut Rng) -> TaskId {
        // The task may be none of this execution: any bytes are an input.
        if let Some(hold) = self.hold
            && view.ready.contains(hold.task)
        {
            self.held.insert(hold.task);
        }
        if self.held.is_empty() {
            return self.base.pick(view, rng);
        }
        if self.narrowed >= PATIENCE {
            self.give_up_all();
            return self.base.pick(view, rng);
        }
        self.view.ready.clear();
        self.view.ready.insert_all(&view.ready);
        self.view.ready.remove_all(&self.held);
        if self.view.ready.is_empty() {
            self.give_up(&view.ready);
            return self.base.pick(view, rng);
        }
        self.narrowed += u32::from(self.view.ready.len() < view.ready.len());
        self.view.last = view.last;
        self.view.step = view.step;
        self.base.pick(&self.view, rng)
    }

    fn spawned(&mut self, task: TaskId, birth: &Birth, rng: &mut Rng) {
        debug_assert_eq!(task.index(), self.tasks.len(), "tasks come in order");
        let group = match self.tasks.get(birth.parent.index()) {
            Some(&parent) if task != TaskId::MAIN => self.classes.tasks(parent, birth.site),
            _ => Group::ROOT,
        };
        self.tasks.push(group);
        self.pending.push([None; 2]);
        self.view.tasks.push(TaskView {
            op: Op {
                kind: crate::op::OpKind::Start,
                object: ObjectId::NONE,
                site: birth.site,
            },
            key: birth.key,
        });
        self.base.spawned(task, birth, rng);
    }

    fn appeared(&mut self, object: ObjectId, site: Site) {
        debug_assert_eq!(object.index(), Some(self.objects.len()), "in order");
        let group = self.classes.objects(site);
        self.objects.push(group);
        self.base.appeared(object, site);
    }

    fn posted(&mut self, task: TaskId, op: &Op, rng: &mut Rng) {
        self.view.tasks[task.index()].op = *op;
        self.base.posted(task, op, rng);
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

    fn ready(&mut self, task: TaskId) {
        self.base.ready(task);
    }

    fn ran(&mut self, task: TaskId, op: &Op, rng: &mut Rng) {
        self.base.ran(task, op, rng);
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::OpKind;
    use crate::strategy::model::{Do, Model, class, class_anywhere, numbers, task, writes};
    use crate::strategy::{Random, Urw};

    fn guided(orders: &[Order], hold: Option<Hold>) -> Guide {
        let mut guide = Guide::new(Box::new(Random));
        guide.steer(orders, hold);
        guide
    }

    fn before(first: Class, then: Class) -> Order {
        Order { first, then }
    }

    /// Main loads, the two others store: three classes of one object.
    fn readers_and_writers() -> Model {
        let load = vec![Do::Op(OpKind::Load, 1)];
        let rmw = vec![Do::Op(OpKind::Rmw, 1), Do::Op(OpKind::Load, 1)];
        Model::of([load, writes(1, 2), rmw])
    }

    #[test]
    fn the_first_of_one_class_comes_before_the_first_of_another() {
        let mut model = readers_and_writers();
        let load = class(false, OpKind::Load);
        let (store, rmw) = (class(true, OpKind::Store), class(true, OpKind::Rmw));
        let mut guide = guided(&[before(store, load), before(rmw, store)], None);
        let mut orders = std::collections::BTreeSet::new();
        for seed in 0..200 {
            let order = numbers(&model.run(&mut guide, seed));
            let at = |task| order.iter().position(|&t| t == task).unwrap();
            assert!(at(3) < at(2) && at(2) < at(1), "{order:?}");
            orders.insert(order);
        }
        // All else stays open: of the 30 orders of 3, 3, 2, 2, 1 these have 3 before 2
        // before 1.
        assert_eq!(orders.len(), 8, "{orders:?}");
    }

    #[test]
    fn orders_may_name_operations_at_one_place_and_anywhere() {
        let mut model = readers_and_writers();
        let store = class_anywhere(true, OpKind::Store);
        let load = class_anywhere(false, OpKind::Load);
        let rmw = class(true, OpKind::Rmw);
        let mut guide = guided(&[before(store, load), before(rmw, store)], None);
        for seed in 0..200 {
            let order = numbers(&model.run(&mut guide, seed));
            let at = |task| order.iter().position(|&t| t == task).unwrap();
            assert!(at(3) < at(2) && at(2) < at(1), "{order:?}");
        }
    }

    #[test]
    fn orders_that_cannot_be_had_are_given_up() {
        // A circle, and one that would need an operation that nobody does.
        let mut model = readers_and_writers();
        let (load, store) = (class(false, OpKind::Load), class(true, OpKind::Store));
        let circle = [before(store, load), before(load, store)];
        let missing = [before(class(true, OpKind::Send), load)];
        for orders in [&circle[..], &missing[..]] {
            let mut guide = guided(orders, None);
            for seed in 0..100 {
                assert_eq!(model.run(&mut guide, seed).len(), 5);
            }
        }
    }

    #[test]
    fn whoever_is_held_waits_until_another_has_done_its_deed() {
        let mut model = readers_and_writers();
        let hold = Hold {
            task: task(2),
            until: task(3),
            does: class(true, OpKind::Load),
        };
        let mut guide = guided(&[], Some(hold));
        for seed in 0..100 {
            let order = numbers(&model.run(&mut guide, seed));
            let first = order.iter().position(|&t| t == 2).unwrap();
            assert_eq!(order[..first].iter().filter(|&&t| t == 3).count(), 2);
            guide.steer(&[], Some(hold));
        }
    }

    #[test]
    fn a_task_that_does_not_exist_holds_nobody() {
        let hold = Hold {
            task: task(u32::MAX as usize),
            until: task(2),
            does: Class(0),
        };
        let mut guide = guided(&[], Some(hold));
        assert_eq!(readers_and_writers().run(&mut guide, 0).len(), 5);
        assert_eq!(guide.held.span(), 64, "a table up to its number");
    }

    #[test]
    fn a_base_with_tables_finds_those_again_that_were_held() {
        let mut model = Model::of([writes(1, 3), writes(2, 30), writes(2, 30)]).measured();
        let order = before(class(true, OpKind::Store), class(false, OpKind::Store));
        let mut guide = Guide::new(Box::new(Urw::new()));
        guide.steer(&[order], None);
        for seed in 0..200 {
            let order = numbers(&model.run(&mut guide, seed));
            assert_ne!(order[0], 1);
            assert_eq!(order.len(), 63);
        }
    }
}
