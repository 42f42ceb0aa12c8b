//! The non-preemptive strategy: runs a task until it blocks.

use crate::decision::{Environment, Rng};
use crate::id::TaskId;
use crate::op::OpKind;
use crate::strategy::{Strategy, View};
use crate::task_set::TaskSet;

/// Stays on a task as long as it can go on, and otherwise takes the one that
/// was spawned first; the environment takes its first alternative.
///
/// A found schedule is written down as the deviations from this one, so it has
/// to be what a reader expects when nothing is said: no preemption, and time
/// moves only when nobody can run. A task that yields or spins gives way to the
/// next one by number, since staying on it would be staying for ever.
#[derive(Clone, Copy, Default, Debug)]
pub struct NonPreemptive;

impl Strategy for NonPreemptive {
    fn environment(&self) -> Environment {
        Environment::First
    }

    fn pick(&mut self, view: &View, _rng: &mut Rng) -> TaskId {
        pick(
            &view.runnable,
            view.last,
            view.tasks[view.last.index()].op.kind,
        )
    }
}

/// The task that goes on after a step of `last`, which is about to do `op` or
/// waits in it.
///
/// # Panics
///
/// If none is runnable.
pub(crate) fn pick(runnable: &TaskSet, last: TaskId, op: OpKind) -> TaskId {
    // A task that spins is not runnable again before another has made a step, and
    // still it is to be followed by the next one and not by the first: two that
    // spin would wake each other for ever.
    let gives_way = op.offers_to_wait();
    let stays = !gives_way && last != TaskId::CLOCK;
    if stays && runnable.contains(last) {
        return last;
    }
    let after = if gives_way { last } else { TaskId::CLOCK };
    match runnable.next_after(after) {
        Some(TaskId::CLOCK) => runnable.next_after(TaskId::CLOCK),
        next => next,
    }
    .expect("there is no decision without runnable tasks")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strategy::model::{Do, Model, numbers, task, writes};

    #[test]
    fn stays_on_a_task_until_it_ends() {
        let mut model = Model::of([writes(1, 2), writes(2, 3), writes(3, 1)]);
        assert_eq!(
            numbers(&model.run(&mut NonPreemptive, 0)),
            [1, 1, 2, 2, 2, 3]
        );
    }

    #[test]
    fn goes_to_the_task_that_was_spawned_first_when_it_cannot_stay() {
        // Main spawns task 2, which takes the lock, and tasks 3 and 4.
        let lock = |object| Do::Op(OpKind::Lock, object);
        let mut model = Model::of([
            vec![lock(9), Do::Op(OpKind::Yield, 0), Do::Op(OpKind::Unlock, 9)],
            vec![lock(9), Do::Op(OpKind::Unlock, 9)],
            writes(3, 1),
        ]);
        // Main yields while it holds the lock that task 2 waits for.
        assert_eq!(
            numbers(&model.run(&mut NonPreemptive, 0)),
            [1, 3, 1, 1, 2, 2]
        );
    }

    #[test]
    fn two_that_yield_take_turns_with_a_third() {
        let yields = vec![Do::Op(OpKind::Yield, 0); 3];
        let mut model = Model::of([yields.clone(), yields, writes(3, 2)]);
        assert_eq!(
            numbers(&model.run(&mut NonPreemptive, 0)),
            [2, 3, 3, 1, 2, 1, 2, 1]
        );
    }

    #[test]
    fn the_clock_moves_only_when_nobody_else_can() {
        let mut model = Model::of([writes(1, 3), vec![Do::Op(OpKind::Yield, 0); 2]]);
        model.fires = 2;
        assert_eq!(
            numbers(&model.run(&mut NonPreemptive, 0)),
            [1, 1, 1, 2, 2, 0, 0]
        );
        assert_eq!(NonPreemptive.environment(), Environment::First);
        assert_ne!(task(0), TaskId::MAIN);
    }
}
