//! Decides which two events of an execution depend on each other.
//!
//! Two neighbouring events that do not depend on each other can change places, and
//! nothing else changes. This is the relation whose classes [`Equivalence`] computes:
//!
//! - events of one task depend on each other;
//! - what the clock does depends on everything and everything on it;
//! - accesses to the same object depend on each other unless both read; see
//!   [`Access::conflicts_with`](crate::op::Access::conflicts_with).
//!
//! The classes of [`verify`](crate::verify) should be finer, never coarser; [`torn`] checks
//! it. There a whole transition is one event, which also records what it touches besides
//! the object of its operation (whether a task has finished, which tasks have reached a
//! gate, the cells of a channel), and a spin depends on everything, because any step of
//! another task enables it. So executions of one class there should be of one class here.
//!
//! [`Equivalence`]: crate::coverage::Equivalence

use std::collections::HashMap;

use crate::history::Event;
use crate::id::TaskId;

/// Whether what `task` does depends on everything, and everything on it.
#[inline]
#[must_use]
pub const fn is_barrier(task: TaskId) -> bool {
    task.0 == TaskId::CLOCK.0
}

/// Whether the order of the two events can matter.
#[must_use]
pub fn depend(one: &Event, other: &Event) -> bool {
    one.task == other.task
        || is_barrier(one.task)
        || is_barrier(other.task)
        || one.access().conflicts_with(other.access())
}

/// Two executions that are of one class in a finer relation and of two in a coarser one,
/// which must not be: `classes` has the class in the finer one and the class in the
/// coarser one of each execution.
#[must_use]
pub fn torn(classes: &[(u64, u64)]) -> Option<(usize, usize)> {
    let mut first: HashMap<u64, usize> = HashMap::new();
    for (at, &(finer, coarser)) in classes.iter().enumerate() {
        let known = *first.entry(finer).or_insert(at);
        if classes[known].1 != coarser {
            return Some((known, at));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    use crate::coverage::Equivalence;
    use crate::history::History;
    use crate::id::ObjectId;
    use crate::op::OpKind::{Fire, Load, Rmw, Store, Yield};
    use crate::op::{OpKind, Site};
    use crate::view::Birth;

    /// The normal form of an execution (Foata): layers of events that do not depend on
    /// each other, each as early as it can be. Two executions have the same one if and
    /// only if they differ by nothing but exchanges of neighbours that are independent.
    fn normal_form(events: &[Event]) -> Vec<(usize, u32, OpKind, u32)> {
        let mut layers: Vec<usize> = Vec::new();
        for (at, event) in events.iter().enumerate() {
            let before = (0..at).filter(|&i| depend(&events[i], event));
            layers.push(before.map(|i| layers[i] + 1).max().unwrap_or(0));
        }
        let mut form: Vec<_> = events
            .iter()
            .zip(layers)
            .map(|(e, layer)| (layer, e.task.0, e.kind, e.object.0))
            .collect();
        form.sort_unstable();
        form
    }

    fn history(steps: &[(u32, OpKind, u32)]) -> History {
        let site = Site::caller();
        let event = |&(task, kind, object): &(u32, OpKind, u32)| Event {
            site,
            task: TaskId(task),
            object: match kind.effect() {
                crate::op::Effect::None => ObjectId::NONE,
                _ => ObjectId(object),
            },
            choices: 0,
            value: None,
            kind,
            effect: kind.effect(),
            decided: false,
            point: true,
            blocks: false,
        };
        let born = |key| Birth {
            parent: TaskId(1),
            site,
            key,
        };
        History {
            events: steps.iter().map(event).collect(),
            choices: Vec::new(),
            tasks: (0..4).map(born).collect(),
            objects: vec![site; 4],
        }
    }

    /// What three tasks and the clock do, each in its own order, and orders of it all.
    fn any_orders() -> impl Strategy<Value = Vec<Vec<(u32, OpKind, u32)>>> {
        let kinds = prop::sample::select(vec![Load, Load, Store, Rmw, Yield]);
        let step = (kinds, 1u32..3);
        let program = || prop::collection::vec(step.clone(), 0..4);
        let fires = 0usize..2;
        (program(), program(), program(), fires).prop_flat_map(|(a, b, c, fires)| {
            let mut whose = Vec::new();
            for (task, program) in [(1, a), (2, b), (3, c)] {
                whose.extend(
                    program
                        .into_iter()
                        .map(|(kind, object)| (task, kind, object)),
                );
            }
            whose.extend(vec![(0, Fire, 3); fires]);
            let tasks: Vec<u32> = whose.iter().map(|s| s.0).collect();
            let order = Just(tasks).prop_shuffle().prop_map(move |tasks| {
                let mut rest = whose.clone();
                let next = |task: u32| {
                    let at = rest.iter().position(|s| s.0 == task).unwrap();
                    rest.remove(at)
                };
                tasks.into_iter().map(next).collect::<Vec<_>>()
            });
            prop::collection::vec(order, 12)
        })
    }

    proptest! {
        #[test]
        fn classes_are_those_of_the_relation(orders in any_orders()) {
            let mut equivalence = Equivalence::default();
            let mut all = Vec::new();
            for order in &orders {
                let history = history(order);
                let class = equivalence.class(&history, b"");
                all.push((normal_form(&history.events), class));
            }
            for (form, class) in &all {
                for (other_form, other_class) in &all {
                    prop_assert_eq!(form == other_form, class == other_class);
                }
            }
        }
    }

    #[test]
    fn a_class_that_falls_into_two_is_found() {
        assert_eq!(torn(&[(1, 7), (2, 7), (1, 7), (3, 8)]), None);
        assert_eq!(torn(&[(1, 7), (2, 7), (2, 9)]), Some((1, 2)));
        assert_eq!(torn(&[]), None);
    }
}
