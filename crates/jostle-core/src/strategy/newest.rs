//! Newest first: every runnable task in turn, from the newest to the oldest.

use crate::decision::Rng;
use crate::id::TaskId;
use crate::strategy::{Strategy, View};

/// How often the newest task makes a second step in a row: one time in five.
const AGAIN: u32 = 5;

/// As [`RoundRobin`](crate::strategy::RoundRobin), the other way round: after a task
/// comes the next older one, and after the oldest the newest.
///
/// Left alone, tasks get ahead in the order in which they were spawned. This is as
/// far from that as a fair schedule can be, which makes it a good first one. Now and
/// then the newest task makes two steps in a row, since tasks that do the same would
/// otherwise stay in step for ever.
#[derive(Clone, Copy, Default, Debug)]
pub struct Newest;

impl Strategy for Newest {
    fn pick(&mut self, view: &View, rng: &mut Rng) -> TaskId {
        let newest = view.runnable.nth(view.runnable.len() - 1);
        if view.last == newest && rng.below(AGAIN) == 0 {
            return newest;
        }
        match view.runnable.rank_of(view.last) {
            0 => newest,
            rank => view.runnable.nth(rank - 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strategy::model::{Model, assert_share, numbers, writes};

    #[test]
    fn tasks_take_turns_from_the_newest_on() {
        let mut model = Model::of([writes(1, 2), writes(2, 2), writes(3, 2)]);
        let n = 20_000;
        let mut twice = 0;
        for seed in 0..n {
            let order = numbers(&model.run(&mut Newest, seed));
            match order[..] {
                [3, 3, 2, ..] => twice += 1,
                _ => assert_eq!(order[..4], [3, 2, 1, 3]),
            }
        }
        assert_share(twice, n, 1.0 / 5.0);
    }
}
