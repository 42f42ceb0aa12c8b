//! Runs any strategy under constraints.

use crate::decision::{ChoiceKind, Environment, Rng};
use crate::id::{ObjectId, TaskId};
use crate::op::{Op, OpKind, Site};
use crate::prescription::{Cursor, Hold, Order};
use crate::strategy::{Birth, Profile, Strategy, TaskView, View};
use crate::task_set::TaskSet;

/// A strategy that is not shown who is held back.
#[derive(Debug)]
pub struct Constrained {
    base: Box<dyn Strategy>,
    cursor: Cursor,
    /// What the base sees: the same as we do, without who is held.
    view: View,
}

impl Constrained {
    /// `base`, without constraints.
    #[must_use]
    pub fn new(base: Box<dyn Strategy>) -> Constrained {
        Constrained {
            base,
            cursor: Cursor::default(),
            view: View {
                runnable: TaskSet::new(),
                tasks: Vec::new(),
                last: TaskId::CLOCK,
                step: 0,
            },
        }
    }

    /// What the next execution is held to. It keeps the memory.
    pub fn follow(&mut self, orders: &[Order], hold: Option<Hold>) {
        self.cursor.constrain(orders, hold);
    }

    /// Shows the base those who are held no more. It may have taken them for tasks that
    /// are not runnable. If they are not, this does no harm.
    fn release(&mut self) {
        let base = &mut self.base;
        self.cursor.each_released(|task| base.runnable(task));
    }
}

impl Strategy for Constrained {
    fn begin(&mut self, profile: &Profile, rng: &mut Rng) {
        self.base.begin(profile, rng);
        self.cursor.begin();
        self.view.tasks.clear();
    }

    fn environment(&self) -> Environment {
        self.base.environment()
    }

    fn watches(&self) -> bool {
        true
    }

    fn pick(&mut self, view: &View, rng: &mut Rng) -> TaskId {
        if self.cursor.narrow(&view.runnable, &mut self.view.runnable) {
            self.view.last = view.last;
            self.view.step = view.step;
            return self.base.pick(&self.view, rng);
        }
        self.release();
        self.base.pick(view, rng)
    }

    fn answer(&mut self, view: &View, kind: ChoiceKind, arity: u32) -> Option<u32> {
        self.base.answer(view, kind, arity)
    }

    fn spawned(&mut self, task: TaskId, birth: &Birth, rng: &mut Rng) {
        self.cursor.spawned(task, birth);
        self.view.tasks.push(TaskView {
            op: Op {
                kind: OpKind::Start,
                object: ObjectId::NONE,
                site: birth.site,
            },
            key: birth.key,
        });
        self.base.spawned(task, birth, rng);
    }

    fn appeared(&mut self, object: ObjectId, site: Site) {
        self.cursor.appeared(object, site);
        self.base.appeared(object, site);
    }

    fn posted(&mut self, task: TaskId, op: &Op, rng: &mut Rng) {
        self.view.tasks[task.index()].op = *op;
        self.base.posted(task, op, rng);
        self.cursor.posted(task, op);
    }

    fn runnable(&mut self, task: TaskId) {
        self.base.runnable(task);
    }

    fn ran(&mut self, task: TaskId, op: &Op, rng: &mut Rng) {
        self.base.ran(task, op, rng);
        self.cursor.ran(task, op);
        self.release();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::OpKind;
    use crate::site_class::SiteClass;
    use crate::strategy::model::{Do, Model, class, class_anywhere, numbers, task, writes};
    use crate::strategy::{Random, Urw};

    fn constrained(orders: &[Order], hold: Option<Hold>) -> Constrained {
        let mut constrained = Constrained::new(Box::new(Random));
        constrained.follow(orders, hold);
        constrained
    }

    fn before(first: SiteClass, then: SiteClass) -> Order {
        Order { first, then }
    }

    /// Main loads, the two others store: three site classes of one object.
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
        let mut strategy = constrained(&[before(store, load), before(rmw, store)], None);
        let mut orders = std::collections::BTreeSet::new();
        for seed in 0..200 {
            let order = numbers(&model.run(&mut strategy, seed));
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
        let mut strategy = constrained(&[before(store, load), before(rmw, store)], None);
        for seed in 0..200 {
            let order = numbers(&model.run(&mut strategy, seed));
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
            let mut strategy = constrained(orders, None);
            for seed in 0..100 {
                assert_eq!(model.run(&mut strategy, seed).len(), 5);
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
        let mut strategy = constrained(&[], Some(hold));
        for seed in 0..100 {
            let order = numbers(&model.run(&mut strategy, seed));
            let first = order.iter().position(|&t| t == 2).unwrap();
            assert_eq!(order[..first].iter().filter(|&&t| t == 3).count(), 2);
            strategy.follow(&[], Some(hold));
        }
    }

    #[test]
    fn a_task_that_does_not_exist_holds_nobody() {
        let hold = Hold {
            task: task(u32::MAX as usize),
            until: task(2),
            does: SiteClass(0),
        };
        let mut strategy = constrained(&[], Some(hold));
        assert_eq!(readers_and_writers().run(&mut strategy, 0).len(), 5);
        assert_eq!(strategy.cursor.held_span(), 64, "a table up to its number");
    }

    #[test]
    fn a_base_with_tables_finds_those_again_that_were_held() {
        let mut model = Model::of([writes(1, 3), writes(2, 30), writes(2, 30)]).measured();
        let order = before(class(true, OpKind::Store), class(false, OpKind::Store));
        let mut strategy = Constrained::new(Box::new(Urw::new()));
        strategy.follow(&[order], None);
        for seed in 0..200 {
            let order = numbers(&model.run(&mut strategy, seed));
            assert_ne!(order[0], 1);
            assert_eq!(order.len(), 63);
        }
    }
}
