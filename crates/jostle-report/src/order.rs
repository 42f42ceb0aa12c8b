//! Computes happens-before edges between steps.

use std::collections::BTreeMap;

use jostle_core::id::{ObjectId, TaskId};
use jostle_core::op::Effect;
use jostle_core::trace::Step;

/// The steps that have used an object since it was last written.
#[derive(Default)]
struct Uses {
    /// The last write.
    write: Option<usize>,
    /// The last read of each task since then.
    reads: BTreeMap<TaskId, usize>,
}

/// For each step the steps of other tasks that it directly comes after: the last
/// ones on the same object whose order with it can matter, as
/// [`Op::conflicts_with`](jostle_core::op::Op::conflicts_with) has it.
///
/// With the order of the steps of each task, spawns and wake-ups these make the
/// happens-before of the execution. What two polls have to do with each other is
/// not known, so that polls are not ordered here.
pub(super) fn after(steps: &[Step]) -> Vec<Vec<usize>> {
    let mut objects: BTreeMap<ObjectId, Uses> = BTreeMap::new();
    let order = steps.iter().enumerate().map(|(at, step)| {
        if step.object == ObjectId::NONE || step.object == ObjectId::WORLD {
            return Vec::new();
        }
        let uses = objects.entry(step.object).or_default();
        let before: Vec<usize> = match step.kind.effect() {
            Effect::None => return Vec::new(),
            Effect::Read => {
                uses.reads.insert(step.task, at);
                uses.write.into_iter().collect()
            }
            Effect::Write => {
                let reads = std::mem::take(&mut uses.reads);
                let write = uses.write.replace(at);
                // Whoever read what was written comes after the write already.
                match reads.is_empty() {
                    true => write.into_iter().collect(),
                    false => reads.into_values().collect(),
                }
            }
        };
        let others = before.into_iter().filter(|&i| steps[i].task != step.task);
        let mut others: Vec<usize> = others.collect();
        others.sort_unstable();
        others
    });
    order.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jostle_core::op::{OpKind, Site};

    use OpKind::{Load, Lock, Poll, Store, Unlock, Yield};

    fn order(steps: &[(u32, OpKind, u32)]) -> Vec<Vec<usize>> {
        let step = |&(task, kind, object): &(u32, OpKind, u32)| Step {
            site: Site::caller(),
            value: None,
            task: TaskId(task),
            object: ObjectId(object),
            choices: 0,
            kind,
            preemption: false,
            blocks: false,
        };
        after(&steps.iter().map(step).collect::<Vec<_>>())
    }

    const NONE: [usize; 0] = [];

    #[test]
    fn a_lock_comes_after_the_unlock_of_another_task() {
        let steps = [(1, Lock, 1), (1, Unlock, 1), (2, Lock, 1), (2, Unlock, 1)];
        assert_eq!(order(&steps), [&NONE[..], &[], &[1], &[]]);
    }

    #[test]
    fn reads_are_not_ordered_and_a_write_comes_after_all_of_them() {
        let steps = [
            (1, Store, 1),
            (2, Load, 1),
            (3, Load, 1),
            (2, Load, 1),
            (1, Store, 1),
            (3, Store, 1),
        ];
        let expected: [&[usize]; 6] = [&[], &[0], &[0], &[0], &[2, 3], &[4]];
        assert_eq!(order(&steps), expected);
    }

    #[test]
    fn different_objects_polls_and_yields_are_not_ordered() {
        let none = ObjectId::NONE.0;
        let steps = [
            (1, Store, 1),
            (2, Store, 2),
            (1, Poll, 0),
            (2, Poll, 0),
            (1, Yield, none),
            (2, Yield, none),
        ];
        assert!(order(&steps).iter().all(Vec::is_empty));
    }
}
