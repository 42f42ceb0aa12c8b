//! Computes which executions differ only in the order of independent steps.
//!
//! Two neighbouring steps of different tasks that do not conflict can change places,
//! and nothing else changes. Executions that differ only in such exchanges are
//! *equivalent*: they form one class, of which one member is as good as another (the
//! traces of Mazurkiewicz, 1977). The hash computed here is the same for all members, and
//! different for other classes, barring 64-bit collisions.
//!
//! Each step has a hash of what it is and of all that happened before it and could
//! have made a difference to it: its task's last step, and the last write of its object
//! or, if it writes, also the reads since. Hashes of reads are added up, and so are
//! those of all steps in the end, so that no order counts but that of conflicts.
//!
//! Which steps conflict is defined in [`dependence`](crate::coverage::dependence), which
//! errs towards counting too many classes: a poll of a future conflicts with every other;
//! a timer that fires conflicts with everything. Tasks are named by their keys, which do
//! not depend on the schedule; objects need no name, since which one a step is about follows
//! from what happened before it.
//!
//! That a task had to wait for another to end is no step: it is recorded only if the other
//! has not ended yet, and the waiting task runs after that end in any case.

use crate::choice::Choice;
use crate::coverage::dependence::is_barrier;
use crate::hash::{Words, mix, spread};
use crate::history::History;
use crate::id::TaskId;
use crate::op::{Effect, OpKind};
use crate::site_class::SiteClasses;

/// Computes classes. Kept from one execution to the next for its memory.
#[derive(Default, Debug)]
pub struct Equivalence {
    places: SiteClasses,
    /// The hash of each task's last step.
    tasks: Vec<u64>,
    objects: Vec<Object>,
}

/// What has happened to an object.
#[derive(Clone, Copy, Default, Debug)]
struct Object {
    write: u64,
    /// The sum over the reads since.
    reads: u64,
}

impl Equivalence {
    /// The class of the execution that `history` is about, made from `data`.
    #[must_use]
    pub fn class(&mut self, history: &History, data: &[u8]) -> u64 {
        self.tasks.clear();
        self.tasks.extend(history.tasks.iter().map(|task| task.key));
        self.objects.clear();
        self.objects
            .resize(history.objects.len(), Object::default());
        let mut barrier = data.iter().fold(0, |h, &byte| mix(h, u64::from(byte)));
        let mut sum = barrier;
        let mut choices = 0;
        let mut current = TaskId::MAIN;
        for event in &history.events {
            let end = event.choices as usize - usize::from(event.decided);
            let since = history.choices.get(choices..end).unwrap_or_default();
            sum = sum.wrapping_add(self.environment(current, since));
            choices = event.choices as usize;
            if !event.point && matches!(event.kind, OpKind::Join | OpKind::Scope) {
                continue;
            }
            current = event.task;
            let place = self.places.place(event.site, event.kind);
            let task = self.tasks[current.index()];
            let mut step = Words::new();
            step.add(task);
            step.add(place);
            step.add(barrier);
            let object = event.object.index();
            let object = object.and_then(|at| self.objects.get_mut(at));
            let step = match (object, event.effect) {
                (None, _) | (_, Effect::None) => spread(step.get()),
                (Some(object), Effect::Read) => {
                    step.add(object.write);
                    let step = spread(step.get());
                    object.reads = object.reads.wrapping_add(step);
                    step
                }
                (Some(object), Effect::Write) => {
                    step.add(object.write);
                    step.add(object.reads);
                    let write = spread(step.get());
                    *object = Object { write, reads: 0 };
                    write
                }
            };
            self.tasks[current.index()] = step;
            sum = sum.wrapping_add(step);
            if is_barrier(current) {
                barrier = mix(barrier, sum);
            }
        }
        let since = history.choices.get(choices..).unwrap_or_default();
        mix(sum.wrapping_add(self.environment(current, since)), 0)
    }

