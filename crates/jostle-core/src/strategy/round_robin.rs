//! Round robin: every runnable task in turn.

use crate::decision::Rng;
use crate::id::TaskId;
use crate::strategy::{Strategy, View};

/// Lets every runnable task make one step in turn, the clock among them.
///
/// A fair schedule with as many switches as there can be; only what the
/// environment does differs from one execution to the next.
#[derive(Clone, Copy, Default, Debug)]
pub struct RoundRobin;

impl Strategy for RoundRobin {
    fn pick(&mut self, view: &View, _rng: &mut Rng) -> TaskId {
        view.runnable
            .next_after(view.last)
            .expect("there is no decision without runnable tasks")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strategy::model::{Model, numbers, writes};

    #[test]
    fn tasks_take_turns() {
        let mut model = Model::of([writes(1, 2), writes(2, 4), writes(3, 2)]);
        assert_eq!(
            numbers(&model.run(&mut RoundRobin, 0)),
            [2, 3, 1, 2, 3, 1, 2, 2]
        );
    }
}