    /// What the environment did since the last step belongs to `task`, who made that
    /// step. Returns the sum of the hashes.
    fn environment(&mut self, task: TaskId, choices: &[Choice]) -> u64 {
        let Some(task) = self.tasks.get_mut(task.index()) else {
            return 0;
        };
        choices.iter().fold(0u64, |sum, choice| {
            *task = mix(*task, u64::from(choice.picked) << 8 | choice.kind as u64);
            sum.wrapping_add(*task)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    use crate::choice::ChoiceKind;
    use crate::history::Event;
    use crate::id::ObjectId;
    use crate::op::OpKind::{Fire, Join, Load, Store};
    use crate::op::Site;
    use crate::view::Birth;

    /// An execution in which tasks do this to objects.
    fn history(steps: &[(u32, OpKind, u32)]) -> History {
        let site = Site::caller();
        let born = |key| Birth {
            parent: TaskId(1),
            site,
            key,
        };
        let event = |&(task, kind, object): &(u32, OpKind, u32)| Event {
            site,
            task: TaskId(task),
            object: ObjectId(object),
            choices: 0,
            value: None,
            kind,
            effect: kind.effect(),
            decided: false,
            point: true,
            blocks: false,
        };
        History {
            events: steps.iter().map(event).collect(),
            choices: Vec::new(),
            tasks: (0..5).map(born).collect(),
            objects: vec![site; 4],
        }
    }

    fn class(steps: &[(u32, OpKind, u32)]) -> u64 {
        Equivalence::default().class(&history(steps), b"")
    }

    #[test]
    fn the_order_of_what_does_not_conflict_does_not_count() {
        let same = class(&[(1, Store, 1), (2, Load, 2), (3, Load, 2)]);
        assert_eq!(same, class(&[(3, Load, 2), (2, Load, 2), (1, Store, 1)]));
        assert_eq!(same, class(&[(2, Load, 2), (1, Store, 1), (3, Load, 2)]));
        assert_ne!(same, class(&[(3, Load, 2), (2, Load, 1), (1, Store, 1)]));
    }

    #[test]
    fn the_order_of_what_conflicts_does() {
        let orders = [
            class(&[(1, Store, 1), (2, Load, 1), (3, Store, 1)]),
            class(&[(1, Store, 1), (3, Store, 1), (2, Load, 1)]),
            class(&[(3, Store, 1), (1, Store, 1), (2, Load, 1)]),
            class(&[(2, Load, 1), (1, Store, 1), (3, Store, 1)]),
        ];
        assert_eq!(BTreeSet::from(orders).len(), 4);
    }

    /// All interleavings of two programs, each an equally long list of operations.
    fn interleavings(a: &[(OpKind, u32)], b: &[(OpKind, u32)]) -> BTreeSet<u64> {
        let len = a.len() + b.len();
        let patterns = (0u32..1 << len).filter(|p| p.count_ones() as usize == a.len());
        let steps = patterns.map(|pattern| {
            let (mut a, mut b) = (a.iter(), b.iter());
            let step = |at| match pattern >> at & 1 {
                1 => a.next().map(|&(kind, object)| (1, kind, object)),
                _ => b.next().map(|&(kind, object)| (2, kind, object)),
            };
            (0..len).filter_map(step).collect::<Vec<_>>()
        });
        steps.map(|steps| class(&steps)).collect()
    }

    #[test]
    fn there_are_as_many_classes_as_orders_of_conflicts() {
        let both = [(Store, 1), (Store, 2)];
        // Two objects, each with two orders, one combination of which is a circle.
        assert_eq!(interleavings(&both, &[(Store, 2), (Store, 1)]).len(), 3);
        assert_eq!(interleavings(&both, &both).len(), 4);
        assert_eq!(interleavings(&both, &[(Store, 3), (Load, 3)]).len(), 1);
        let (one, loads) = ([(Store, 1); 3], [(Load, 1); 3]);
        assert_eq!(interleavings(&loads, &loads).len(), 1);
        assert_eq!(interleavings(&one, &one).len(), 20, "6 over 3");
    }

    #[test]
    fn what_the_environment_does_and_data_count() {
        let chosen = |picked| {
            let mut history = history(&[(1, Store, 1), (2, Load, 2)]);
            history.choices.push(Choice {
                kind: ChoiceKind::Arm,
                arity: 2,
                picked,
            });
            history.events[1].choices = 1;
            history
        };
        let mut equivalence = Equivalence::default();
        let (zero, one) = (chosen(0), chosen(1));
        assert_ne!(equivalence.class(&zero, b""), equivalence.class(&one, b""));
        assert_ne!(
            equivalence.class(&zero, b""),
            equivalence.class(&zero, b"x")
        );
        assert_eq!(
            equivalence.class(&zero, b"x"),
            equivalence.class(&zero, b"x")
        );
    }

    #[test]
    fn what_the_environment_does_in_the_end_belongs_to_a_task_too() {
        let fails = |order: [(u32, OpKind, u32); 2], first: bool| {
            let mut history = history(&order);
            history.choices.push(Choice {
                kind: ChoiceKind::WeakFailure,
                arity: 2,
                picked: 1,
            });
            history.events[1].choices = u32::from(first);
            Equivalence::default().class(&history, b"")
        };
        let (one, other) = ((1, Store, 1), (2, Load, 2));
        assert_eq!(fails([one, other], true), fails([other, one], false));
        assert_ne!(fails([one, other], false), fails([other, one], false));
    }

    #[test]
    fn whether_a_join_had_to_wait_does_not_count() {
        let mut history = history(&[(1, Join, u32::MAX), (2, Store, 1), (1, Load, 2)]);
        history.events[0].point = false;
        let waits = Equivalence::default().class(&history, b"");
        assert_eq!(waits, class(&[(2, Store, 1), (1, Load, 2)]));
    }

    #[test]
    fn a_timer_that_fires_is_ordered_with_everything() {
        let early = class(&[(0, Fire, 3), (1, Store, 1)]);
        assert_ne!(early, class(&[(1, Store, 1), (0, Fire, 3)]));
    }
}
